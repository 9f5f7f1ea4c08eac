/**
 * One experiment on two workers, of which one is killed with -9 in the middle: every run ends once, and the table is that
 * of an experiment that nobody disturbed.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, postgres, redis } from '../contracts/brokers.js';
import { createDatabase, postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { buildServer, type ServerProcess, startServerProcess, startWorkerProcess } from './server-process.js';

const scenario = loadScenario({ ratePerSecond: 5_000, seconds: 2, policy: 'Local' });
const EXPERIMENT = {
  scenario,
  variants: [{ name: 'slower', set: { traffic: [{ ...scenario.traffic[0], rate: '2500/s' }] } }],
  seeds: 40,
  figures: ['requests', 'ok', 'latencyP99'],
};
const drivers: { name: string; broker: Broker }[] = [
  { name: 'looking for rows', broker: { url: 'embedded', skip: false } },
  { name: 'BullMQ on Redis', broker: await redis() },
  { name: 'BullMQ on Postgres', broker: await postgres() },
];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Answer {
  id: string;
  status: string;
  runs: { total: number; done: number; failed: number };
  cells: { figures: object }[];
}

beforeAll(() => buildServer(), 120_000);

describe.each(drivers)('an experiment on workers that hear of it by $name', ({ broker }) => {
  const processes: ServerProcess[] = [];
  let drop: () => Promise<void> = async () => {};

  afterAll(async () => {
    await Promise.all(processes.map(({ child, end }) => child.exitCode === null && !child.killed && end('SIGKILL')));
    await drop();
  }, 30_000);

  it.skipIf(broker.skip || postgresIsSkipped)(
    'has each of its runs once, although one of them is killed',
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

      const id = await post(origin);
      while ((await read(origin, id)).runs.done === 0) await sleep(20);
      await victim.end('SIGKILL');
      const killedAt = (await read(origin, id)).runs.done;
      expect(killedAt, 'the kill came too late to show anything').toBeLessThan(80);

      const ended = await end(origin, id);
      expect(ended).toMatchObject({ status: 'succeeded', runs: { total: 80, done: 80, failed: 0 } });
      const undisturbed = await end(origin, await post(origin));
      expect(ended.cells).toEqual(undisturbed.cells);
    },
    120_000,
  );
});

async function post(origin: string): Promise<string> {
  const response = await fetch(`${origin}/v1/experiments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(EXPERIMENT),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as Answer).id;
}

async function read(origin: string, id: string): Promise<Answer> {
  return (await (await fetch(`${origin}/v1/experiments/${id}`)).json()) as Answer;
}

async function end(origin: string, id: string): Promise<Answer> {
  for (;;) {
    const experiment = await read(origin, id);
    if (experiment.status !== 'queued' && experiment.status !== 'running') return experiment;
    await sleep(50);
  }
}
