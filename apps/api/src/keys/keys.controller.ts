import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiKeyStore, AppError, type IssuedKey, type Principal } from '#platform';
import { Access } from '../http/access.js';
import { Sent, SentOrNothing, type SentText } from '../http/body.js';
import { durationNs } from '../http/duration.js';
import { Operation } from '../http/operation.js';
import { Cursor, Limit, pageOf } from '../http/paging.js';
import { Asks } from '../http/tenant.js';
import { SCRATCH_ID, ScenarioSource } from '../scenarios/scenario-source.js';
import { KeyIssued, KeyPage, KeyQuery, KeyRequest, keyView, RotateRequest, Self } from './key-shapes.js';
import { KeysService, tenantAsked } from './keys.service.js';

const ListQuery = z.strictObject({ ...KeyQuery.shape, limit: Limit, cursor: Cursor });
const NoQuery = z.strictObject({});
const keyId = { id: { description: 'Id of a key', example: SCRATCH_ID } };
const DAY_MS = 24 * 3_600_000;
const LONGEST_OVERLAP_MS = 30 * DAY_MS;
const KEY_EXAMPLE = { name: 'ci', scope: 'write', expiresInDays: 90 };

@ApiTags('Keys')
@Controller('v1/keys')
export class KeysController {
  constructor(
    private readonly service: KeysService,
    private readonly keys: ApiKeyStore,
    private readonly source: ScenarioSource,
  ) {}

  @Post()
  @Access('admin')
  @Operation({
    summary: 'Make a key',
    description:
      'The key is in the answer, and nowhere else afterwards: the server keeps a hash. Send it as `Authorization: Bearer hp_…`. A key of the tenant `default` may make keys for other tenants.',
    query: NoQuery,
    body: {
      'application/json': {
        schema: KeyRequest,
        examples: { ci: { summary: 'For a pipeline, for 90 days', value: KEY_EXAMPLE } },
      },
      'application/yaml': {
        schema: KeyRequest,
        examples: { ci: { summary: 'For a dashboard', value: 'name: dashboard\nscope: read\n' } },
      },
    },
    responses: { 201: { description: 'Made', content: { 'application/json': { schema: KeyIssued } } } },
    errors: ['quota-exceeded'],
  })
  async createKey(
    @Asks() asks: Principal,
    @Sent() sent: SentText,
    @Query({ schema: NoQuery }) _query: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof KeyIssued>> {
    const { name, scope, tenant, expiresInDays } = await this.source.request(sent, KeyRequest);
    const expiresAtMs = expiresInDays === undefined ? null : Date.now() + expiresInDays * DAY_MS;
    return issued(response, await this.service.issue(asks, tenantAsked(asks, tenant), name, scope, expiresAtMs));
  }

  @Get()
  @Access('admin')
  @Operation({
    summary: 'List the keys',
    description:
      'Newest first, without the keys themselves; revoked and expired ones too, for a month. Keys of the environment (API_KEYS) are not listed.',
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: KeyPage } },
      },
    },
    errors: ['invalid-cursor'],
  })
  async listKeys(
    @Asks() asks: Principal,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof KeyPage>> {
    const whose = tenantAsked(asks, query.tenant);
    const { items, next } = await pageOf((...at) => this.keys.list(whose, ...at), query, request, response);
    return { items: items.map(keyView), next };
  }

  @Get('self')
  @Operation({
    summary: 'Who am I?',
    description: 'The key that this request shows: its tenant, and what it may do.',
    query: NoQuery,
    responses: { 200: { description: 'The key', content: { 'application/json': { schema: Self } } } },
  })
  readSelf(@Asks() asks: Principal, @Query({ schema: NoQuery }) _query: unknown): z.infer<typeof Self> {
    const { keyId: id, name, tenant, scope } = asks;
    return { keyId: id, name, tenant, scope };
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @Access('admin')
  @Operation({
    summary: 'Rotate a key',
    description:
      'The key gets another secret, shown once, here. The one of before stays valid for `overlap`, 24 h unless told otherwise, so that whoever uses it can change over; one from before that is no longer. `{"overlap": "0s"}` ends it at once.',
    path: keyId,
    query: KeyQuery,
    bodyOptional: true,
    body: {
      'application/json': {
        schema: RotateRequest,
        examples: { day: { summary: 'Within a day', value: { overlap: '24h' } } },
      },
      'application/yaml': {
        schema: RotateRequest,
        examples: { now: { summary: 'At once: it has been seen', value: 'overlap: 0s\n' } },
      },
    },
    responses: { 200: { description: 'The new key', content: { 'application/json': { schema: KeyIssued } } } },
    errors: ['not-found'],
  })
  async rotateKey(
    @Asks() asks: Principal,
    @Param('id') id: string,
    @Query({ schema: KeyQuery }) { tenant }: KeyQuery,
    @SentOrNothing() sent: SentText,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof KeyIssued>> {
    const { overlap } = await this.source.request(sent, RotateRequest);
    return issued(response, await this.service.rotate(tenantAsked(asks, tenant), id, overlapMs(overlap)));
  }

  @Delete(':id')
  @HttpCode(204)
  @Access('admin')
  @Operation({
    summary: 'Revoke a key',
    description:
      'It opens nothing any more: at once in the process that answers, within 5 s in every other one. It stays in the list for a month, and to revoke it again changes nothing.',
    path: keyId,
    query: KeyQuery,
    responses: { 204: { description: 'Revoked' } },
    errors: ['not-found'],
  })
  async revokeKey(
    @Asks() asks: Principal,
    @Param('id') id: string,
    @Query({ schema: KeyQuery }) { tenant }: KeyQuery,
  ): Promise<void> {
    await this.service.revoke(tenantAsked(asks, tenant), id);
  }
}

/** AppError `invalid-request`. */
function overlapMs(text: string): number {
  const ms = Math.floor(durationNs(text, '/overlap') / 1e6);
  if (ms <= LONGEST_OVERLAP_MS) return ms;
  const message = 'The overlap is at most 720h.';
  const hint = 'Whoever needs longer is better served with a second key.';
  throw new AppError('invalid-request', message, {
    issues: [{ code: 'bad-value', severity: 'error', path: '/overlap', message, hint }],
  });
}

function issued(response: Response, { row, key }: IssuedKey): z.infer<typeof KeyIssued> {
  response.setHeader('Cache-Control', 'no-store');
  return { ...keyView(row), key };
}
