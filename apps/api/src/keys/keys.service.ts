/** Keys from the API's side: whose one may see, and the one that is always there. */
import { Injectable } from '@nestjs/common';
import { ApiKeyStore, AppError, DEFAULT_TENANT, type IssuedKey, KeyRing, type Principal, type Scope } from '#platform';
import { isOwnId, ownId } from '../scenarios/always-there.js';
import { SCRATCH_ID } from '../scenarios/scenario-source.js';

@Injectable()
export class KeysService {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly ring: KeyRing,
  ) {}

  issue(asks: Principal, tenant: string, name: string, scope: Scope, expiresAtMs: number | null): Promise<IssuedKey> {
    return this.keys.add(tenant, { name, scope, createdBy: asks.keyId, expiresAtMs });
  }

  /** AppError `not-found`. */
  async rotate(tenant: string, id: string, overlapMs: number): Promise<IssuedKey> {
    const issued = await this.keys.rotate(tenant, await this.rowId(tenant, id), overlapMs);
    if (!issued) throw notFound(tenant, id);
    this.ring.forget();
    return issued;
  }

  /** AppError `not-found`. */
  async revoke(tenant: string, id: string): Promise<void> {
    if (!(await this.keys.revoke(tenant, await this.rowId(tenant, id)))) throw notFound(tenant, id);
    this.ring.forget();
  }

  /** `scratch` is a key to rotate and to revoke, which opens nothing: it is made when it is asked for. */
  private async rowId(tenant: string, id: string): Promise<string> {
    if (!isOwnId(tenant, SCRATCH_ID, id)) return id;
    const rowId = ownId(tenant, SCRATCH_ID);
    const row = await this.keys.find(tenant, rowId);
    if (row && row.revokedAtMs === null) return rowId;
    if (row) await this.keys.delete(tenant, rowId);
    await this.keys.addOnce(tenant, { name: 'scratch', scope: 'read', createdBy: null, expiresAtMs: null }, rowId);
    return rowId;
  }
}

/** Whose keys are asked for. AppError `forbidden` for those of others. */
export function tenantAsked(asks: Principal, tenant: string | undefined): string {
  if (tenant === undefined || tenant === asks.tenant) return asks.tenant;
  if (asks.tenant === DEFAULT_TENANT) return tenant;
  throw new AppError('forbidden', `Keys of other tenants are for a key of the tenant ${DEFAULT_TENANT}.`, {
    hint: 'Leave ?tenant= out, or ask whoever runs the server.',
  });
}

/** An emergency may hang on it: nobody shall take a key of another tenant for one that is revoked. */
function notFound(tenant: string, id: string): AppError {
  const message = `The tenant ${tenant} has no key ${id} that is valid.`;
  const elsewhere = 'A key of another tenant is changed with ?tenant=NAME, by an admin of the tenant default; ';
  const hint = `${tenant === DEFAULT_TENANT ? elsewhere : ''}one of API_KEYS is changed in the environment. GET /v1/keys lists the others.`;
  return new AppError('not-found', message, { hint: `${hint[0]!.toUpperCase()}${hint.slice(1)}` });
}
