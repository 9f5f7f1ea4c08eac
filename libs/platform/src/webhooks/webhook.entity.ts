import { EntitySchema } from 'typeorm';
import { label, whole } from '../store/columns.js';

/** `subscription`: told of all events that it asks for. `call`: made with one simulation, and told of that alone. */
export type WebhookScope = 'subscription' | 'call';

/** Who is told of what. */
export interface WebhookRow {
  id: string;
  tenant: string;
  scope: WebhookScope;
  url: string;
  description: string;
  /** EVENT_FILTERS as JSON. */
  events: string;
  enabled: boolean;
  /** As SecretBox keeps it. */
  secret: string;
  /** The one before, with which messages are signed too until `previousSecretUntilMs`. */
  previousSecret: string | null;
  previousSecretUntilMs: number | null;
  /** Why it was disabled, where nobody asked for that. */
  disabledReason: string | null;
  disabledAtMs: number | null;
  lastSuccessAtMs: number | null;
  createdAtMs: number;
  updatedAtMs: number;
}

/** One simulation's own webhook: a `call`, or a subscription that is told whatever it asks for otherwise. */
export interface WebhookCallRow {
  subjectId: string;
  webhookId: string;
}

export const webhookEntity = new EntitySchema<WebhookRow>({
  name: 'webhook',
  tableName: 'webhooks',
  columns: {
    id: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_webhooks' },
    tenant: label({ length: 64 }),
    scope: label({ length: 16 }),
    url: { type: 'text' },
    description: { type: 'text' },
    events: { type: 'text' },
    enabled: { type: 'boolean' },
    secret: { type: 'text' },
    previousSecret: { type: 'text', nullable: true },
    previousSecretUntilMs: whole({ nullable: true }),
    disabledReason: { type: 'text', nullable: true },
    disabledAtMs: whole({ nullable: true }),
    lastSuccessAtMs: whole({ nullable: true }),
    createdAtMs: whole(),
    updatedAtMs: whole(),
  },
  indices: [{ name: 'ix_webhooks_tenant', columns: ['tenant', 'scope', 'createdAtMs', 'id'] }],
});

export const webhookCallEntity = new EntitySchema<WebhookCallRow>({
  name: 'webhook_call',
  tableName: 'webhook_calls',
  columns: {
    subjectId: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_webhook_calls' },
    webhookId: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_webhook_calls' },
  },
  indices: [{ name: 'ix_webhook_calls_webhook', columns: ['webhookId'] }],
  foreignKeys: [
    {
      name: 'fk_webhook_calls_webhook',
      target: 'webhook',
      columnNames: ['webhookId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
