/** Sessions with Postgres that a process holds for its queues: many processes share what Postgres takes. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, it } from 'vitest';
import { type JobRows, openBullQueue } from '#platform';
import { createDatabase, postgresIsSkipped } from './databases.js';

/** Rows without end, as fast as anybody takes them. */
const rows: JobRows = {
  claim: async () => ({ id: randomUUID(), token: 't', attempt: 1, cancelRequested: false }),
  renew: async () => 'held',
  giveBack: async () => {},
};

it.skipIf(postgresIsSkipped)(
  'a worker’s three queues hold nine sessions of Postgres at most, as docs/operations.md says',
  async () => {
    const { url, drop } = await createDatabase();
    const watcher = new pg.Client(url);
    await watcher.connect();
    const errors: unknown[] = [];
    const options = { url, leaseMs: 60_000, pollMs: 60_000, onError: (error: unknown) => errors.push(error) };
    const names = ['simulations', 'trials', 'deliveries'];
    const queues = await Promise.all(names.map((name) => openBullQueue({ ...options, name })));
    try {
      for (const queue of queues) queue.work(rows, () => new Promise((resolve) => setTimeout(resolve, 5)), 16);
      await Promise.all(
        queues.map((queue) => expect.poll(() => queue.check().then(() => 'answers', String)).toBe('answers')),
      );
      const others = `SELECT COUNT(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      let most = 0;
      for (let round = 0; round < 20; round++) {
        for (const queue of queues) queue.announce(...Array.from({ length: 50 }, () => randomUUID()));
        await new Promise((resolve) => setTimeout(resolve, 50));
        most = Math.max(most, (await watcher.query(others)).rows[0].n);
      }
      expect(most).toBeGreaterThanOrEqual(6);
      expect(most).toBeLessThanOrEqual(9);
      expect(errors).toEqual([]);
    } finally {
      await Promise.all(queues.map((queue) => queue.stop()));
      await watcher.end();
      await drop();
    }
  },
  60_000,
);
