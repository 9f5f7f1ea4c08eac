/** Deliveries and their log as the API shows them. */

import { z } from 'zod';
import { type AttemptRow, DELIVERY_STATUSES, type LoggedDelivery } from '#platform';
import { Count, Timestamp } from '../http/shapes.js';

const Headers = z.record(z.string(), z.string());

const Attempt = z
  .object({
    number: z.int().min(1),
    startedAt: Timestamp,
    durationMs: z.number(),
    request: z.object({ headers: Headers.describe('As they were sent; the body is that of the delivery.') }),
    response: z
      .object({
        status: z.int(),
        headers: Headers.describe('At most 40, each up to 500 characters, 4,096 in all; no cookies.'),
        body: z.string().describe('Its first 2,048 bytes, where they are text that is not compressed.'),
        bytes: Count.describe('How much of it was read, at most about 64 KiB.'),
        truncated: z.boolean().describe('There was more than is kept here.'),
      })
      .nullable()
      .describe('Null: none came.'),
    error: z
      .object({
        code: z
          .string()
          .describe('refused, dns, timeout, tls, connection, redirect, gone, status or secret-unreadable.'),
        message: z.string(),
      })
      .nullable()
      .describe('Null: it was delivered.'),
  })
  .meta({ id: 'WebhookAttempt' });

export const Delivery = z
  .object({
    id: z.string().describe('The `webhook-id` of all its attempts.'),
    type: z.string(),
    subjectId: z.string().describe('Of the simulation, experiment or comparison.'),
    status: z.enum(DELIVERY_STATUSES).describe('queued: to be sent at `dueAt`, for the first time or once more.'),
    reason: z.string().nullable().describe('Why it has failed.'),
    createdAt: Timestamp,
    dueAt: Timestamp.nullable().describe('When it is sent next; null where it is not.'),
    finishedAt: Timestamp.nullable(),
    attempts: Count.describe('How many there were; the log keeps the last 50.'),
    body: z.string().describe('What is sent, byte for byte.'),
    log: z.array(Attempt),
    links: z.object({ self: z.string(), webhook: z.string() }),
  })
  .meta({ id: 'WebhookDelivery' });

export const DeliveryPage = z
  .object({ items: z.array(Delivery), next: z.string().nullable().describe('The cursor of the next page.') })
  .meta({ id: 'WebhookDeliveryPage' });

export function deliveryView({ row, log }: LoggedDelivery): z.infer<typeof Delivery> {
  const webhook = `/v1/webhooks/${row.webhookId}`;
  return {
    id: row.id,
    type: row.type,
    subjectId: row.subjectId,
    status: row.status,
    reason: row.reason,
    createdAt: timeOf(row.createdAtMs),
    dueAt: row.status === 'queued' ? timeOf(row.dueAtMs) : null,
    finishedAt: row.finishedAtMs === null ? null : timeOf(row.finishedAtMs),
    attempts: row.attempts,
    body: row.payload,
    log: log.map(attemptView),
    links: { self: `${webhook}/deliveries/${row.id}`, webhook },
  };
}

function attemptView(row: AttemptRow): z.infer<typeof Attempt> {
  return {
    number: row.number,
    startedAt: timeOf(row.startedAtMs),
    durationMs: row.durationMs,
    request: { headers: JSON.parse(row.requestHeaders) as Record<string, string> },
    response:
      row.status === null
        ? null
        : {
            status: row.status,
            headers: JSON.parse(row.responseHeaders ?? '{}') as Record<string, string>,
            body: row.responseBody ?? '',
            bytes: row.responseBytes ?? 0,
            truncated: row.responseTruncated ?? false,
          },
    error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
  };
}

const timeOf = (ms: number) => new Date(ms).toISOString();
