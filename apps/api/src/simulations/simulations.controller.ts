import { Controller, Delete, Get, Headers, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { type AcceptedSimulation, type IdempotencyClaim, once, SIMULATION_STATUSES, SimulationStore } from '#platform';
import { warningLines } from '#report';
import { accepted } from '../http/accept.js';
import { Sent, type SentText } from '../http/body.js';
import { idempotencyClaim } from '../http/idempotency.js';
import { GONE, Operation } from '../http/operation.js';
import { Cursor, Limit, pageOf } from '../http/paging.js';
import { APPLIED_HEADER, preferHeader, preferredWait } from '../http/prefer.js';
import { Tenant } from '../http/tenant.js';
import { WaitingCalls } from '../http/waiting-calls.js';
import { smallScenario } from '../scenarios/scenario-examples.js';
import { ScenarioDryRun } from '../scenarios/scenario-shapes.js';
import { EXAMPLE_ID, EXAMPLE_PRESET, ScenarioSource } from '../scenarios/scenario-source.js';
import { WebhooksService } from '../webhooks/webhooks.service.js';
import { ReportWriter } from './report-writer.js';
import { isOver } from './run-watch.js';
import { Simulation, SimulationAccepted, SimulationPage, SimulationRequest, viewOf } from './simulation-shapes.js';
import { SimulationsService } from './simulations.service.js';
import { TranscriptWriter } from './transcript-writer.js';

const AcceptQuery = z.strictObject({
  dryRun: z.literal('All').optional().describe('All: everything is checked and nothing is stored.'),
});
const ListQuery = z.strictObject({
  status: z.enum(SIMULATION_STATUSES).optional().describe('Only those that have it.'),
  scenarioId: z.string().min(1).max(64).optional().describe('Only those of this stored scenario.'),
  limit: Limit,
  cursor: Cursor,
});
const NoQuery = z.strictObject({});

export const simulationId = { id: { description: 'Id of a simulation', example: EXAMPLE_ID } };

type WebhookOfAnswer = z.infer<typeof SimulationAccepted>['webhook'];

const EXAMPLES = {
  preset: { summary: 'The source-IP tutorial', value: { preset: EXAMPLE_PRESET } },
  stored: { summary: 'A stored scenario, with other dice', value: { scenarioId: EXAMPLE_ID, seed: 42 } },
  told: {
    summary: 'Somebody is told of its end',
    value: { preset: EXAMPLE_PRESET, webhook: { webhookId: EXAMPLE_ID } },
  },
};

const YAML_EXAMPLES = {
  inline: {
    summary: 'A scenario in the request',
    value: `seed: 3\nscenario:\n${smallScenario.replace(/^(?=.)/gm, '  ')}`,
  },
};

@ApiTags('Simulations')
@Controller('v1/simulations')
export class SimulationsController {
  constructor(
    private readonly service: SimulationsService,
    private readonly simulations: SimulationStore,
    private readonly source: ScenarioSource,
    private readonly transcripts: TranscriptWriter,
    private readonly reports: ReportWriter,
    private readonly webhooks: WebhooksService,
    private readonly waiting: WaitingCalls,
  ) {}

  @Post()
  @Operation({
    summary: 'Run a scenario',
    description:
      'Accepts a run and queues it: once accepted, it is run to its end, whatever happens to the server. Name a preset or a stored scenario, or send the scenario itself. With `Prefer: wait=10` the answer comes when the run has ended, if that takes no longer; as `text/plain` it is the transcript, as `text/html` the report. `warnings` say what of the scenario may not be as it was meant; before a transcript they are comments. `webhook` names who is told of its end: a webhook that is there, or one for this simulation alone. With an `Idempotency-Key` a repeated request gets the simulation of the first.',
    query: AcceptQuery,
    headers: {
      'Idempotency-Key': { description: 'Any text of your own, at most 255 characters: one key, one simulation' },
      ...preferHeader('the answer comes at once', 'wait=10'),
    },
    body: {
      'application/json': { schema: SimulationRequest, examples: EXAMPLES },
      'application/yaml': { schema: SimulationRequest, examples: YAML_EXAMPLES },
    },
    responses: {
      202: {
        description: 'Accepted, and not ended yet',
        headers: { Location: 'Where it is', ...APPLIED_HEADER },
        content: {
          'application/json': { schema: SimulationAccepted },
          'text/plain': { schema: { type: 'string', description: 'Where its transcript or report will be.' } },
        },
      },
      200: {
        description: 'Ended while the request waited; with dryRun=All: it could be accepted',
        headers: { Location: 'Where it is', ...APPLIED_HEADER },
        content: {
          'application/json': { schema: z.union([SimulationAccepted, ScenarioDryRun]) },
          'text/plain': { schema: { type: 'string', description: 'The transcript.' } },
          'text/html': { schema: { type: 'string', description: 'The report.' } },
        },
      },
    },
    errors: ['not-found', 'invalid-scenario', 'idempotency-key-reused', 'no-results', 'quota-exceeded'],
  })
  async createSimulation(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Query({ schema: AcceptQuery }) query: z.infer<typeof AcceptQuery>,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'json', 'text', 'html');
    const body = await this.source.request(sent, SimulationRequest);
    const idempotency = idempotencyClaim(key, body);
    if (query.dryRun) {
      const { name, digest, warnings } = (await this.check(tenant, body)).prepared;
      response.status(200).json({ dryRun: true, name, digest, warnings } satisfies z.infer<typeof ScenarioDryRun>);
      return;
    }
    const { waitS, applied } = preferredWait(prefer);
    const run = async () => {
      const { row, ...more } = await this.accept(tenant, body, idempotency);
      return { now: await this.service.waitForEnd(row, waitS * 1000), ...more };
    };
    const { now, replayed, webhook } = waitS === 0 ? await run() : await this.waiting.during(tenant, run);
    response.setHeader('Location', `/v1/simulations/${now.id}`);
    if (replayed) response.setHeader('Idempotency-Replayed', 'true');
    if (applied) response.setHeader('Preference-Applied', applied);
    response.status(isOver(now) ? 200 : 202);
    const view = viewOf(now);
    const warnings = view.warnings ?? [];
    if (format === 'json') {
      response.json({ ...view, ...(webhook && { webhook }), warnings } satisfies z.infer<typeof SimulationAccepted>);
    } else if (!isOver(now)) {
      const result = format === 'html' ? 'report' : 'transcript';
      response
        .type('text/plain')
        .send(`${warningLines(warnings)}${now.status}: GET /v1/simulations/${now.id}/${result}\n`);
    } else if (format === 'html')
      await this.reports.send(response, await this.service.findSucceeded(tenant, now.id), 'html');
    else {
      const transcript = await this.transcripts.text(await this.service.findSucceeded(tenant, now.id));
      response.type('text/plain').send(`${warningLines(warnings)}${transcript}`);
    }
  }

  @Get()
  @Operation({
    summary: 'List the simulations',
    description: 'Newest first, with their summaries; by status, or those of one stored scenario.',
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: SimulationPage } },
      },
    },
    errors: ['invalid-cursor'],
  })
  async listSimulations(
    @Tenant() tenant: string,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof SimulationPage>> {
    const { items, next } = await pageOf(
      (after, most) => this.simulations.list(tenant, query, after, most),
      query,
      request,
      response,
    );
    return { items: items.map(viewOf), next };
  }

  @Get(':id')
  @Operation({
    summary: 'Read a simulation',
    description: 'How far it is, and when it has ended: what came of it in sum, and of its expectations.',
    path: simulationId,
    query: NoQuery,
    responses: { 200: { description: 'The simulation', content: { 'application/json': { schema: Simulation } } } },
    errors: ['not-found'],
  })
  async readSimulation(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Simulation>> {
    return viewOf(await this.service.find(tenant, id));
  }

  @Delete(':id')
  @Operation({
    summary: 'Cancel or delete a simulation',
    description: `Cancels one that waits or runs; deletes one that has ended, with all its results. ${GONE}`,
    path: simulationId,
    query: NoQuery,
    responses: {
      202: { description: 'Cancelled, or about to be', content: { 'application/json': { schema: Simulation } } },
      204: { description: 'Deleted' },
    },
    errors: ['not-found'],
  })
  async deleteSimulation(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.service.end(tenant, id);
    if (row) response.status(202).json(viewOf(row));
    else response.status(204).end();
  }

  /** What a key has made before is answered again, whatever has become of its scenario and webhook. */
  private accept(tenant: string, body: SimulationRequest, idempotency: IdempotencyClaim | null) {
    const earlier = async () => {
      const made = idempotency && (await this.simulations.earlier(tenant, idempotency));
      return made && { ...made, webhook: webhookOf(made) };
    };
    return once(earlier, async () => {
      const { prepared, told } = await this.check(tenant, body);
      const more = told ? { webhook: told.call } : {};
      const accepted = await this.service.accept(tenant, body, prepared, body.seed, idempotency, more);
      return { ...accepted, webhook: webhookOf(accepted, told?.secret) };
    });
  }

  /** AppErrors for whatever of it cannot be. */
  private async check(tenant: string, body: SimulationRequest) {
    const prepared = await this.source.resolve(tenant, body);
    return { prepared, told: body.webhook && (await this.webhooks.forSimulation(tenant, body.webhook)) };
  }
}

/** `secret`: made for it. A replay does not show it: it was shown once, or (of two at the same moment) is that of the other. */
function webhookOf({ webhookId, replayed }: AcceptedSimulation, secret?: string): WebhookOfAnswer {
  if (webhookId === null) return undefined;
  return { id: webhookId, ...(secret === undefined || replayed ? {} : { secret }) };
}
