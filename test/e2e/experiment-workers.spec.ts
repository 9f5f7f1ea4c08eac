/**
 * One experiment on two workers, of which one is killed with -9 in the middle: every run ends once, and the table is that
 * of an experiment that nobody disturbed.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Broker, postgres, redis } from '../contracts/brokers.js';
import { postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { buildServer } from './server-process.js';
import { endOf, post, read, type Site, siteOnPostgres, sleep } from './site.js';

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

interface Answer {
  status: string;
  runs: { total: number; done: number; failed: number };
  cells: { figures: object }[];
}

beforeAll(() => buildServer(), 120_000);

let site: Site;
afterEach(() => site?.end(), 30_000);

describe.each(drivers)('an experiment on workers that hear of it by $name', ({ broker }) => {
  it.skipIf(broker.skip || postgresIsSkipped)(
    'has each of its runs once, although one of them is killed',
    async () => {
      site = await siteOnPostgres(broker.url);
      const { origin } = await site.startApi();
      const victim = await site.startWorker();
      await site.startWorker();

      const path = `/v1/experiments/${await post(origin, '/v1/experiments', EXPERIMENT)}`;
      while ((await read<Answer>(origin, path)).runs.done === 0) await sleep(20);
      await victim.end('SIGKILL');
      const killedAt = (await read<Answer>(origin, path)).runs.done;
      expect(killedAt, 'the kill came too late to show anything').toBeLessThan(80);

      const ended = await endOf<Answer>(origin, path);
      expect(ended).toMatchObject({ status: 'succeeded', runs: { total: 80, done: 80, failed: 0 } });
      const undisturbed = await endOf<Answer>(
        origin,
        `/v1/experiments/${await post(origin, '/v1/experiments', EXPERIMENT)}`,
      );
      expect(ended.cells).toEqual(undisturbed.cells);
    },
    120_000,
  );
});
