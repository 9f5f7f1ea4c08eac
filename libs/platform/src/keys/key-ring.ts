/**
 * Whose a key is. What was looked up is remembered for a few seconds, so that a request costs a hash and no query; a key
 * that was revoked opens nothing at once in the process that revoked it, and after KEY_SECONDS in the others.
 */
import type { ApiKeyRow } from '../store/api-key.entity.js';
import type { ApiKeyStore } from '../store/api-key.store.js';
import type { GivenKey } from './given-keys.js';
import { hashOf, keyIdOf, sameHash } from './key-text.js';
import { ANYBODY, type Principal } from './principal.js';

const KEY_MS = 5_000;
const REMEMBERED = 10_000;
/** `lastUsedAtMs` is written at most so often. */
const USED_MS = 60_000;

interface Answer {
  principal: Promise<Principal | null>;
  untilMs: number;
  /** Or did so when it was looked up last. */
  opens: boolean;
}

export class KeyRing {
  /** By hash; insertion order is the order of look-ups. */
  private readonly answers = new Map<string, Answer>();

  constructor(
    private readonly store: Pick<ApiKeyStore, 'lookUp' | 'markUsed'>,
    private readonly given: readonly GivenKey[],
    private readonly now: () => number = Date.now,
  ) {}

  /** Who may come in without a key: anybody, or nobody. */
  get withoutKey(): Principal | null {
    return this.given.length === 0 ? ANYBODY : null;
  }

  /** Null: the key opens nothing. `forMs`: what is remembered counts if it still holds then, for who asks again no sooner. */
  principalOf(key: string, forMs = 0): Promise<Principal | null> {
    const hash = hashOf(key);
    const known = this.answers.get(hash);
    if (known && known.untilMs > this.now() + forMs) return known.principal;
    this.answers.delete(hash);
    const given = this.given.find((one) => sameHash(one.hash, hash));
    if (given) return Promise.resolve(given.principal);
    const id = keyIdOf(key);
    return id === null ? Promise.resolve(null) : this.remember(hash, id, known?.opens ?? false);
  }

  /** The key has opened something before, in this process. Asks no database. */
  knows(key: string): boolean {
    const hash = hashOf(key);
    return this.answers.get(hash)?.opens === true || this.given.some((one) => sameHash(one.hash, hash));
  }

  /** What is remembered of keys may have changed. */
  forget(): void {
    this.answers.clear();
  }

  private remember(hash: string, id: string, opens: boolean): Promise<Principal | null> {
    const answer: Answer = { principal: Promise.resolve(null), untilMs: this.now() + KEY_MS, opens };
    answer.principal = this.lookUp(hash, id, answer);
    const drop = () => {
      if (this.answers.get(hash) === answer) this.answers.delete(hash);
    };
    // Wrong keys are not remembered: there are more of them than memory.
    answer.principal.then((principal) => principal ?? drop(), drop);
    this.answers.set(hash, answer);
    if (this.answers.size > REMEMBERED) this.answers.delete(this.answers.keys().next().value!);
    return answer.principal;
  }

  private async lookUp(hash: string, id: string, answer: Answer): Promise<Principal | null> {
    const row = await this.store.lookUp(id);
    const untilMs = row === null ? 0 : validUntilMs(row, hash, this.now());
    if (row === null || untilMs <= this.now()) return null;
    answer.opens = true;
    answer.untilMs = Math.min(answer.untilMs, untilMs);
    if ((row.lastUsedAtMs ?? 0) < this.now() - USED_MS) this.store.markUsed(id).catch(() => {});
    return { tenant: row.tenant, scope: row.scope, keyId: row.id, name: row.name };
  }
}

/** 0: the key with this hash opens nothing. */
function validUntilMs(row: ApiKeyRow, hash: string, nowMs: number): number {
  // Made while anybody could make one: it would let in whoever was there before the door was closed.
  if (row.createdBy === null) return 0;
  if (row.revokedAtMs !== null) return 0;
  const endsMs = row.expiresAtMs ?? Number.POSITIVE_INFINITY;
  if (sameHash(row.hash, hash)) return endsMs;
  const overlaps = row.previousHash !== null && nowMs < (row.previousUntilMs ?? 0) && sameHash(row.previousHash, hash);
  return overlaps ? Math.min(endsMs, row.previousUntilMs!) : 0;
}
