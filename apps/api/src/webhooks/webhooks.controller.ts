import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, type WebhookContent, WebhookStore } from '#platform';
import { Sent, SentOrNothing, type SentText } from '../http/body.js';
import { durationNs } from '../http/duration.js';
import { noSuch } from '../http/no-such.js';
import { GONE, Operation } from '../http/operation.js';
import { Cursor, Limit, pageOf } from '../http/paging.js';
import { Tenant } from '../http/tenant.js';
import { EXAMPLE_ID, SCRATCH_ID, ScenarioSource } from '../scenarios/scenario-source.js';
import { changeExamples, changeYamlExamples, webhookExamples, webhookYamlExamples } from './webhook-examples.js';
import {
  Webhook,
  WebhookChange,
  WebhookPage,
  WebhookReplacement,
  WebhookRequest,
  WebhookWithSecret,
  webhookView,
} from './webhook-shapes.js';
import { WebhooksService } from './webhooks.service.js';

const MOST_OVERLAP_MS = 7 * 86_400_000;

const ListQuery = z.strictObject({ limit: Limit, cursor: Cursor });
const RotateQuery = z.strictObject({
  overlap: z
    .string()
    .max(50)
    .optional()
    .describe(
      'For so long, at most 168h, messages are signed with the secret before too; 0s: not at all. 24h unless told.',
    ),
});
const RotateSecretRequest = RotateQuery.meta({ id: 'RotateSecretRequest' });
const NoQuery = z.strictObject({});

export const webhookId = { id: { description: 'Id of a webhook', example: EXAMPLE_ID } };
const changedId = { id: { description: 'Id of a webhook', example: SCRATCH_ID } };
const shown = { 200: { description: 'The webhook', content: { 'application/json': { schema: Webhook } } } };

@ApiTags('Webhooks')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly service: WebhooksService,
    private readonly webhooks: WebhookStore,
    private readonly source: ScenarioSource,
  ) {}

  @Post()
  @Operation({
    summary: 'Subscribe to events',
    description:
      'From now on the end of every simulation, experiment and comparison that `events` names is sent to `url`, signed as Standard Webhooks says, at least once. The answer has the secret to check signatures with, and nothing ever shows it again. Nobody is contacted before there is an event; `POST …/test` sends one.',
    query: NoQuery,
    body: {
      'application/json': { schema: WebhookRequest, examples: webhookExamples },
      'application/yaml': { schema: WebhookRequest, examples: webhookYamlExamples },
    },
    responses: {
      201: {
        description: 'Subscribed',
        headers: { Location: 'Where it is' },
        content: { 'application/json': { schema: WebhookWithSecret } },
      },
    },
    errors: ['limit-reached'],
  })
  async createWebhook(
    @Tenant() tenant: string,
    @Sent() sent: SentText,
    @Query({ schema: NoQuery }) _query: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof WebhookWithSecret>> {
    const { secret: chosen, ...content } = await this.source.request(sent, WebhookRequest);
    this.service.checkUrl(content.url);
    const { row, secret } = await this.webhooks.add(tenant, content, chosen);
    response.setHeader('Location', `/v1/webhooks/${row.id}`);
    return { ...webhookView(row), secret };
  }

  @Get()
  @Operation({
    summary: 'List the webhooks',
    description: 'Newest first; those that were made for one simulation are not among them.',
    query: ListQuery,
    responses: {
      200: {
        description: 'A page',
        headers: { Link: 'The next page, where there is one' },
        content: { 'application/json': { schema: WebhookPage } },
      },
    },
    errors: ['invalid-cursor'],
  })
  async listWebhooks(
    @Tenant() tenant: string,
    @Query({ schema: ListQuery }) query: z.infer<typeof ListQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.infer<typeof WebhookPage>> {
    const { items, next } = await pageOf((...at) => this.webhooks.list(tenant, ...at), query, request, response);
    return { items: items.map(webhookView), next };
  }

  @Get(':id')
  @Operation({
    summary: 'Read a webhook',
    description: 'With the reason where it was disabled; never with its secret.',
    path: webhookId,
    query: NoQuery,
    responses: shown,
    errors: ['not-found'],
  })
  async readWebhook(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Webhook>> {
    return webhookView(await this.service.find(tenant, id));
  }

  @Put(':id')
  @Operation({
    summary: 'Replace a webhook',
    description:
      'Everything but its secret: what is left out gets its default. Deliveries that wait are sent to the new URL.',
    path: changedId,
    query: NoQuery,
    body: {
      'application/json': { schema: WebhookReplacement, examples: webhookExamples },
      'application/yaml': { schema: WebhookReplacement, examples: webhookYamlExamples },
    },
    responses: shown,
    errors: ['not-found'],
  })
  async replaceWebhook(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Sent() sent: SentText,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Webhook>> {
    return this.change(tenant, id, await this.source.request(sent, WebhookReplacement));
  }

  @Patch(':id')
  @Operation({
    summary: 'Change a webhook',
    description:
      '`{"enabled": true}` enables again one that was disabled; what failed meanwhile can be sent with `…/redeliver`. `{"enabled": false}` ends what waits to be sent. What is left out stays.',
    path: changedId,
    query: NoQuery,
    body: {
      'application/json': { schema: WebhookChange, examples: changeExamples },
      'application/yaml': { schema: WebhookChange, examples: changeYamlExamples },
    },
    responses: shown,
    errors: ['not-found'],
  })
  async changeWebhook(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Sent() sent: SentText,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<z.infer<typeof Webhook>> {
    return this.change(tenant, id, await this.source.request(sent, WebhookChange));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Delete a webhook',
    description: `With its deliveries, also those that wait to be sent. ${GONE}`,
    path: changedId,
    query: NoQuery,
    responses: { 204: { description: 'Deleted' } },
    errors: ['not-found'],
  })
  async deleteWebhook(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: NoQuery }) _query: unknown,
  ): Promise<void> {
    const { id: rowId } = await this.service.find(tenant, id);
    if (!(await this.webhooks.delete(tenant, rowId))) throw noSuch('webhook', id);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @Operation({
    summary: 'Give a webhook a new secret',
    description:
      'The answer has the new secret, and nothing ever shows it again. While the two overlap every message has both signatures, so that a receiver can change over when it likes.',
    path: changedId,
    query: RotateQuery,
    bodyOptional: true,
    body: {
      'application/json': {
        schema: RotateSecretRequest,
        examples: { hour: { summary: 'Within an hour', value: { overlap: '1h' } } },
      },
      'application/yaml': {
        schema: RotateSecretRequest,
        examples: { now: { summary: 'At once: it has been seen', value: 'overlap: 0s\n' } },
      },
    },
    responses: {
      200: {
        description: 'The webhook with its new secret',
        content: { 'application/json': { schema: WebhookWithSecret } },
      },
    },
    errors: ['not-found', 'conflict'],
  })
  async rotateSecret(
    @Tenant() tenant: string,
    @Param('id') id: string,
    @Query({ schema: RotateQuery }) query: z.infer<typeof RotateQuery>,
    @SentOrNothing() sent: SentText,
  ): Promise<z.infer<typeof WebhookWithSecret>> {
    const { overlap } = await this.source.request(sent, RotateSecretRequest);
    if (overlap !== undefined && query.overlap !== undefined)
      throw wrongOverlap('The overlap is in the query and in the body.', '/overlap', 'Say it once.');
    const path = overlap === undefined ? '?overlap' : '/overlap';
    const overlapMs = durationNs(overlap ?? query.overlap ?? '24h', path) / 1e6;
    if (overlapMs > MOST_OVERLAP_MS)
      throw wrongOverlap('Two secrets overlap for at most 168h.', path, 'Rotate when receivers can change over.');
    const { id: rowId } = await this.service.find(tenant, id);
    const rotated = await this.webhooks.rotate(tenant, rowId, Math.ceil(overlapMs));
    if (!rotated) throw noSuch('webhook', id);
    return { ...webhookView(rotated.row), secret: rotated.secret };
  }

  private async change(tenant: string, id: string, changes: z.infer<typeof WebhookChange>) {
    const { id: rowId } = await this.service.find(tenant, id);
    if (changes.url !== undefined) this.service.checkUrl(changes.url);
    const row = await this.webhooks.change(tenant, rowId, present(changes));
    if (!row) throw noSuch('webhook', id);
    return webhookView(row);
  }
}

function present(changes: z.infer<typeof WebhookChange>): Partial<WebhookContent> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function wrongOverlap(message: string, path: string, hint: string): AppError {
  return new AppError('invalid-request', message, {
    issues: [{ code: 'bad-value', severity: 'error', path, message, hint }],
  });
}
