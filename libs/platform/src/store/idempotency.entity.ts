import { EntitySchema } from 'typeorm';
import { label, tenantColumn, whole } from './columns.js';

/** A request that was accepted under an Idempotency-Key, and what came of it. */
export interface IdempotencyRow {
  tenant: string;
  key: string;
  /** SHA-256 of what was asked. */
  requestHash: string;
  simulationId: string;
  createdAtMs: number;
}

export const idempotencyEntity = new EntitySchema<IdempotencyRow>({
  name: 'idempotency_key',
  tableName: 'idempotency_keys',
  columns: {
    tenant: tenantColumn({ primary: true, primaryKeyConstraintName: 'pk_idempotency_keys' }),
    key: { ...label(), primary: true, primaryKeyConstraintName: 'pk_idempotency_keys' },
    requestHash: label({ length: 64 }),
    simulationId: label({ length: 36 }),
    createdAtMs: whole(),
  },
  indices: [{ name: 'ix_idempotency_keys_created', columns: ['createdAtMs'] }],
});
