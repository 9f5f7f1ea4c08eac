/** Rows that every tenant has under the same name: ids are unique over all tenants, so the name stands for an id of its own. */
import { createHash } from 'node:crypto';
import { DEFAULT_TENANT } from '../http/tenant.js';

/** The id of what `tenant` calls `name`; nobody else finds anything under it. */
export function ownId(tenant: string, name: string): string {
  if (tenant === DEFAULT_TENANT) return name;
  return `${name}-${createHash('sha256').update(tenant).digest('hex').slice(0, 16)}`;
}

/** Whether `id` means what `tenant` calls `name`: by that name, or by its id. */
export function isOwnId(tenant: string, name: string, id: string): boolean {
  return id === name || id === ownId(tenant, name);
}
