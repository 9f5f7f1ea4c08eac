import { beforeEach, describe, expect, it } from 'vitest';
import {
  type DeliveryRow,
  type DeliveryStore,
  type Exchange,
  type Held,
  Metrics,
  SecretUnreadable,
  type Sender,
  type Verdict,
  type WebhookRow,
  type WebhookStore,
} from '#platform';
import { DeliveryProcessor } from './delivery.processor.js';

const NOW = 1_800_000_000_000;
const never = new AbortController().signal;

const answered = (status: number, headers: Record<string, string> = {}): Exchange => ({
  startedAtMs: NOW,
  durationMs: 10,
  requestHeaders: {},
  response: { status, headers, body: '', bodyBytes: 0, truncated: false },
  error: status < 300 ? null : { code: status === 410 ? 'gone' : 'status', message: `Answered with ${status}.` },
});

describe('what follows from an attempt', () => {
  let delivery: DeliveryRow;
  let webhook: WebhookRow;
  let sent: number;
  let settled: { exchange: Exchange | null; verdict: Verdict }[];

  beforeEach(() => {
    delivery = {
      id: 'd',
      webhookId: 'w',
      type: 'simulation.failed',
      payload: '{}',
      attempts: 0,
      retries: 0,
      createdAtMs: NOW - 5,
    } as DeliveryRow;
    webhook = { id: 'w', url: 'https://hooks.example/', lastSuccessAtMs: null } as WebhookRow;
    sent = 0;
    settled = [];
  });

  async function process(exchange: Exchange, more: { attempt?: number; secretsOf?: () => string[] } = {}) {
    const deliveries = {
      held: async () => ({ delivery, webhook, trace: null }) satisfies Held,
      settle: async (_lease: unknown, _delivery: unknown, went: Exchange | null, verdict: Verdict) => {
        settled.push({ exchange: went, verdict });
        return verdict;
      },
      next: async () => [],
    } as unknown as DeliveryStore;
    const sender = {
      post: async () => {
        sent++;
        return exchange;
      },
    } as unknown as Sender;
    const processor = new DeliveryProcessor({
      config: { maxAttempts: 3, webhooks: { retrySeconds: [5, 300] } as never },
      webhooks: { secretsOf: more.secretsOf ?? (() => []) } as unknown as WebhookStore,
      deliveries,
      sender,
      metrics: new Metrics(),
      warn: () => undefined,
      now: () => NOW,
      random: () => 0,
    });
    const lease = { id: 'd', token: 't', attempt: more.attempt ?? 1, cancelRequested: false };
    await processor.process(lease, never);
    return settled.at(-1)!.verdict;
  }

  it('is the end where it was answered with 2xx', async () => {
    expect(await process(answered(204))).toEqual({ status: 'succeeded' });
  });

  it('is the next wait of the schedule, or a longer one that was asked for', async () => {
    expect(await process(answered(500))).toEqual({ status: 'queued', dueAtMs: NOW + 5000 });
    delivery.retries = 1;
    expect(await process(answered(500))).toEqual({ status: 'queued', dueAtMs: NOW + 300_000 });
    expect(await process(answered(429, { 'retry-after': '3600' }))).toEqual({
      status: 'queued',
      dueAtMs: NOW + 3_600_000,
    });
  });

  it('is a disabled webhook after the last wait, unless others got through meanwhile', async () => {
    delivery.retries = 2;
    expect(await process(answered(500))).toMatchObject({
      status: 'failed',
      disable: expect.stringContaining('3 attempts'),
    });
    webhook.lastSuccessAtMs = NOW;
    expect(await process(answered(500))).toMatchObject({ status: 'failed', disable: null });
  });

  it('is a disabled webhook at once after 410', async () => {
    expect(await process(answered(410))).toMatchObject({ status: 'failed', disable: 'Answered with 410.' });
  });

  it('is neither a retry nor a disabled webhook for a test', async () => {
    delivery.type = 'webhook.test';
    for (const status of [500, 410])
      expect(await process(answered(status))).toMatchObject({ status: 'failed', disable: null });
  });

  it('is a retry where the secret cannot be read: nothing is sent unsigned', async () => {
    const unreadable = () => {
      throw new SecretUnreadable('w');
    };
    expect(await process(answered(204), { secretsOf: unreadable })).toMatchObject({ status: 'queued' });
    expect(sent).toBe(0);
    expect(settled[0]!.exchange).toMatchObject({ error: { code: 'secret-unreadable' }, response: null });
  });

  it('is the end where processes die of it again and again: it is not sent once more', async () => {
    expect(await process(answered(204), { attempt: 4 })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('3 times'),
    });
    expect(sent).toBe(0);
    delivery.attempts = 1;
    expect(await process(answered(204), { attempt: 4 })).toEqual({ status: 'succeeded' });
  });
});
