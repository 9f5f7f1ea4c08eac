/** Keys: made, listed, rotated, revoked. A tenant sees its own; only the look-up of a key that was shown sees all. */
import { type DataSource, IsNull, LessThan } from 'typeorm';
import { AppError } from '../errors.js';
import { hashOf, newKey, newKeyId } from '../keys/key-text.js';
import type { ApiKeyRow } from './api-key.entity.js';
import { isConstraintViolation } from './constraint.js';
import { newestFirst, type Position } from './newest-first.js';
import { oneByOne } from './one-by-one.js';

export type NewApiKey = Pick<ApiKeyRow, 'name' | 'scope' | 'createdBy' | 'expiresAtMs'>;

/** The key is in nobody's hands but the caller's. */
export interface IssuedKey {
  row: ApiKeyRow;
  key: string;
}

/** Most keys of a tenant that are not revoked. */
const MOST_KEYS = 100;
/** For so long one can see that there was a key. */
const KEPT_MS = 30 * 24 * 3_600_000;

export class ApiKeyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => number = Date.now,
  ) {}

  /** AppError `quota-exceeded`. */
  async add(tenant: string, key: NewApiKey, id = newKeyId()): Promise<IssuedKey> {
    const text = newKey(id);
    const row: ApiKeyRow = {
      ...key,
      id,
      tenant,
      hash: hashOf(text),
      previousHash: null,
      previousUntilMs: null,
      createdAtMs: this.now(),
      lastUsedAtMs: null,
      revokedAtMs: null,
    };
    await this.dataSource.transaction(async (manager) => {
      await oneByOne(manager, 'keys of', tenant);
      if ((await manager.countBy<ApiKeyRow>('api_key', { tenant, revokedAtMs: IsNull() })) >= MOST_KEYS)
        throw new AppError('quota-exceeded', `A tenant has at most ${MOST_KEYS} keys; revoke some first.`);
      await manager.insert<ApiKeyRow>('api_key', row);
    });
    return { row, key: text };
  }

  /** Under a given id; leaves alone what is there already. */
  async addOnce(tenant: string, key: NewApiKey, id: string): Promise<void> {
    try {
      await this.add(tenant, key, id);
    } catch (error) {
      if (!isConstraintViolation(error)) throw error;
    }
  }

  find(tenant: string, id: string): Promise<ApiKeyRow | null> {
    return this.manager.findOneBy<ApiKeyRow>('api_key', { tenant, id });
  }

  /** Newest first, revoked ones too. */
  list(tenant: string, position: Position | null, limit: number): Promise<ApiKeyRow[]> {
    const query = this.manager.createQueryBuilder<ApiKeyRow>('api_key', 'k').where('k.tenant = :tenant', { tenant });
    return newestFirst(query, position, limit).getMany();
  }

  /** The key gets another secret; the last one stays valid for `overlapMs`. Null: there is no such key, or it was revoked. */
  async rotate(tenant: string, id: string, overlapMs: number): Promise<IssuedKey | null> {
    for (;;) {
      const row = await this.find(tenant, id);
      if (row === null || row.revokedAtMs !== null) return null;
      const text = newKey(id);
      const change = { hash: hashOf(text), previousHash: row.hash, previousUntilMs: this.now() + overlapMs };
      const unchanged = { tenant, id, hash: row.hash, revokedAtMs: IsNull() };
      const { affected } = await this.manager.update<ApiKeyRow>('api_key', unchanged, change);
      if (affected === 1) return { row: { ...row, ...change }, key: text };
      // Somebody else has rotated or revoked it at the same moment.
    }
  }

  /** Returns whether there is such a key. */
  async revoke(tenant: string, id: string): Promise<boolean> {
    const open = { tenant, id, revokedAtMs: IsNull() };
    const { affected } = await this.manager.update<ApiKeyRow>('api_key', open, { revokedAtMs: this.now() });
    return affected === 1 || (await this.find(tenant, id)) !== null;
  }

  async delete(tenant: string, id: string): Promise<void> {
    await this.manager.delete<ApiKeyRow>('api_key', { tenant, id });
  }

  /** Whosever it is. */
  lookUp(id: string): Promise<ApiKeyRow | null> {
    return this.manager.findOneBy<ApiKeyRow>('api_key', { id });
  }

  async markUsed(id: string): Promise<void> {
    await this.manager.update<ApiKeyRow>('api_key', { id }, { lastUsedAtMs: this.now() });
  }

  /** Drops keys that were revoked, or have expired, a month ago. */
  async tidy(): Promise<void> {
    const longAgo = LessThan(this.now() - KEPT_MS);
    await this.manager.delete<ApiKeyRow>('api_key', { revokedAtMs: longAgo });
    await this.manager.delete<ApiKeyRow>('api_key', { expiresAtMs: longAgo });
  }

  private get manager() {
    return this.dataSource.manager;
  }
}
