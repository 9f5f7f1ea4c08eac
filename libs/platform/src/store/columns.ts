/** Column types that mean the same on SQLite and on Postgres. */
import type { EntitySchemaColumnOptions } from 'typeorm';

export type Dialect = 'sqlite' | 'postgres';

/** A whole number up to 2^53: epoch milliseconds, counts. Postgres' driver gives bigint as text. */
export const whole = (more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions => ({
  type: 'bigint',
  transformer: {
    to: (value: number | null) => value,
    from: (value: string | number | null) => (value === null ? null : Number(value)),
  },
  ...more,
});

/** A short text, at most 255 characters. */
export const label = (more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions => ({
  type: 'varchar',
  length: 255,
  ...more,
});

/** Whose the row is. */
export const tenantColumn = (more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions => ({
  type: 'varchar',
  length: 64,
  default: 'default',
  ...more,
});

/** Bytes; the one type whose name differs. */
export const bytes = (dialect: Dialect): EntitySchemaColumnOptions => ({
  type: dialect === 'postgres' ? 'bytea' : 'blob',
});
