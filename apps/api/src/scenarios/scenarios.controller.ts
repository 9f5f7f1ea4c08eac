import { Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { stringify } from 'yaml';
import { z } from 'zod';
import { AppError, ScenarioStore } from '#platform';
import { accepted } from '../http/accept.js';
import { Sent, type SentText } from '../http/body.js';
import { GONE, Operation } from '../http/operation.js';
import { Cursor, Limit, pageOf } from '../http/paging.js';
import { Tenant } from '../http/tenant.js';
import type { PreparedScenario, ScenarioText } from './prepare-scenario.js';
import { changed, etagOf, mustMatch, notModified } from './revision.js';
import { importExamples, importJsonExamples, scenarioExamples, scenarioJsonExamples } from './scenario-examples.js';
import {
  outlineOf,
  ScenarioDocument,
  ScenarioDryRun,
  ScenarioPage,
  ScenarioStored,
  ScenarioView,
} from './scenario-shapes.js';
import { EXAMPLE_ID, SCRATCH_ID, ScenarioSource } from './scenario-source.js';

const ListQuery = z.strictObject({ limit: Limit, cursor: Cursor });
const StoreQuery = z.strictObject({
  dryRun: z.literal('All').optional().describe('All: everything is checked and nothing is stored.'),
});
const NoQuery = z.strictObject({});
type StoreQuery = z.infer<typeof StoreQuery>;

const idParameter = { id: { description: 'Id of a stored scenario', example: EXAMPLE_ID } };
const changedId = { id: { description: 'Id of a stored scenario', example: SCRATCH_ID } };
const stored = {
  201: {
    description: 'Stored',
    headers: { Location: 'Where it is', ETag: 'Its revision' },
    content: { 'application/json': { schema: ScenarioStored } },
  },
  200: {
    description: 'With dryRun=All: it could be stored',
    content: { 'application/json': { schema: ScenarioDryRun } },
  },
};

@ApiTags('Scenarios')
@Controller('v1/scenarios')
export class ScenariosController {
  constructor(
    private readonly scenarios: ScenarioStore,
    private readonly source: ScenarioSource,
  ) {}

  @Post()
  @Operation({
    summary: 'Store a scenario',
    description:
      'Checks a scenario document and stores it. Everything that is wrong with it comes back at once, each issue with its place and a hint; warnings do not keep it from being stored. Secrets, environment values and annotations that may hold credentials are dropped.',
    query: StoreQuery,
    body: {
      'application/yaml': { schema: { type: 'string' }, examples: scenarioExamples },
      'application/json': { schema: ScenarioDocument, examples: scenarioJsonExamples },
    },
    responses: stored,
    errors: ['invalid-scenario', 'quota-exceeded'],
  })
  createScenario(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Query({ schema: StoreQuery }) query: StoreQuery,
    @Res({ passthrough: true }) response: Response,
  ) {
    return this.store(tenant, { content: sent, as: 'scenario' }, query, response);
  }

  @Post('import')
  @Operation({
    summary: 'Import objects from kubectl',
    description:
      'Takes what `kubectl get nodes,pods,services,endpointslices -A -o yaml` prints, or any manifests, and stores a scenario of them. Objects are taken as they are: nothing is allocated and nothing that exists is refused. Kinds that do not matter are listed as ignored; Secrets are dropped.',
    query: StoreQuery,
    body: {
      'application/yaml': { schema: { type: 'string' }, examples: importExamples },
      'application/json': { schema: { type: 'object' }, examples: importJsonExamples },
    },
    responses: stored,
    errors: ['invalid-scenario', 'quota-exceeded'],
  })
  importScenario(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Query({ schema: StoreQuery }) query: StoreQuery,
    @Res({ passthrough: true }) response: Response,
  ) {
    return this.store(tenant, { content: sent, as: 'import' }, query, response);
  }

  @Get()
  @Operation({
    summary: 'List the stored scenarios',
    description: 'Newest first, without their documents.',
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: ScenarioPage } },
      },
    },
    errors: ['invalid-cursor'],
  })
  async listScenarios(
    @Tenant() tenant: string,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof ScenarioPage>> {
    const { items, next } = await pageOf((...at) => this.scenarios.list(tenant, ...at), query, request, response);
    return { items: items.map(outlineOf), next };
  }

  @Get(':id')
  @Operation({
    summary: 'Read a stored scenario',
    description: 'With its document; as YAML the document alone, ready to be changed and sent back.',
    path: idParameter,
    headers: { 'If-None-Match': { description: 'An ETag: 304 where it is still current' } },
    responses: {
      200: {
        description: 'The scenario',
        headers: { ETag: 'Its revision, for If-Match' },
        content: { 'application/json': { schema: ScenarioView }, 'application/yaml': { schema: { type: 'string' } } },
      },
      304: { description: 'It is still the one that If-None-Match names' },
    },
    errors: ['not-found'],
  })
  async readScenario(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = accepted(request, 'json', 'yaml');
    const row = await this.source.row(tenant, id);
    response.setHeader('ETag', etagOf(row));
    if (notModified(ifNoneMatch, row)) {
      response.status(304).end();
      return;
    }
    const document = JSON.parse(row.document) as Record<string, unknown>;
    if (format === 'yaml') response.type('application/yaml').send(stringify(document));
    else response.json({ ...outlineOf(row), document } satisfies z.infer<typeof ScenarioView>);
  }

  @Put(':id')
  @Operation({
    summary: 'Replace a stored scenario',
    description:
      'Needs If-Match with the ETag that was read, so that nobody overwrites what somebody else has changed meanwhile; `*` replaces whatever is there. Simulations keep the scenario that they were made with.',
    path: changedId,
    query: StoreQuery,
    headers: { 'If-Match': { description: 'The ETag that was read, or *', required: true, example: '*' } },
    body: {
      'application/yaml': { schema: { type: 'string' }, examples: scenarioExamples },
      'application/json': { schema: ScenarioDocument, examples: scenarioJsonExamples },
    },
    responses: {
      200: {
        description: 'Replaced; with dryRun=All: it could be replaced',
        headers: { ETag: 'Its new revision' },
        content: { 'application/json': { schema: z.union([ScenarioStored, ScenarioDryRun]) } },
      },
    },
    errors: ['not-found', 'invalid-scenario', 'precondition-failed', 'precondition-required'],
  })
  async replaceScenario(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Sent() sent: SentText,
    @Query({ schema: StoreQuery }) query: StoreQuery,
    @Res({ passthrough: true }) response: Response,
  ) {
    const row = await this.source.row(tenant, id);
    if (ifMatch === undefined)
      throw new AppError('precondition-required', `Send If-Match: ${etagOf(row)} (or *) to replace this scenario.`);
    mustMatch(ifMatch, row);
    const prepared = await this.source.prepare({ content: sent, as: 'scenario' });
    if (query.dryRun) return dryRun(prepared);
    const { name, digest, document, warnings } = prepared;
    const replaced = await this.scenarios.replace(tenant, row.id, row.revision, { name, digest, document });
    if (!replaced) throw changed(id);
    response.setHeader('ETag', etagOf(replaced));
    return { ...outlineOf(replaced), warnings };
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Delete a stored scenario',
    description: `Its simulations stay. With If-Match only at that revision. ${GONE}`,
    path: changedId,
    query: NoQuery,
    headers: { 'If-Match': { description: 'The ETag that was read, or *' } },
    responses: { 204: { description: 'Deleted' } },
    errors: ['not-found', 'precondition-failed'],
  })
  async deleteScenario(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<void> {
    const row = await this.source.row(tenant, id);
    if (ifMatch !== undefined) mustMatch(ifMatch, row);
    if (!(await this.scenarios.delete(tenant, row.id, row.revision))) throw changed(id);
  }

  private async store(tenant: string, text: Omit<ScenarioText, 'limits'>, query: StoreQuery, response: Response) {
    const prepared = await this.source.prepare(text);
    if (query.dryRun) {
      response.status(200);
      return dryRun(prepared);
    }
    const { name, digest, document, warnings } = prepared;
    const row = await this.scenarios.add(tenant, { name, digest, document });
    response.setHeader('Location', `/v1/scenarios/${row.id}`);
    response.setHeader('ETag', etagOf(row));
    return { ...outlineOf(row), warnings };
  }
}

function dryRun({ name, digest, warnings }: PreparedScenario): z.infer<typeof ScenarioDryRun> {
  return { dryRun: true, name, digest, warnings };
}
