import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { ResultStore } from '#platform';
import { healthzText } from '#report';
import type { HealthTimelines } from '#sim';
import { accepted } from '../http/accept.js';
import { Operation } from '../http/operation.js';
import { linkNext, listOf } from '../http/paging.js';
import { Tenant } from '../http/tenant.js';
import { probePage } from './probe-page.js';
import { filterHealthz, Healthz, HealthzQuery, healthzNames, shownHealthz } from './result-shapes.js';
import { RunReader } from './run-reader.js';
import { simulationId } from './simulations.controller.js';
import { SimulationsService } from './simulations.service.js';
import { TranscriptWriter } from './transcript-writer.js';

@ApiTags('Simulations')
@Controller('v1/simulations')
export class ResultsController {
  constructor(
    private readonly service: SimulationsService,
    private readonly results: ResultStore,
    private readonly transcripts: TranscriptWriter,
    private readonly reader: RunReader,
  ) {}

  @Get(':id/healthz')
  @Operation({
    summary: 'Read the healthz timelines of a run',
    description:
      "What each node's health check node ports and kube-proxy itself answered, from when to when, and which nodes each load balancer took for healthy. With `probes=true` every single probe too.",
    path: simulationId,
    query: HealthzQuery,
    responses: {
      200: {
        description: 'The timelines',
        content: {
          'application/json': { schema: Healthz },
          'text/plain': { schema: { type: 'string', description: 'The same for people.' } },
        },
      },
    },
    errors: ['not-found', 'not-finished', 'no-results', 'invalid-cursor'],
  })
  async readHealthz(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: HealthzQuery }) query: z.infer<typeof HealthzQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'json', 'text');
    const row = await this.service.findSucceeded(tenant, id);
    await this.reader.checkFilter(row, healthzNames(query));
    const all = JSON.parse((await this.results.document(row.id, 'healthz'))!) as HealthTimelines;
    const timelines = filterHealthz(all, query);
    const probes =
      query.probes === 'true' ? probePage(timelines, { ...query, list: listOf(request, query) }) : undefined;
    linkNext(request, response, probes?.next ?? null);
    if (format === 'text') response.type('text/plain').send(healthzText(timelines, probes?.items));
    else response.json({ ...shownHealthz(timelines), ...(probes === undefined ? {} : { probes }) });
  }

  @Get(':id/transcript')
  @Operation({
    summary: 'Read the transcript of a run',
    description: 'Every step of the scenario as the command that a person would type, and what it printed.',
    path: simulationId,
    responses: { 200: { description: 'The transcript', content: { 'text/plain': { schema: { type: 'string' } } } } },
    errors: ['not-found', 'not-finished', 'no-results'],
  })
  async readTranscript(@Tenant() tenant: string, @Param('id') id: string, @Res() response: Response): Promise<void> {
    const row = await this.service.findSucceeded(tenant, id);
    response.type('text/plain').send(await this.transcripts.text(row));
  }
}
