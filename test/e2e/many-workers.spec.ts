/**
 * An API without workers and workers without an API, on one Postgres and one broker: what the API has acknowledged ends
 * once, whichever workers are killed meanwhile, and with the results of a run that nobody disturbed.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, postgres, redis } from '../contracts/brokers.js';
import { createDatabase, postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { buildServer, type ServerProcess, startServerProcess, startWorkerProcess } from './server-process.js';

const RUNS = 8;
const scenario = loadScenario({ ratePerSecond: 20_000, seconds: 4, policy: 'Local' });
const brokers: { name: string; broker: Broker }[] = [
  { name: 'Redis', broker: await redis() },
  { name: 'Postgres', broker: await postgres() },
];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(() => buildServer(), 60_000);

describe.each(brokers)('workers that hear of their work from BullMQ on $name', ({ broker }) => {
  const processes: ServerProcess[] = [];
  let drop: () => Promise<void> = async () => {};

  afterAll(async () => {
    await Promise.all(processes.map(({ child, end }) => child.exitCode === null && !child.killed && end('SIGKILL')));
    await drop();
  });

  it.skipIf(broker.skip || postgresIsSkipped)(
    `finish each of ${RUNS} simulations once, although one of them is killed`,
    async () => {
      const database = await createDatabase();
      drop = database.drop;
      const environment = {
        DATABASE_URL: database.url,
        QUEUE_URL: broker.url,
        QUEUE_NAME: `test-${randomBytes(6).toString('hex')}`,
        LEASE_SECONDS: '1',
        LOG_LEVEL: 'warn',
      };
      const start = async (starting: Promise<ServerProcess>) => {
        const started = await starting;
        processes.push(started);
        return started;
      };
      const { origin } = await start(startServerProcess({ ...environment, WORKER_THREADS: '0' }));
      const worker = { ...environment, WORKER_THREADS: '1', LOG_LEVEL: 'info' };
      const victim = await start(startWorkerProcess(worker));
      await start(startWorkerProcess(worker));

      const ids = await Promise.all(Array.from({ length: RUNS }, (_, seed) => post(origin, seed)));
      while ((await read(origin, ids[0]!)).status === 'queued') await sleep(20);
      await victim.end('SIGKILL');

      const ended = await Promise.all(ids.map((id) => end(origin, id)));
      expect(ended.map(({ status }) => status)).toEqual(ids.map(() => 'succeeded'));
      const again = await end(origin, await post(origin, 3));
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
    const id = await post(server.origin, 1);
    expect(await end(server.origin, id)).toMatchObject({ status: 'succeeded' });
  } finally {
    const { tookMs } = await server.end('SIGTERM');
    expect(tookMs).toBeLessThan(15_000);
  }
}, 60_000);

async function post(origin: string, seed: number): Promise<string> {
  const response = await fetch(`${origin}/v1/simulations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ scenario, seed }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

async function read(origin: string, id: string) {
  const response = await fetch(`${origin}/v1/simulations/${id}`);
  return (await response.json()) as { status: string; attempts: number; fingerprint: string };
}

async function end(origin: string, id: string) {
  for (;;) {
    const simulation = await read(origin, id);
    if (simulation.status !== 'queued' && simulation.status !== 'running') return simulation;
    await sleep(50);
  }
}
