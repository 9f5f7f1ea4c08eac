import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { traceMermaid } from '#report';
import { accepted, MEDIA } from '../http/accept.js';
import { Access } from '../http/access.js';
import { Sent, type SentText } from '../http/body.js';
import { durationNs } from '../http/duration.js';
import { Operation } from '../http/operation.js';
import { Tenant } from '../http/tenant.js';
import { ModelThreads } from '../scenarios/model-threads.js';
import { ScenarioSource } from '../scenarios/scenario-source.js';
import { matrixExamples, matrixYamlExamples } from './matrix-examples.js';
import { Matrix, MatrixRequest, questionOf, variantsOf } from './matrix-shapes.js';
import { traceExamples, traceYamlExamples } from './trace-examples.js';
import { packetOf, Trace, TraceRequest } from './trace-shapes.js';

@ApiTags('Traces')
@Controller('v1/traces')
export class TracesController {
  constructor(
    private readonly source: ScenarioSource,
    private readonly threads: ModelThreads,
  ) {}

  @Post()
  @HttpCode(200)
  @Access('read')
  @Operation({
    summary: 'Trace one packet',
    description:
      'Puts one packet into the cluster at a time and returns every outcome that chance allows, with its probability, the rules that decided it and the way there and back. Nothing is queued or stored.',
    body: {
      'application/json': { schema: TraceRequest, examples: traceExamples },
      'application/yaml': { schema: TraceRequest, examples: traceYamlExamples },
    },
    responses: { 200: { description: 'All outcomes', content: { 'application/json': { schema: Trace } } } },
    errors: ['not-found', 'invalid-request', 'invalid-scenario', 'model-refused', 'took-too-long'],
  })
  async trace(@Tenant() tenant: string, @Sent() sent: SentText): Promise<z.infer<typeof Trace>> {
    const request = await this.source.request(sent, TraceRequest);
    const { scenario, warnings: ofScenario } = await this.source.resolve(tenant, request);
    const packet = packetOf(request.packet);
    const question = { packet, atNs: durationNs(request.at, '/at'), rules: request.rules ?? {} };
    const { result, warnings: ofRules } = await this.threads.trace(scenario, question);
    const warnings = [...ofScenario, ...ofRules];
    return { ...result, ...(warnings.length === 0 ? {} : { warnings }), mermaid: traceMermaid(result, packet) };
  }

  @Post('matrix')
  @HttpCode(200)
  @Access('read')
  @Operation({
    summary: 'Trace everybody to every service',
    description:
      'Sources by destinations for a whole cluster at a time: every pod, node and client to every address and port of every service, and which source address the endpoint sees. Equal sources are one row. With `vary` the cluster of that moment is settled under each combination of settings; `onlyDifferences` leaves out what is the same in all. As text or Markdown it is a table for people.',
    body: {
      'application/json': { schema: MatrixRequest, examples: matrixExamples },
      'application/yaml': { schema: MatrixRequest, examples: matrixYamlExamples },
    },
    responses: {
      200: {
        description: 'A table for each port of a service',
        content: {
          'application/json': { schema: Matrix },
          'text/plain': { schema: { type: 'string' } },
          'text/markdown': { schema: { type: 'string' } },
        },
      },
    },
    errors: ['not-found', 'invalid-scenario', 'model-refused'],
  })
  async matrix(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Req() http: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(http, 'json', 'text', 'markdown');
    const request = await this.source.request(sent, MatrixRequest);
    const { scenario, document, warnings } = await this.source.resolve(tenant, request);
    const text = await this.threads.matrix({
      scenario,
      document,
      warnings,
      question: questionOf(request),
      variants: variantsOf(request),
      atNs: durationNs(request.at, '/at'),
      format,
    });
    response.type(MEDIA[format]).send(text);
  }
}
