/** Idempotency-Keys: what a tenant's request with a key has made, of each kind by itself. */
import { type EntityManager, LessThan } from 'typeorm';
import { AppError } from '../errors.js';
import type { IdempotencyRow } from './idempotency.entity.js';

export interface IdempotencyClaim {
  key: string;
  requestHash: string;
}

type Owner = Pick<IdempotencyRow, 'tenant' | 'kind'>;
type Made = Pick<IdempotencyRow, 'subjectId' | 'webhookId'>;

export class IdempotencyKeys {
  constructor(
    private readonly keptMs: number,
    private readonly now: () => number,
  ) {}

  /** What the key was used for; null: for nothing, or too long ago. AppError `idempotency-key-reused`. */
  async find(manager: EntityManager, owner: Owner, claim: IdempotencyClaim): Promise<IdempotencyRow | null> {
    const used = await manager.findOneBy<IdempotencyRow>('idempotency_key', { ...owner, key: claim.key });
    if (!used || used.createdAtMs < this.oldestMs) return null;
    if (used.requestHash === claim.requestHash) return used;
    throw new AppError(
      'idempotency-key-reused',
      'This Idempotency-Key was used for a request with another body; use a new key for a new request.',
    );
  }

  /** In the transaction that makes it. Of two at once the second fails: it finds what the first has made when it tries again. */
  async use(manager: EntityManager, owner: Owner, claim: IdempotencyClaim, made: Made): Promise<void> {
    const past = { ...owner, key: claim.key, createdAtMs: LessThan(this.oldestMs) };
    await manager.delete<IdempotencyRow>('idempotency_key', past);
    await manager.insert<IdempotencyRow>('idempotency_key', { ...owner, ...claim, ...made, createdAtMs: this.now() });
  }

  /** Drops those that are past their time. */
  async tidy(manager: EntityManager): Promise<void> {
    await manager.delete<IdempotencyRow>('idempotency_key', { createdAtMs: LessThan(this.oldestMs) });
  }

  private get oldestMs(): number {
    return this.now() - this.keptMs;
  }
}

/**
 * What a key has made before, or what is made now. Where that cannot be, the key is looked at again: of two requests at the
 * same moment the other may have been accepted meanwhile, and what both of them name be gone since.
 */
export async function once<Answer>(
  earlier: () => Promise<Answer | null>,
  make: () => Promise<Answer>,
): Promise<Answer> {
  const before = await earlier();
  if (before !== null) return before;
  try {
    return await make();
  } catch (error) {
    const meanwhile = await earlier();
    if (meanwhile !== null) return meanwhile;
    throw error;
  }
}

/** The key's time is not over with what it has made: a client that asks again shall not make it anew. */
export function wasDeleted({ kind, subjectId }: IdempotencyRow): AppError {
  return new AppError('not-found', `The ${kind} ${subjectId} of this Idempotency-Key was deleted.`, {
    hint: 'Send the request with another key to make it anew.',
  });
}
