/** Webhooks from the API's side: found, with the examples that are always there; their URLs checked; sent to on request. */

import { Inject, Injectable } from '@nestjs/common';
import {
  AddressPolicy,
  AppError,
  DELIVERY_QUEUE,
  DeliveryStore,
  type JobQueue,
  type LoggedDelivery,
  type PreparedCall,
  urlProblem,
  type WebhookRow,
  WebhookStore,
} from '#platform';
import { noSuch } from '../http/no-such.js';
import { isOwnId, ownId } from '../scenarios/always-there.js';
import { EXAMPLE_ID, SCRATCH_ID } from '../scenarios/scenario-source.js';
import type { WebhookOfSimulation } from './webhook-shapes.js';

/** Disabled, at a name that leads nowhere (RFC 2606). */
const EXAMPLE = {
  url: 'https://receiver.example/hooks',
  description: 'An example, which is always there',
  events: ['simulation.*'],
  enabled: false,
};

/** `secret`: made for it, to be shown once. */
export interface CallOfSimulation {
  call: PreparedCall;
  secret?: string;
}

@Injectable()
export class WebhooksService {
  constructor(
    private readonly webhooks: WebhookStore,
    private readonly deliveries: DeliveryStore,
    private readonly policy: AddressPolicy,
    @Inject(DELIVERY_QUEUE) private readonly queue: JobQueue,
  ) {}

  /** AppError `not-found`. The examples are made when they are first asked for. */
  async find(tenant: string, id: string): Promise<WebhookRow> {
    const name = alwaysThere(tenant, id);
    const rowId = name === undefined ? id : ownId(tenant, name);
    const row = await this.webhooks.find(tenant, rowId);
    if (row) return row;
    if (name === undefined) throw noSuch('webhook', id);
    await this.webhooks.addExample(tenant, EXAMPLE, rowId);
    return this.find(tenant, id);
  }

  /** AppError `not-found`. The example has one of its own name. */
  async delivery(tenant: string, webhookId: string, id: string): Promise<LoggedDelivery> {
    const webhook = await this.find(tenant, webhookId);
    const name = alwaysThere(tenant, id);
    const rowId = name === undefined ? id : ownId(tenant, name);
    const found = await this.deliveries.find(tenant, webhook.id, rowId);
    if (found) return found;
    if (rowId !== webhook.id) throw noSuch('delivery', id);
    await this.webhooks.addExample(tenant, EXAMPLE, rowId);
    return this.delivery(tenant, webhookId, id);
  }

  /** AppError `invalid-request`, with the place. */
  checkUrl(url: string, path = '/url'): void {
    const problem = urlProblem(url, this.policy);
    if (problem === null) return;
    const message = `No webhook may have this URL: ${problem}.`;
    const hint =
      'Use an https URL of a receiver on the public internet; whoever runs the server can allow networks, such as WEBHOOK_ALLOW_NETWORKS=127.0.0.1/32.';
    throw new AppError('invalid-request', message, {
      issues: [{ code: 'bad-url', severity: 'error', path, message, hint }],
    });
  }

  /** Whom to tell of the end of a simulation that is about to be accepted. AppError `not-found`, `invalid-request`. */
  async forSimulation(tenant: string, webhook: WebhookOfSimulation): Promise<CallOfSimulation> {
    if ('webhookId' in webhook)
      return { call: { webhookId: (await this.find(tenant, webhook.webhookId)).id, row: null } };
    this.checkUrl(webhook.url, '/webhook/url');
    const { row, secret } = this.webhooks.newCall(tenant, webhook.url, webhook.secret);
    return { call: { webhookId: row.id, row }, ...(webhook.secret === undefined ? { secret } : {}) };
  }

  async test(tenant: string, id: string): Promise<LoggedDelivery> {
    const row = await this.deliveries.addTest(await this.find(tenant, id));
    this.queue.announce(row.id);
    return { row, log: [] };
  }

  async redeliver(tenant: string, webhookId: string, id: string): Promise<LoggedDelivery> {
    const { row } = await this.delivery(tenant, webhookId, id);
    if (await this.deliveries.redeliver(tenant, row.webhookId, row.id)) this.queue.announce(row.id);
    return this.delivery(tenant, webhookId, id);
  }
}

function alwaysThere(tenant: string, id: string): string | undefined {
  return [EXAMPLE_ID, SCRATCH_ID].find((name) => isOwnId(tenant, name, id));
}
