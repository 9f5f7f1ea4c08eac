import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { traceMermaid } from '#report';
import { Sent, type SentText } from '../http/body.js';
import { durationNs } from '../http/duration.js';
import { Operation } from '../http/operation.js';
import { ModelThreads } from '../scenarios/model-threads.js';
import { ScenarioSource } from '../scenarios/scenario-source.js';
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
  async trace(@Sent() sent: SentText): Promise<z.infer<typeof Trace>> {
    const request = await this.source.request(sent, TraceRequest);
    const { scenario } = await this.source.resolve(request);
    const packet = packetOf(request.packet);
    const question = { packet, atNs: durationNs(request.at, '/at'), rules: request.rules ?? {} };
    const { result, warnings } = await this.threads.trace(scenario, question);
    return { ...result, ...(warnings.length === 0 ? {} : { warnings }), mermaid: traceMermaid(result, packet) };
  }
}
