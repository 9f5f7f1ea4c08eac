import { Controller, Delete, Get, Headers, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { type ExperimentRow, ExperimentStore } from '#platform';
import { accepted } from '../http/accept.js';
import { Sent, type SentText } from '../http/body.js';
import { idempotencyClaim } from '../http/idempotency.js';
import { GONE, Operation, type OperationSpec } from '../http/operation.js';
import { pageOf } from '../http/paging.js';
import { APPLIED_HEADER, preferHeader, preferredWait } from '../http/prefer.js';
import { Tenant } from '../http/tenant.js';
import { EXAMPLE_ID, ScenarioSource } from '../scenarios/scenario-source.js';
import { EVENT_STREAM, EventFollower } from '../simulations/event-follower.js';
import { isOver } from '../simulations/run-watch.js';
import { experimentExamples, experimentYamlExamples } from './experiment-examples.js';
import { ExperimentRequest, planOf } from './experiment-request.js';
import { Experiment, ExperimentPage, outlineOf } from './experiment-shapes.js';
import { ExperimentWriter } from './experiment-writer.js';
import { type ExperimentAsk, ExperimentsService } from './experiments.service.js';
import { ListQuery } from './list-query.js';

const NoQuery = z.strictObject({});

const KIND = 'experiment';
const path = { id: { description: 'Id of an experiment', example: EXAMPLE_ID } };

const content: NonNullable<OperationSpec['responses'][number]['content']> = {
  'application/json': { schema: Experiment },
  'text/plain': { schema: { type: 'string', description: 'A table; differences that are real have a star.' } },
  'text/csv': { schema: { type: 'string', description: 'A line for each figure of each cell.' } },
};

@ApiTags('Experiments')
@Controller('v1/experiments')
export class ExperimentsController {
  constructor(
    private readonly service: ExperimentsService,
    private readonly store: ExperimentStore,
    private readonly writer: ExperimentWriter,
    private readonly source: ScenarioSource,
    private readonly follower: EventFollower,
  ) {}

  @Post()
  @Operation({
    summary: 'Run variants of a scenario over many seeds',
    description:
      'Accepts an experiment and spreads its runs over all workers: every cell of a grid of values (`vary`), or each of `variants`, with the same `seeds`. The answer is one table: each cell with its figures, and which of them really differ from the baseline; see docs/experiments.md. With `Prefer: wait=10` it comes when all runs have ended, if that takes no longer. With an `Idempotency-Key` a repeated request gets the experiment of the first.',
    headers: {
      'Idempotency-Key': { description: 'Any text of your own, at most 255 characters: one key, one experiment' },
      ...preferHeader('the answer comes at once', 'wait=10'),
    },
    body: {
      'application/json': { schema: ExperimentRequest, examples: experimentExamples },
      'application/yaml': { schema: ExperimentRequest, examples: experimentYamlExamples },
    },
    responses: {
      202: {
        description: 'Accepted, and not ended yet',
        headers: { Location: 'Where it is', ...APPLIED_HEADER },
        content,
      },
      200: {
        description: 'Ended while the request waited',
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
      'took-too-long',
    ],
  })
  async createExperiment(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'json', 'text', 'csv');
    const body = await this.source.request(sent, ExperimentRequest);
    const claim = idempotencyClaim(key, body);
    const { waitS, applied } = preferredWait(prefer);
    const { now, replayed } = await this.service.acceptAndWait(tenant, askOf(body), claim, waitS);
    response.setHeader('Location', `/v1/experiments/${now.id}`);
    if (replayed) response.setHeader('Idempotency-Replayed', 'true');
    if (applied) response.setHeader('Preference-Applied', applied);
    await this.writer.send(now, format, response.status(isOver(now) ? 200 : 202));
  }

  @Get()
  @Operation({
    summary: 'List the experiments',
    description: 'Newest first, without their tables; by status.',
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: ExperimentPage } },
      },
    },
    errors: ['invalid-cursor'],
  })
  async listExperiments(
    @Tenant() tenant: string,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof ExperimentPage>> {
    const { items, next } = await pageOf(
      (after, most) => this.store.list(tenant, KIND, query, after, most),
      query,
      request,
      response,
    );
    return { items: items.map((row) => outlineOf(row, row.runsDone / row.runs)), next };
  }

  @Get(':id')
  @Operation({
    summary: 'Read an experiment',
    description:
      'How far it is, and its table over the runs that have ended. When it has ended and none of its runs is under way any more, as may be for a moment when it was cancelled, the answer has an `ETag` and stays as it is.',
    path,
    query: NoQuery,
    headers: { 'If-None-Match': { description: 'An ETag: 304 where it is still current' } },
    responses: {
      200: { description: 'The experiment', headers: { ETag: 'Of one that changes no more' }, content },
      304: { description: 'It is still the one that If-None-Match names' },
    },
    errors: ['not-found', 'took-too-long'],
  })
  async readExperiment(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'json', 'text', 'csv');
    await this.writer.sendCurrent(await this.find(tenant, id), format, request, response);
  }

  @Get(':id/events')
  @Operation({
    summary: 'Follow an experiment',
    description:
      'Server-sent events (`curl -N`), as for simulations: `status` and `progress`, each with `{id, status, progress}`, until it ends.',
    path,
    ...EVENT_STREAM,
  })
  async followExperiment(
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
    summary: 'Cancel or delete an experiment',
    description: `Cancels one that waits or runs, of which the runs that have ended stay; deletes one that has ended. ${GONE}`,
    path,
    query: NoQuery,
    responses: {
      202: { description: 'Cancelled', content: { 'application/json': { schema: Experiment } } },
      204: { description: 'Deleted' },
    },
    errors: ['not-found', 'took-too-long'],
  })
  async deleteExperiment(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.service.end(await this.find(tenant, id));
    if (row) await this.writer.send(row, 'json', response.status(202));
    else response.status(204).end();
  }

  private find(tenant: string, id: string): Promise<ExperimentRow> {
    const example = () => askOf(ExperimentRequest.parse(experimentExamples.versions.value));
    return this.service.find(tenant, KIND, id, example);
  }
}

function askOf(body: z.infer<typeof ExperimentRequest>): ExperimentAsk {
  const { seed, seeds, figures } = body;
  return { kind: KIND, choice: body, plan: planOf(body), seed, seeds, settings: { figures } };
}
