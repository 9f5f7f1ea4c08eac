import { z } from 'zod';
import { type ApiKeyRow, KEY_NAME, SCOPES, TENANT_NAME } from '#platform';
import { Timestamp } from '../http/shapes.js';

const Scope = z.enum(SCOPES).describe('`write` includes `read`, `admin` both: it makes and revokes keys.');
const Tenant = z
  .string()
  .regex(TENANT_NAME, 'must be small letters, digits and hyphens, at most 64')
  .describe('Default: that of the key that asks. Another one only for a key of the tenant `default`.');

export const KeyQuery = z.strictObject({ tenant: Tenant.optional() });
export type KeyQuery = z.infer<typeof KeyQuery>;

export const KeyRequest = z
  .strictObject({
    name: z
      .string()
      .regex(KEY_NAME, 'must be 1 to 64 letters, digits, dots, hyphens and blanks')
      .describe('For people: what it is for.'),
    scope: Scope,
    tenant: Tenant.optional(),
    expiresInDays: z.int().min(1).max(3650).optional().describe('Without it the key does not expire.'),
  })
  .meta({ id: 'KeyRequest' });

export const RotateRequest = z
  .strictObject({
    overlap: z.string().max(60).default('24h').describe('For so long the key of before is valid too; at most 720h.'),
  })
  .meta({ id: 'RotateRequest' });

const view = {
  id: z.string().describe('The part of the key after `hp_`.'),
  tenant: z.string(),
  name: z.string(),
  scope: Scope,
  createdAt: Timestamp,
  createdBy: z
    .string()
    .nullable()
    .describe('The key that made it. Null: the server asked nobody for a key then; such a key opens nothing.'),
  expiresAt: Timestamp.nullable(),
  lastUsedAt: Timestamp.nullable().describe('To the minute.'),
  revokedAt: Timestamp.nullable(),
  previousUntil: Timestamp.nullable().describe('Until when the key of before the last rotation is valid.'),
};

export const Key = z.object(view).meta({ id: 'Key' });
export const KeyIssued = z
  .object({ ...view, key: z.string().describe('The key itself. It is shown once, here.') })
  .meta({ id: 'KeyIssued' });
export const KeyPage = z
  .object({ items: z.array(Key), next: z.string().nullable().describe('The cursor of the next page.') })
  .meta({ id: 'KeyPage' });
export const Self = z
  .object({
    keyId: z.string().nullable().describe('Null: the server asks nobody for a key.'),
    name: z.string(),
    tenant: z.string(),
    scope: Scope,
  })
  .meta({ id: 'Self' });

const timestamp = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

export function keyView(row: ApiKeyRow): z.infer<typeof Key> {
  return {
    id: row.id,
    tenant: row.tenant,
    name: row.name,
    scope: row.scope,
    createdAt: new Date(row.createdAtMs).toISOString(),
    createdBy: row.createdBy,
    expiresAt: timestamp(row.expiresAtMs),
    lastUsedAt: timestamp(row.lastUsedAtMs),
    revokedAt: timestamp(row.revokedAtMs),
    previousUntil: timestamp(row.previousUntilMs),
  };
}
