import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { accepted, MEDIA } from '../http/accept.js';
import { Sent, type SentText } from '../http/body.js';
import { Operation } from '../http/operation.js';
import { Tenant } from '../http/tenant.js';
import { ModelThreads } from '../scenarios/model-threads.js';
import { ScenarioSource } from '../scenarios/scenario-source.js';
import { comparisonExamples, comparisonYamlExamples } from './comparison-examples.js';
import { ComparisonRequest, ComparisonShape, variantsOf } from './comparison-shapes.js';

@ApiTags('Comparisons')
@Controller('v1/comparisons')
export class ComparisonsController {
  constructor(
    private readonly source: ScenarioSource,
    private readonly threads: ModelThreads,
  ) {}

  @Post()
  @HttpCode(200)
  @Operation({
    summary: 'Run a scenario and variants of it, and compare them',
    description:
      'Runs the scenario as it is and once for each variant, with the same dice, and answers what differs: in sum, in health checks, and request by request. A variant changes fields of the document (`set`) or of single objects (`objects`). Nothing is queued or stored; all runs together may have 1,000,000 requests and take 30 s. As text or Markdown it is a table for people.',
    body: {
      'application/json': { schema: ComparisonRequest, examples: comparisonExamples },
      'application/yaml': { schema: ComparisonRequest, examples: comparisonYamlExamples },
    },
    responses: {
      200: {
        description: 'What differs',
        content: {
          'application/json': { schema: ComparisonShape },
          'text/plain': { schema: { type: 'string' } },
          'text/markdown': { schema: { type: 'string' } },
        },
      },
    },
    errors: ['not-found', 'invalid-request', 'invalid-scenario', 'model-refused', 'took-too-long'],
  })
  async compare(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Req() http: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(http, 'json', 'text', 'markdown');
    const request = await this.source.request(sent, ComparisonRequest);
    const { document } = await this.source.resolve(tenant, request);
    const text = await this.threads.compare({
      document,
      variants: variantsOf(request),
      seed: request.seed,
      most: request.show,
      format,
      limits: this.source.limits,
    });
    response.type(MEDIA[format]).send(text);
  }
}
