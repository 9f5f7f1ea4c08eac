import { EntitySchema } from 'typeorm';
import type { Scope } from '../keys/principal.js';
import { label, whole } from './columns.js';

/** A key, of which nothing is kept that could be shown again. */
export interface ApiKeyRow {
  /** Part of the key; it is looked up by it. */
  id: string;
  tenant: string;
  name: string;
  scope: Scope;
  /** SHA-256 of the key. */
  hash: string;
  /** Of the key before the last rotation, which is valid until then. */
  previousHash: string | null;
  previousUntilMs: number | null;
  /** The id of the key that made it; null: nobody was asked for one, and it opens nothing. */
  createdBy: string | null;
  createdAtMs: number;
  expiresAtMs: number | null;
  /** To the minute. */
  lastUsedAtMs: number | null;
  revokedAtMs: number | null;
}

export const apiKeyEntity = new EntitySchema<ApiKeyRow>({
  name: 'api_key',
  tableName: 'api_keys',
  columns: {
    id: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_api_keys' },
    tenant: label({ length: 64 }),
    name: label({ length: 64 }),
    scope: label({ length: 16 }),
    hash: label({ length: 64 }),
    previousHash: label({ length: 64, nullable: true }),
    previousUntilMs: whole({ nullable: true }),
    createdBy: label({ nullable: true }),
    createdAtMs: whole(),
    expiresAtMs: whole({ nullable: true }),
    lastUsedAtMs: whole({ nullable: true }),
    revokedAtMs: whole({ nullable: true }),
  },
  indices: [{ name: 'ix_api_keys_created', columns: ['tenant', 'createdAtMs', 'id'] }],
});
