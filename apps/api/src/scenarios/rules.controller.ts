import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { warningLines } from '#report';
import { scenarioJsonSchema } from '#scenario';
import { accepted, MEDIA } from '../http/accept.js';
import { Access } from '../http/access.js';
import { durationNs } from '../http/duration.js';
import { Operation } from '../http/operation.js';
import { Tenant } from '../http/tenant.js';
import { ModelThreads } from './model-threads.js';
import { EXAMPLE_ID, ScenarioSource } from './scenario-source.js';

const RulesQuery = z.strictObject({
  node: z.string().min(1).describe('Name of a Node.'),
  format: z
    .enum(['iptables', 'nft', 'ipvs', 'ipset'])
    .optional()
    .describe(
      "What the text looks like; default: that of the node's mode. Mode ipvs has `ipvs` (for `ipvsadm -R`), `ipset` (for `ipset restore`) and `iptables`, which loads after the sets.",
    ),
  view: z
    .enum(['restore', 'save'])
    .default('restore')
    .describe(
      '`restore`: as it loads into a kernel. `save`: as the node itself lists it, apart from comments and counters, for a comparison by diff.',
    ),
  ipFamily: z.enum(['IPv4', 'IPv6']).default('IPv4').describe('Whose rules.'),
  at: z.string().max(60).default('0s').describe('Virtual time: "10s", "1m30s".'),
});

/** It takes every line for a command, where the others know comments. */
const isForIpvsadm = (text: string) => /^-A -[tuf] /.test(text);

@ApiTags('Scenarios')
@Controller('v1')
export class RulesController {
  constructor(
    private readonly source: ScenarioSource,
    private readonly threads: ModelThreads,
  ) {}

  @Get('scenarios/:id/rules')
  @Operation({
    summary: "Read a node's rules",
    description:
      'The rules that kube-proxy has written on that node at that time, as text that loads into a kernel (`iptables-restore`), or as the node lists them (`iptables-save`). Of a node with rules of its own: those. What of the scenario may not be as it was meant stands before them, as comments (but for `ipvsadm`, which reads none).',
    path: { id: { description: 'Id of a stored scenario', example: EXAMPLE_ID } },
    query: RulesQuery,
    queryExamples: { node: 'kubernetes-node-6jst', format: 'iptables', ipFamily: 'IPv4', at: '2m' },
    responses: { 200: { description: 'The rules', content: { 'text/plain': { schema: { type: 'string' } } } } },
    errors: ['not-found', 'invalid-scenario', 'model-refused', 'took-too-long'],
  })
  async readRules(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: RulesQuery }) query: z.infer<typeof RulesQuery>,
    @Res() response: Response,
  ): Promise<void> {
    const { scenario, warnings } = await this.source.resolve(tenant, { scenarioId: id });
    const { node, ipFamily, format, view } = query;
    const atNs = durationNs(query.at, '?at');
    const question = { node, ipFamily, view, atNs, ...(format === undefined ? {} : { format }) };
    const text = await this.threads.rules(scenario, question);
    response.type('text/plain').send(isForIpvsadm(text) ? text : warningLines(warnings) + text);
  }

  @Get('schemas/scenario.json')
  @Access('open')
  @Operation({
    summary: 'The JSON Schema of scenario documents',
    description: 'For editors: name it in a comment, or in the settings of your YAML extension, and get completion.',
    responses: {
      200: {
        description: 'JSON Schema 2020-12',
        content: {
          'application/schema+json': { schema: { type: 'object' } },
          'application/json': { schema: { type: 'object' } },
        },
      },
    },
  })
  readScenarioSchema(@Req() request: Request, @Res() response: Response): void {
    response.type(MEDIA[accepted(request, 'schema', 'json')]).send(JSON.stringify(scenarioJsonSchema()));
  }
}
