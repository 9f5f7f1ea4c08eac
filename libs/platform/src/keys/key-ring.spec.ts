import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiKeyRow } from '../store/api-key.entity.js';
import { KeyRing } from './key-ring.js';
import { hashOf, newKey, newKeyId, sameHash } from './key-text.js';

const ID = newKeyId();
const KEY = newKey(ID);
const OLD = newKey(ID);
const GIVEN = `hp_${'g'.repeat(40)}`;
const operator = { tenant: 'default', scope: 'admin', keyId: 'default/ops', name: 'ops' } as const;

let nowMs: number;
let row: ApiKeyRow | null;
const lookUp = vi.fn(async () => row);
const markUsed = vi.fn(async () => {});
let ring: KeyRing;

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  row = {
    ...{ id: ID, tenant: 'team-a', name: 'ci', scope: 'read', hash: hashOf(KEY), createdBy: 'default/ops' },
    ...{
      previousHash: null,
      previousUntilMs: null,
      createdAtMs: 0,
      expiresAtMs: null,
      lastUsedAtMs: null,
      revokedAtMs: null,
    },
  };
  vi.clearAllMocks();
  ring = new KeyRing({ lookUp, markUsed }, [{ principal: operator, hash: hashOf(GIVEN) }], () => nowMs);
});

describe('the key ring', () => {
  it('knows whose a stored key is, and one of the environment without asking', async () => {
    expect(await ring.principalOf(KEY)).toEqual({ tenant: 'team-a', scope: 'read', keyId: ID, name: 'ci' });
    expect(await ring.principalOf(GIVEN)).toBe(operator);
    expect(lookUp).toHaveBeenCalledTimes(1);
  });

  it('looks a key up once in 5 s, also for a hundred requests at once, so that another process’ revocation counts after 5 s', async () => {
    await Promise.all(Array.from({ length: 100 }, () => ring.principalOf(KEY)));
    row!.revokedAtMs = nowMs;
    nowMs += 4_999;
    expect(await ring.principalOf(KEY)).not.toBeNull();
    expect(lookUp).toHaveBeenCalledTimes(1);
    nowMs += 1;
    expect(await ring.principalOf(KEY)).toBeNull();
  });

  it('looks a key up so early for who asks once a second that a revocation counts within these 5 s', async () => {
    expect(await ring.principalOf(KEY, 1_000)).not.toBeNull();
    row!.revokedAtMs = nowMs;
    for (let second = 1; second <= 3; second++) {
      nowMs += 1_000;
      expect(await ring.principalOf(KEY, 1_000)).not.toBeNull();
    }
    expect(lookUp).toHaveBeenCalledTimes(1);
    nowMs += 1_000;
    expect(await ring.principalOf(KEY, 1_000)).toBeNull();
  });

  it('tells keys that have opened something from others, while they are looked up once more too', async () => {
    expect([ring.knows(KEY), ring.knows(GIVEN)]).toEqual([false, true]);
    await ring.principalOf(KEY);
    expect(ring.knows(KEY)).toBe(true);
    nowMs += 5_000;
    row!.revokedAtMs = nowMs;
    const again = ring.principalOf(KEY);
    expect(ring.knows(KEY)).toBe(true);
    await again;
    expect(ring.knows(KEY)).toBe(false);
  });

  it('forgets at once when it is told to', async () => {
    await ring.principalOf(KEY);
    row!.revokedAtMs = nowMs;
    ring.forget();
    expect(await ring.principalOf(KEY)).toBeNull();
  });

  it('writes the last use at most once a minute', async () => {
    await ring.principalOf(KEY);
    row!.lastUsedAtMs = nowMs;
    for (let second = 0; second < 60; second += 5) {
      nowMs += 5_000;
      await ring.principalOf(KEY);
    }
    expect(markUsed).toHaveBeenCalledTimes(1);
    nowMs += 5_000;
    await ring.principalOf(KEY);
    expect(markUsed).toHaveBeenCalledTimes(2);
  });

  it('ends a key when it expires, and the one before a rotation with its overlap, to the millisecond', async () => {
    row!.expiresAtMs = nowMs + 3_000;
    expect(await ring.principalOf(KEY)).not.toBeNull();
    nowMs += 3_000;
    expect(await ring.principalOf(KEY)).toBeNull();

    Object.assign(row!, { expiresAtMs: null, previousHash: hashOf(OLD), previousUntilMs: nowMs + 2_000 });
    expect(await ring.principalOf(OLD)).not.toBeNull();
    nowMs += 2_000;
    expect(await ring.principalOf(OLD)).toBeNull();
    expect(await ring.principalOf(KEY)).not.toBeNull();
  });

  it('knows nothing of wrong keys, asks no database for what has not the form of a key, and remembers none of them', async () => {
    for (const wrong of ['', 'hp_', GIVEN.slice(1), `${GIVEN}g`, KEY.replace('hp_', 'hq_'), "hp_' OR 1=1 --"])
      expect(await ring.principalOf(wrong), wrong).toBeNull();
    expect(lookUp).not.toHaveBeenCalled();
    const guess = newKey(ID);
    expect([await ring.principalOf(guess), await ring.principalOf(guess)]).toEqual([null, null]);
    expect(lookUp).toHaveBeenCalledTimes(2);
    row = null;
    expect(await ring.principalOf(KEY)).toBeNull();
  });

  it('opens nothing with a key that was made while anybody could make one', async () => {
    row!.createdBy = null;
    expect(await ring.principalOf(KEY)).toBeNull();
  });

  it('passes on that the database does not answer, and asks again the next time', async () => {
    lookUp.mockRejectedValueOnce(new Error('away'));
    await expect(ring.principalOf(KEY)).rejects.toThrow('away');
    expect(await ring.principalOf(KEY)).not.toBeNull();
  });
});

it('hashes are compared whole', () => {
  expect(sameHash(hashOf('a'), hashOf('a'))).toBe(true);
  expect(sameHash(hashOf('a'), hashOf('b'))).toBe(false);
  expect(sameHash(hashOf('a'), '')).toBe(false);
});
