/**
 * An API without workers and workers without an API, on one Postgres and one broker: what the API has acknowledged ends
 * once, whichever workers are killed meanwhile, and with the results of a run that nobody disturbed.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, postgres, redis } from '../contracts/brokers.js';
import { postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { buildServer, startServerProcess } from './server-process.js';
import { endOf, post, read, type Site, siteOnPostgres, sleep } from './site.js';

const RUNS = 8;
const scenario = loadScenario({ ratePerSecond: 20_000, seconds: 4, policy: 'Local' });
const brokers: { name: string; broker: Broker }[] = [
  { name: 'Redis', broker: await redis() },
  { name: 'Postgres', broker: await postgres() },
];
const run = async (origin: string, seed: number) =>
  `/v1/simulations/${await post(origin, '/v1/simulations', { scenario, seed })}`;

interface Answer {
  status: string;
  attempts: number;
  fingerprint: string;
}

beforeAll(() => buildServer(), 60_000);

let site: Site;
afterEach(() => site?.end());

describe.each(brokers)('workers that hear of their work from BullMQ on $name', ({ broker }) => {
  it.skipIf(broker.skip || postgresIsSkipped)(
    `finish each of ${RUNS} simulations once, although one of them is killed`,
    async () => {
      site = await siteOnPostgres(broker.url);
      const { origin } = await site.startApi();
      const victim = await site.startWorker();
      await site.startWorker();

      const paths = await Promise.all(Array.from({ length: RUNS }, (_, seed) => run(origin, seed)));
      while ((await read<Answer>(origin, paths[0]!)).status === 'queued') await sleep(20);
      await victim.end('SIGKILL');

      const ended = await Promise.all(paths.map((path) => endOf<Answer>(origin, path)));
      expect(ended.map(({ status }) => status)).toEqual(paths.map(() => 'succeeded'));
      const again = await endOf<Answer>(origin, await run(origin, 3));
      expect(again.fingerprint).toBe(ended[3]!.fingerprint);
      expect(ended.filter(({ attempts }) => attempts === 2).length).toBeLessThanOrEqual(1);
      const ready = await fetch(`${origin}/readyz`);
      expect(await ready.json()).toMatchObject({ status: 'ready', simulations: { succeeded: RUNS + 1 } });
    },
    120_000,
  );
});

it('say that they are not ready while the broker is away, and accept and run simulations all the same', async () => {
  const server = await startServerProcess({
    DATABASE_URL: 'sqlite::memory:',
    QUEUE_URL: 'redis://127.0.0.1:1',
    WORKER_THREADS: '1',
    LOG_LEVEL: 'error',
  });
  try {
    const ready = await fetch(`${server.origin}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('QUEUE_URL') });
    expect(await endOf(server.origin, await run(server.origin, 1))).toMatchObject({ status: 'succeeded' });
  } finally {
    const { tookMs } = await server.end('SIGTERM');
    expect(tookMs).toBeLessThan(15_000);
  }
}, 60_000);
