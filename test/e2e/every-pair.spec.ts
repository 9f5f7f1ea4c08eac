/**
 * One story, told to every pair of database and queue: a scenario is stored, run, run once more under the same key, listed,
 * read, cancelled and deleted, a webhook hears of it, and an experiment varies it. With the same results to the last digit, whatever lies below.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { postgres, redis } from '../contracts/brokers.js';
import { createDatabase, postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { ALLOWED, startReceiver, verify } from './receiver.js';
import { startServer } from './server.js';

interface Below {
  name: string;
  skip: boolean;
}
const [onRedis, onPostgres] = [await redis(), await postgres()];
const databases: (Below & { open: () => Promise<{ url: string; drop(): Promise<void> }> })[] = [
  { name: 'SQLite', skip: false, open: async () => ({ url: 'sqlite::memory:', drop: async () => {} }) },
  { name: 'Postgres', skip: postgresIsSkipped, open: createDatabase },
];
const queues: (Below & { url: string })[] = [
  { name: 'embedded', skip: false, url: 'embedded' },
  { name: 'BullMQ on Redis', ...onRedis },
  { name: 'BullMQ on Postgres', ...onPostgres },
];
const pairs = databases.flatMap((database) => queues.map((queue) => ({ database, queue })));

const STEPS = ['store', 'run', 'same key', 'list', 'rows', 'webhook', 'experiment', 'cancel', 'delete'] as const;
const table: Record<string, Record<string, string>> = {};
const fingerprints = new Set<string>();

afterAll(() => {
  console.log(`every pair of database and queue, ms:`);
  console.table(table);
});

describe.each(pairs)('on $database.name, with the queue $queue.name', ({ database, queue }) => {
  const name = `${database.name} × ${queue.name}`;
  table[name] = Object.fromEntries(STEPS.map((step) => [step, 'skipped']));

  it.skipIf(database.skip || queue.skip)(
    'the whole story can be told',
    async () => {
      const { url, drop } = await database.open();
      const server = await startServer({
        ...ALLOWED,
        DATABASE_URL: url,
        QUEUE_URL: queue.url,
        QUEUE_NAME: `test-${randomBytes(6).toString('hex')}`,
      });
      const receiver = await startReceiver();
      const { http } = server;
      let began = performance.now();
      const done = (step: (typeof STEPS)[number]) => {
        table[name]![step] = String(Math.round(performance.now() - began));
        began = performance.now();
      };
      try {
        const scenario = loadScenario({ ratePerSecond: 1_000, seconds: 3, policy: 'Local' });
        const stored = (await http.post('/v1/scenarios').send(scenario).expect(201)).body as { id: string };
        const { body: webhook } = await http.post('/v1/webhooks').send({ url: receiver.url }).expect(201);
        done('store');

        const post = (key: string) =>
          http
            .post('/v1/simulations')
            .set({ prefer: 'wait=30', 'idempotency-key': key })
            .send({ scenarioId: stored.id, seed: 7 });
        const run = (await post('once').expect(200)).body;
        expect(run).toMatchObject({ status: 'succeeded', scenarioId: stored.id, seed: 7, attempts: 1 });
        fingerprints.add(run.fingerprint);
        done('run');

        const again = await post('once').expect(200);
        expect(again.body.id).toBe(run.id);
        expect(again.headers['idempotency-replayed']).toBe('true');
        await http
          .post('/v1/simulations')
          .set('idempotency-key', 'once')
          .send({ preset: 'source-ip-tutorial' })
          .expect(422);
        done('same key');

        const { items } = (await http.get(`/v1/simulations?scenarioId=${stored.id}`).expect(200)).body;
        expect(items.map(({ id }: { id: string }) => id)).toEqual([run.id]);
        done('list');

        const rows = await http.get(`/v1/simulations/${run.id}/requests`).set('accept', 'text/csv').expect(200);
        expect(rows.text.trimEnd().split('\r\n').length - 1).toBe(run.summary.requests);
        const page = (await http.get(`/v1/simulations/${run.id}/requests?outcome=dropped&limit=5`).expect(200)).body;
        expect(page.items.length).toBe(5);
        done('rows');

        await vi.waitFor(() => expect(receiver.heard.length).toBeGreaterThan(0), { timeout: 8_000, interval: 20 });
        const [message] = receiver.heard;
        expect(verify(webhook.secret, message!)).toMatchObject({ type: 'simulation.succeeded', data: { id: run.id } });
        done('webhook');

        const asked = { scenarioId: stored.id, seeds: 2, seed: 7, figures: ['requests', 'lost'] };
        const experiment = (await http.post('/v1/experiments').set('prefer', 'wait=30').send(asked).expect(200)).body;
        expect(experiment).toMatchObject({ status: 'succeeded', runs: { total: 2, done: 2, failed: 0 } });
        expect(experiment.cells[0].figures.requests.max).toBeGreaterThanOrEqual(run.summary.requests);
        await http.delete(`/v1/experiments/${experiment.id}`).expect(204);
        done('experiment');

        const long = loadScenario({ ratePerSecond: 50_000, seconds: 100 });
        const { id } = (await http.post('/v1/simulations').send({ scenario: long }).expect(202)).body;
        const status = async () => (await http.get(`/v1/simulations/${id}`).expect(200)).body.status;
        await vi.waitFor(async () => expect(await status()).toBe('running'), { timeout: 8_000, interval: 20 });
        await http.delete(`/v1/simulations/${id}`).expect(202);
        await vi.waitFor(async () => expect(await status()).toBe('cancelled'), { timeout: 8_000, interval: 20 });
        done('cancel');

        for (const ended of [id, run.id]) {
          await http.delete(`/v1/simulations/${ended}`).expect(204);
          await http.get(`/v1/simulations/${ended}`).expect(404);
        }
        await http.delete(`/v1/scenarios/${stored.id}`).expect(204);
        const ready = (await http.get('/readyz').expect(200)).body;
        expect(ready).toEqual({ status: 'ready', simulations: {} });
        done('delete');
      } finally {
        await server.close();
        await receiver.close();
        await drop();
      }
    },
    90_000,
  );
});

it('and comes to the same results on all of them', () => {
  expect(fingerprints.size).toBe(1);
});
