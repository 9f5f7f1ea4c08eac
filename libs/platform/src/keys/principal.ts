/** Who asks, and what it may do. */

/** Whose a row is where nobody is asked for a key; with keys the tenant of those who run the server. */
export const DEFAULT_TENANT = 'default';

/** Each may do what those before it may. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Principal {
  readonly tenant: string;
  readonly scope: Scope;
  /** Of the key that was shown; null: nobody is asked for one. */
  readonly keyId: string | null;
  readonly name: string;
}

/** Where nobody is asked for a key, anybody may do everything. */
export const ANYBODY: Principal = { tenant: DEFAULT_TENANT, scope: 'admin', keyId: null, name: 'anybody' };

export function includesScope(has: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(has) >= SCOPES.indexOf(needed);
}

/** As a label of Kubernetes: small letters, digits and hyphens. */
export const TENANT_NAME = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;
export const KEY_NAME = /^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,62}[A-Za-z0-9])?$/;
