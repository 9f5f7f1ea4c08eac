/**
 * Workers are killed with -9 while they deliver: one at random, and all just when a receiver has heard a message that it
 * has not answered. Every end that was acknowledged must be told, in every driver; each delivery ends once in the rows; what comes
 * twice comes under the same id.
 */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { postgres, redis } from '../contracts/brokers.js';
import { postgresIsSkipped } from '../contracts/databases.js';
import { ALLOWED, type Receiver, startReceiver, verify } from './receiver.js';
import { buildServer } from './server-process.js';
import { type Site, siteOnPostgres, siteOnSqlite, sleep } from './site.js';

const PER_KILL = 5;
/** Longer than anybody waits for it: what is held so is answered by nobody. */
const NEVER_MS = 60_000;
const SCENARIO = { preset: 'pod-becomes-unready' };

interface Deployment {
  /** Of the API, which may be another one after a kill. */
  origin(): string;
  /** Kills those that deliver, or only the one that has done so for longest, and starts as many again. */
  killAndReplace(all: boolean): Promise<void>;
}

const cleanUps: (() => unknown)[] = [];

beforeAll(() => buildServer(), 60_000);
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const shared = { ...ALLOWED, LEASE_SECONDS: '1', LOG_LEVEL: 'error', WEBHOOK_RETRY_SECONDS: '0,0,0,1,1,1,1,1,1,1' };

function opened(site: Site): Site {
  cleanUps.push(() => site.end());
  return site;
}

/** One process with everything, on SQLite. */
async function embedded(): Promise<Deployment> {
  const site = opened(siteOnSqlite(shared));
  const start = () => site.startApi({ WORKER_THREADS: '2' });
  let server = await start();
  return {
    origin: () => server.origin,
    killAndReplace: async () => {
      await server.end('SIGKILL');
      server = await start();
    },
  };
}

/** An API that delivers nothing and two workers, on Postgres and a broker. */
async function manyWorkers(brokerUrl: string): Promise<Deployment> {
  const site = opened(await siteOnPostgres(brokerUrl, shared));
  const api = await site.startApi();
  const workers = [await site.startWorker(), await site.startWorker()];
  return {
    origin: () => api.origin,
    killAndReplace: async (all) => {
      const killed = workers.splice(0, all ? workers.length : 1);
      await Promise.all(killed.map((worker) => worker.end('SIGKILL')));
      for (const _ of killed) workers.push(await site.startWorker());
    },
  };
}

async function call<Body>(url: string, body?: unknown): Promise<Body> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as Body;
}

interface Listed {
  items: { id: string; subjectId: string; status: string; attempts: number }[];
}

async function killAgainAndAgain(deployment: Deployment): Promise<void> {
  const receiver: Receiver = await startReceiver();
  cleanUps.push(() => receiver.close());
  receiver.holdMs = () => 50 + Math.random() * 250;
  receiver.answer = () => (Math.random() < 0.2 ? 500 : 204);
  const subscription = { url: receiver.url, events: ['simulation.*'] };
  const { id, secret } = await call<{ id: string; secret: string }>(`${deployment.origin()}/v1/webhooks`, subscription);
  const acknowledged: string[] = [];
  const post = async () => {
    for (let n = 0; n < PER_KILL; n++)
      acknowledged.push((await call<{ id: string }>(`${deployment.origin()}/v1/simulations`, SCENARIO)).id);
  };

  await post();
  await sleep(200 + Math.random() * 800);
  await deployment.killAndReplace(false);

  const briefly = receiver.holdMs;
  const held: string[] = [];
  receiver.holdMs = (heard) => {
    held.push(heard.id);
    return NEVER_MS;
  };
  await post();
  await vi.waitFor(() => expect(held).not.toEqual([]), { timeout: 20_000, interval: 2 });
  const heardBefore = receiver.heard.length;
  const killing = deployment.killAndReplace(true);
  receiver.holdMs = briefly;
  await killing;

  const list = () => call<Listed>(`${deployment.origin()}/v1/webhooks/${id}/deliveries?limit=100`);
  const isOver = ({ items }: Listed) =>
    items.length >= acknowledged.length && items.every(({ status }) => status === 'succeeded' || status === 'failed');
  let rows = await list();
  for (const deadline = performance.now() + 60_000; !isOver(rows) && performance.now() < deadline; rows = await list())
    await sleep(200);

  const told = new Map(receiver.heard.map((heard) => [heard.event.data.id, heard.id]));
  const copies = receiver.heard.length - new Set(receiver.heard.map((heard) => heard.id)).size;
  const noted = rows.items.reduce((sum, { attempts }) => sum + attempts, 0);
  const lost = acknowledged.filter((run) => !told.has(run)).length;
  console.log(
    `webhooks: ${acknowledged.length} acknowledged, ${receiver.heard.length} heard, ${copies} of them again, ` +
      `${receiver.heard.length - noted} by who was killed before it could note it, ${lost} lost, ${rows.items.length - acknowledged.length} doubled`,
  );
  expect(lost).toBe(0);
  expect(rows.items.map(({ status }) => status)).toEqual(acknowledged.map(() => 'succeeded'));
  expect(rows.items.map(({ subjectId }) => subjectId).sort()).toEqual([...acknowledged].sort());
  for (const { id: deliveryId, subjectId } of rows.items) expect(told.get(subjectId)).toBe(deliveryId);
  for (const heard of receiver.heard) {
    verify(secret, heard);
    expect(heard.id, 'a copy has the id of the first').toBe(told.get(heard.event.data.id));
  }
  const heardAfter = receiver.heard.slice(heardBefore).map((heard) => heard.id);
  expect(heardAfter, 'what nobody had answered comes again').toEqual(expect.arrayContaining(held));
}

it('one process, rows alone: none lost', async () => killAgainAndAgain(await embedded()), 150_000);

const brokers = [
  { name: 'Redis', broker: await redis() },
  { name: 'Postgres', broker: await postgres() },
];
describe.each(brokers)('two workers that hear from BullMQ on $name', ({ broker }) => {
  it.skipIf(broker.skip || postgresIsSkipped)(
    'none lost',
    async () => killAgainAndAgain(await manyWorkers(broker.url)),
    150_000,
  );
});
