import { EntitySchema } from 'typeorm';
import { label, whole } from '../store/columns.js';
import type { WorkSubject } from '../telemetry/work-context.js';

export const DELIVERY_STATUSES = ['queued', 'running', 'succeeded', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One event for one webhook: the message, and the job that delivers it. Its id is the message's id for the receiver. */
export interface DeliveryRow {
  id: string;
  tenant: string;
  webhookId: string;
  type: string;
  /** Of the simulation, experiment or comparison. */
  subjectId: string;
  /** The body, byte for byte the same in every attempt. */
  payload: string;
  status: DeliveryStatus;
  /** Why it has failed; null while it has not. */
  reason: string | null;
  /** Not to be sent before. */
  dueAtMs: number;
  /** Attempts that are in the log, with those that the log has dropped. */
  attempts: number;
  /** How far it is in the schedule of retries. */
  retries: number;
  /** How many times a worker has taken it. */
  attempt: number;
  leaseToken: string | null;
  leaseUntilMs: number | null;
  cancelRequested: boolean;
  createdAtMs: number;
  finishedAtMs: number | null;
}

/** What it tells of; of a test-send the webhook. */
export function subjectOf({ type, subjectId }: Pick<DeliveryRow, 'type' | 'subjectId'>): WorkSubject {
  return { kind: type.split('.', 1)[0] as WorkSubject['kind'], id: subjectId };
}

/** One attempt, as it went. Texts are JSON but for the body and the message. */
export interface AttemptRow {
  deliveryId: string;
  /** From 1. */
  number: number;
  startedAtMs: number;
  durationMs: number;
  requestHeaders: string;
  /** From here on null where no answer came. */
  status: number | null;
  responseHeaders: string | null;
  responseBody: string | null;
  responseBytes: number | null;
  responseTruncated: boolean | null;
  /** Null: it was delivered. */
  errorCode: string | null;
  errorMessage: string | null;
}

export const deliveryEntity = new EntitySchema<DeliveryRow>({
  name: 'webhook_delivery',
  tableName: 'webhook_deliveries',
  columns: {
    id: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_webhook_deliveries' },
    tenant: label({ length: 64 }),
    webhookId: label({ length: 36 }),
    type: label({ length: 64 }),
    subjectId: label({ length: 36 }),
    payload: { type: 'text' },
    status: label({ length: 16 }),
    reason: { type: 'text', nullable: true },
    dueAtMs: whole(),
    attempts: { type: 'integer' },
    retries: { type: 'integer' },
    attempt: { type: 'integer' },
    leaseToken: label({ length: 36, nullable: true }),
    leaseUntilMs: whole({ nullable: true }),
    cancelRequested: { type: 'boolean' },
    createdAtMs: whole(),
    finishedAtMs: whole({ nullable: true }),
  },
  indices: [
    { name: 'ix_webhook_deliveries_due', columns: ['status', 'dueAtMs', 'id'] },
    { name: 'ix_webhook_deliveries_webhook', columns: ['webhookId', 'createdAtMs', 'id'] },
    { name: 'ix_webhook_deliveries_finished', columns: ['finishedAtMs'] },
  ],
  foreignKeys: [
    {
      name: 'fk_webhook_deliveries_webhook',
      target: 'webhook',
      columnNames: ['webhookId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

export const attemptEntity = new EntitySchema<AttemptRow>({
  name: 'webhook_attempt',
  tableName: 'webhook_attempts',
  columns: {
    deliveryId: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_webhook_attempts' },
    number: { type: 'integer', primary: true, primaryKeyConstraintName: 'pk_webhook_attempts' },
    startedAtMs: whole(),
    durationMs: { type: 'double precision' },
    requestHeaders: { type: 'text' },
    status: { type: 'integer', nullable: true },
    responseHeaders: { type: 'text', nullable: true },
    responseBody: { type: 'text', nullable: true },
    responseBytes: { type: 'integer', nullable: true },
    responseTruncated: { type: 'boolean', nullable: true },
    errorCode: label({ length: 64, nullable: true }),
    errorMessage: { type: 'text', nullable: true },
  },
  foreignKeys: [
    {
      name: 'fk_webhook_attempts_delivery',
      target: 'webhook_delivery',
      columnNames: ['deliveryId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
