/** A broker that goes away in the moment in which a queue opens there: BullMQ asks once, and would be told no for ever. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';
import { expect, it } from 'vitest';
import { openBullQueue, queueBoard } from '#platform';
import { createDatabase, postgresIsSkipped } from './databases.js';

it.skipIf(postgresIsSkipped)(
  'a queue whose session with Postgres is ended while it opens gets on with the next, and the board shows that one',
  async () => {
    const { url, drop } = await createDatabase();
    const [first, killer] = [new pg.Client(url), new pg.Client(url)];
    await Promise.all([first.connect(), killer.connect()]);
    // Whoever wants to make the schema waits for this.
    await first.query('BEGIN; CREATE SCHEMA hairpin_queue');
    const errors: unknown[] = [];
    const options = { url, name: 'test', leaseMs: 60_000, pollMs: 60_000 };
    const queue = await openBullQueue({ ...options, onError: (error) => errors.push(error) });
    const board = await queueBoard([queue], '/board');
    const server = createServer(express().use('/board', board!)).listen(0);
    const shown = async () =>
      (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/board/api/queues`)).status;
    try {
      const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await killer.query(end)).rowCount, { timeout: 10_000 }).toBeGreaterThan(0);
      await expect.poll(() => errors.length, { timeout: 10_000 }).toBeGreaterThan(0);
      await first.query('ROLLBACK');
      await expect.poll(() => queue.check().then(() => 'answers', String), { timeout: 15_000 }).toBe('answers');
      expect(await shown()).toBe(200);
    } finally {
      server.close();
      await queue.stop();
      await Promise.all([first.end(), killer.end()]);
      await drop();
    }
  },
  40_000,
);
