/**
 * The outbox: whoever writes that something has ended writes in the same transaction what is to be delivered. So there is
 * no end without its deliveries and no delivery without its end, wherever the process dies.
 */
import { type EntityManager, In } from 'typeorm';
import { dialectOf } from '../store/data-source.js';
import { timeOrderedId } from '../store/ids.js';
import type { DeliveryRow } from './delivery.entity.js';
import { type EventType, TEST_EVENT, wants } from './event-types.js';
import type { WebhookCallRow, WebhookRow } from './webhook.entity.js';

/** What a receiver is told: little, with the way to the rest. */
export interface EventData {
  id: string;
  status: string;
  links: Record<string, string>;
  [figure: string]: unknown;
}

/**
 * Call it in the transaction that ends something (a simulation, an experiment, a comparison), with its `manager`: it stores
 * a delivery for every webhook of `tenant` that wants to know. Resolves with their ids, oldest webhook first: tell them to
 * the queue of deliveries (`DELIVERY_QUEUE.announce`) after the commit, or let it find them within a second.
 *
 * ```ts
 * await dataSource.transaction(async (manager) => {
 *   await rows.mustHold(manager, lease, { status: 'succeeded', … });
 *   await announceEnd(manager, tenant, 'experiment.succeeded', { id, status: 'succeeded', links: { self: `/v1/experiments/${id}` } });
 * });
 * ```
 */
export async function announceEnd(
  manager: EntityManager,
  tenant: string,
  type: EventType,
  data: EventData,
  nowMs = Date.now(),
): Promise<string[]> {
  const calls = await manager.findBy<WebhookCallRow>('webhook_call', { subjectId: data.id });
  const called = calls.map(({ webhookId }) => webhookId);
  const hooks = await receivers(manager, tenant, type, called);
  const payload = JSON.stringify({ type, timestamp: new Date(nowMs).toISOString(), data });
  const rows = hooks.map(({ id }) => newDelivery({ tenant, webhookId: id, type, subjectId: data.id, payload }, nowMs));
  if (rows.length > 0) await manager.insert<DeliveryRow>('webhook_delivery', rows);
  if (called.length > 0) await manager.delete<WebhookCallRow>('webhook_call', { subjectId: data.id });
  return rows.map(({ id }) => id);
}

/** Nobody disables what is found before the transaction ends: otherwise its deliveries would be missed by `endWaiting`. */
export function heldAsItIs(manager: EntityManager): { lock?: { mode: 'pessimistic_read' } } {
  // On SQLite transactions take turns.
  return dialectOf(manager.dataSource) === 'postgres' ? { lock: { mode: 'pessimistic_read' } } : {};
}

/** `called`: told whatever they ask for otherwise. */
async function receivers(manager: EntityManager, tenant: string, type: string, called: readonly string[]) {
  const hooks = await manager.find<WebhookRow>('webhook', {
    select: { id: true, events: true },
    where: [
      { tenant, enabled: true, scope: 'subscription' },
      { tenant, enabled: true, id: In(called) },
    ],
    order: { createdAtMs: 'ASC', id: 'ASC' },
    ...heldAsItIs(manager),
  });
  return hooks.filter(({ id, events }) => called.includes(id) || wants(JSON.parse(events) as string[], type));
}

type Message = Pick<DeliveryRow, 'tenant' | 'webhookId' | 'type' | 'subjectId' | 'payload'>;

export function newDelivery(message: Message, nowMs: number, id = timeOrderedId(nowMs)): DeliveryRow {
  return {
    ...message,
    id,
    status: 'queued',
    reason: null,
    dueAtMs: nowMs,
    attempts: 0,
    retries: 0,
    attempt: 0,
    leaseToken: null,
    leaseUntilMs: null,
    cancelRequested: false,
    createdAtMs: nowMs,
    finishedAtMs: null,
  };
}

/** What a test-send sends. */
export function testDelivery({ id: webhookId, tenant }: Pick<WebhookRow, 'id' | 'tenant'>, nowMs: number, id?: string) {
  const self = `/v1/webhooks/${webhookId}`;
  const data = { id: webhookId, text: 'If you can verify this, the webhook works.', links: { self } };
  const payload = JSON.stringify({ type: TEST_EVENT, timestamp: new Date(nowMs).toISOString(), data });
  return newDelivery({ tenant, webhookId, type: TEST_EVENT, subjectId: webhookId, payload }, nowMs, id);
}
