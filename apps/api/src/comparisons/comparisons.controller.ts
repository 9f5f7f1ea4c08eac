import { Controller, Delete, Get, Headers, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, type ExperimentRow, ExperimentStore } from '#platform';
import { comparisonMarkdown, comparisonText, warningLines, warningMarkdown } from '#report';
import { type ExperimentAsk, ExperimentsService } from '../experiments/experiments.service.js';
import { ListQuery } from '../experiments/list-query.js';
import { accepted, MEDIA } from '../http/accept.js';
import { Sent, type SentText } from '../http/body.js';
import { idempotencyClaim } from '../http/idempotency.js';
import { GONE, Operation, type OperationSpec } from '../http/operation.js';
import { pageOf } from '../http/paging.js';
import { APPLIED_HEADER, preferHeader, preferredWait } from '../http/prefer.js';
import { Tenant } from '../http/tenant.js';
import { EXAMPLE_ID, ScenarioSource } from '../scenarios/scenario-source.js';
import { EVENT_STREAM, EventFollower } from '../simulations/event-follower.js';
import { isOver } from '../simulations/run-watch.js';
import { comparisonExamples, comparisonYamlExamples } from './comparison-examples.js';
import { ComparisonRequest } from './comparison-request.js';
import {
  ComparisonPage,
  ComparisonShape,
  comparisonIn,
  comparisonOf,
  comparisonOutlineOf,
  outcomeOf,
} from './comparison-shapes.js';

const NoQuery = z.strictObject({});
/** Most comparisons end before: their answer comes at once. */
const DEFAULT_WAIT_S = 30;

const KIND = 'comparison';
const path = { id: { description: 'Id of a comparison', example: EXAMPLE_ID } };

const content: NonNullable<OperationSpec['responses'][number]['content']> = {
  'application/json': { schema: ComparisonShape },
  'text/plain': { schema: { type: 'string' } },
  'text/markdown': { schema: { type: 'string' } },
};

@ApiTags('Comparisons')
@Controller('v1/comparisons')
export class ComparisonsController {
  constructor(
    private readonly service: ExperimentsService,
    private readonly store: ExperimentStore,
    private readonly source: ScenarioSource,
    private readonly follower: EventFollower,
  ) {}

  @Post()
  @Operation({
    summary: 'Run a scenario and variants of it, and compare them',
    description:
      'Runs the scenario as it is and once for each variant, with the same dice, and answers what differs: in sum, in health checks, and request by request. A variant changes fields of the document (`set`) or of single objects (`objects`). It is queued and stored as simulations are; the answer waits for it for 30 s, or as long as `Prefer: wait=SECONDS` says, 0 for not at all. All runs together may have 1,000,000 requests. As text or Markdown it is a table for people.',
    headers: {
      'Idempotency-Key': { description: 'Any text of your own, at most 255 characters: one key, one comparison' },
      ...preferHeader(`it waits for ${DEFAULT_WAIT_S} s`, 'wait=30'),
    },
    body: {
      'application/json': { schema: ComparisonRequest, examples: comparisonExamples },
      'application/yaml': { schema: ComparisonRequest, examples: comparisonYamlExamples },
    },
    responses: {
      200: { description: 'What differs', headers: { Location: 'Where it is', ...APPLIED_HEADER }, content },
      202: {
        description: 'Accepted, and not ended yet',
        headers: { Location: 'Where it is', ...APPLIED_HEADER },
        content,
      },
    },
    errors: [
      'not-found',
      'invalid-request',
      'invalid-scenario',
      'model-refused',
      'idempotency-key-reused',
      'quota-exceeded',
      'no-results',
      'took-too-long',
    ],
  })
  async compare(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Req() http: Request,
    @Res() response: Response,
  ): Promise<void> {
    const request = await this.source.request(sent, ComparisonRequest);
    const claim = idempotencyClaim(key, request);
    const { waitS, applied } = preferredWait(prefer, DEFAULT_WAIT_S);
    const { now, replayed } = await this.service.acceptAndWait(tenant, askOf(request), claim, waitS);
    response.setHeader('Location', `/v1/comparisons/${now.id}`);
    if (replayed) response.setHeader('Idempotency-Replayed', 'true');
    if (applied) response.setHeader('Preference-Applied', applied);
    await this.answer(now, http, response.status(isOver(now) ? 200 : 202));
  }

  @Get()
  @Operation({
    summary: 'List the comparisons',
    description: 'Newest first, without what differs; by status.',
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: ComparisonPage } },
      },
    },
    errors: ['invalid-cursor'],
  })
  async listComparisons(
    @Tenant() tenant: string,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof ComparisonPage>> {
    const { items, next } = await pageOf(
      (after, most) => this.store.list(tenant, KIND, query, after, most),
      query,
      request,
      response,
    );
    return { items: items.map((row) => comparisonOutlineOf(row, row.runsDone / row.runs)), next };
  }

  @Get(':id')
  @Operation({
    summary: 'Read a comparison',
    description: 'How far it is, and when it has ended what differs.',
    path,
    query: NoQuery,
    responses: { 200: { description: 'The comparison', content } },
    errors: ['not-found', 'no-results'],
  })
  async readComparison(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer(await this.find(tenant, id), request, response);
  }

  @Get(':id/events')
  @Operation({
    summary: 'Follow a comparison',
    description:
      'Server-sent events (`curl -N`), as for simulations: `status` and `progress`, each with `{id, status, progress}`, until it ends.',
    path,
    ...EVENT_STREAM,
  })
  async followComparison(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.find(tenant, id);
    await this.follower.follow(tenant, response, lastEventId, await this.service.state(row), async () => {
      const now = await this.store.find(tenant, KIND, row.id);
      return now && this.service.state(now);
    });
  }

  @Delete(':id')
  @Operation({
    summary: 'Cancel or delete a comparison',
    description: `Cancels one that waits or runs; deletes one that has ended. ${GONE}`,
    path,
    query: NoQuery,
    responses: {
      202: { description: 'Cancelled', content: { 'application/json': { schema: ComparisonShape } } },
      204: { description: 'Deleted' },
    },
    errors: ['not-found'],
  })
  async deleteComparison(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.service.end(await this.find(tenant, id));
    if (row) response.status(202).json(comparisonOf(row, row.runsDone / row.runs, [], null));
    else response.status(204).end();
  }

  private find(tenant: string, id: string): Promise<ExperimentRow> {
    const example = () => askOf(ComparisonRequest.parse(comparisonExamples.versions.value));
    return this.service.find(tenant, KIND, id, example);
  }

  /** AppError `no-results` for text of a comparison that has ended without any. */
  private async answer(row: ExperimentRow, request: Request, response: Response): Promise<void> {
    const format = accepted(request, 'json', 'text', 'markdown');
    const [cells, trials] = await Promise.all([
      this.store.cells(row.tenant, row.id),
      this.store.results(row.tenant, row.id),
    ]);
    const { progress } = await this.service.state(row);
    const outcome = outcomeOf(trials);
    const view = comparisonOf(row, progress, cells, outcome);
    if (format === 'json') {
      response.json(view);
      return;
    }
    const comparison = comparisonIn(outcome);
    if (comparison === null && isOver(row))
      throw new AppError(
        'no-results',
        `Comparison ${row.id} has ended ${row.status}. ${view.error?.message ?? ''}`.trim(),
      );
    const warnings = [view.base, ...(view.variants ?? [])].flatMap((run) => run?.warnings ?? []);
    response
      .type(MEDIA[format])
      .send(
        comparison === null
          ? `${row.status}: GET /v1/comparisons/${row.id}\n`
          : format === 'text'
            ? warningLines(warnings) + comparisonText(comparison)
            : warningMarkdown(warnings) + comparisonMarkdown(comparison),
      );
  }
}

function askOf(body: z.infer<typeof ComparisonRequest>): ExperimentAsk {
  const { seed, show, variants } = body;
  return { kind: KIND, choice: body, plan: { variants }, seed, seeds: 1, settings: { show } };
}
