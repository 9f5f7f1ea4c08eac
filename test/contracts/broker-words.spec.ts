/** What a broker holds for Hairpin is bounded, whatever waits in the rows. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openBullQueue } from '#platform';
import { postgres, redis } from './brokers.js';

const brokers = [
  { name: 'Redis', ...(await redis()) },
  { name: 'Postgres', ...(await postgres()) },
];

describe.each(brokers)('on $name', ({ url, skip }) => {
  it.skipIf(skip)('words of work that nobody takes are no more than a thousand', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const name = `test-${randomBytes(6).toString('hex')}`;
    const queue = await openBullQueue({ url, name, leaseMs: 60_000, pollMs: 60_000, onError });
    try {
      for (const round of [1, 2, 3]) {
        queue.announce(...Array.from({ length: 700 }, (_, n) => `${round}-${n}`));
        const waiting = Math.min(1000, round * 700);
        await expect.poll(() => queue.broker.getWaitingCount(), { timeout: 10_000 }).toBe(waiting);
      }
      expect(await queue.broker.getWaitingCount()).toBe(1000);
      expect(errors).toEqual([]);
    } finally {
      await queue.broker.obliterate({ force: true }).catch(() => {});
      await queue.stop();
    }
  });
});
