import { EntitySchema } from 'typeorm';
import { label, tenantColumn, whole } from './columns.js';
import type { ExperimentKind } from './experiment.entity.js';

/** What a request can make once. */
export type IdempotentKind = 'simulation' | ExperimentKind;

/** A request that was accepted under an Idempotency-Key, and what came of it. */
export interface IdempotencyRow {
  tenant: string;
  kind: IdempotentKind;
  key: string;
  /** SHA-256 of what was asked. */
  requestHash: string;
  /** Of what was made. */
  subjectId: string;
  /** Of the webhook that the first answer named. */
  webhookId: string | null;
  createdAtMs: number;
}

const partOfKey = { primary: true, primaryKeyConstraintName: 'pk_idempotency_keys' };

export const idempotencyEntity = new EntitySchema<IdempotencyRow>({
  name: 'idempotency_key',
  tableName: 'idempotency_keys',
  columns: {
    tenant: tenantColumn(partOfKey),
    kind: label({ length: 16, default: 'simulation', ...partOfKey }),
    key: label(partOfKey),
    requestHash: label({ length: 64 }),
    subjectId: label({ length: 36, name: 'simulationId' }),
    webhookId: label({ length: 36, nullable: true }),
    createdAtMs: whole(),
  },
  indices: [{ name: 'ix_idempotency_keys_created', columns: ['createdAtMs'] }],
});
