/**
 * API, workers, database and broker are killed with -9 at random moments under load, in every driver. Whatever was
 * acknowledged ends once, and so does the delivery of each end; what the receiver hears twice has one id.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  canStartPostgres,
  canStartRedis,
  type OwnService,
  startPostgres,
  startRedis,
} from '../support/own-services.js';
import { loadScenario } from './load-scenario.js';
import { ALLOWED, startReceiver } from './receiver.js';
import { buildServer, type ServerProcess } from './server-process.js';
import { newQueue, Site, sleep } from './site.js';

const ROUNDS = 8;
const PER_ROUND = 5;
const scenario = loadScenario({ ratePerSecond: 10_000, seconds: 3, policy: 'Local' });

interface Driver {
  name: string;
  canRun: boolean;
  /** The services that it stands on, started; and what processes must be told of them. */
  services(folder: string): Promise<{ services: Record<string, OwnService>; environment: Record<string, string> }>;
  /** API and workers apart, or all in one process. */
  workers: number;
}

const DRIVERS: Driver[] = [
  {
    name: 'SQLite, embedded',
    canRun: true,
    workers: 0,
    services: async (folder) => ({
      services: {},
      environment: { DATABASE_URL: `sqlite:${join(folder, 'hairpin.db')}` },
    }),
  },
  {
    name: 'Postgres, embedded',
    canRun: canStartPostgres,
    workers: 2,
    services: async () => {
      const postgres = await startPostgres();
      return { services: { postgres }, environment: { DATABASE_URL: postgres.url } };
    },
  },
  {
    name: 'Postgres, BullMQ on Redis',
    canRun: canStartPostgres && canStartRedis,
    workers: 2,
    services: async () => {
      const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
      return { services: { postgres, redis }, environment: { DATABASE_URL: postgres.url, QUEUE_URL: redis.url } };
    },
  },
  {
    name: 'Postgres, BullMQ on Postgres',
    canRun: canStartPostgres,
    workers: 2,
    services: async () => {
      const postgres = await startPostgres();
      return { services: { postgres }, environment: { DATABASE_URL: postgres.url, QUEUE_URL: postgres.url } };
    },
  },
];

/** Sixteen trials of some 6,000 requests. */
const EXPERIMENT = {
  scenario: loadScenario({ ratePerSecond: 2_000, seconds: 3, policy: 'Local' }),
  vary: [{ field: '/cluster/version', values: ['1.21', '1.28'] }],
  seeds: 8,
  figures: ['ok'],
};

const oneOf = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)]!;

/** What runs of one driver: the API, its workers, and the services under them, each of which may be killed. */
class Stack {
  api!: ServerProcess;
  private readonly workers: ServerProcess[] = [];
  /** By victim: until it is back. */
  private readonly away = new Map<string, Promise<void>>();

  constructor(
    private readonly site: Site,
    private readonly services: Record<string, OwnService>,
    private readonly workerCount: number,
  ) {}

  get victims(): string[] {
    return ['api', ...this.workers.map((_, n) => `worker ${n}`), ...Object.keys(this.services)];
  }

  async start(): Promise<void> {
    await Promise.all([this.startApi(), ...Array.from({ length: this.workerCount }, (_, n) => this.startWorker(n))]);
  }

  /** Kills it, and starts it again after a while. Processes are away beside one another; without a service none would start. */
  async kill(victim: string, downMs: number): Promise<void> {
    const service = this.services[victim];
    if (service) {
      await this.allBack();
      await service.kill();
      await sleep(downMs);
      await service.start();
      return;
    }
    await this.away.get(victim);
    const worker = Number(/^worker (\d)$/.exec(victim)?.[1]);
    const { child, end, output } = victim === 'api' ? this.api : this.workers[worker]!;
    expect(child.exitCode, `${victim} has ended by itself: ${output()}`).toBeNull();
    await end('SIGKILL');
    const back = sleep(downMs).then(() => (victim === 'api' ? this.startApi() : this.startWorker(worker)));
    this.away.set(victim, back);
  }

  /** Rejects where one does not start. */
  async allBack(): Promise<void> {
    await Promise.all(this.away.values());
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.away.values());
    await this.site.end();
  }

  private async startApi(): Promise<void> {
    this.api = await this.site.startApi({ WORKER_THREADS: this.workerCount === 0 ? '2' : '0' });
  }

  private async startWorker(n: number): Promise<void> {
    this.workers[n] = await this.site.startWorker();
  }
}

async function call<Body>(
  stack: Stack,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<Body | null> {
  try {
    const response = await fetch(`${stack.api.origin}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    // Whatever is away: that is what it is told as.
    if (!response.ok) expect(response.status, `${method} ${path}: ${await response.clone().text()}`).toBe(503);
    return response.ok ? ((await response.json()) as Body) : null;
  } catch (error) {
    if ((error as Error).name === 'AssertionError' || (error as Error).name === 'TimeoutError') throw error;
    return null;
  }
}

/** Asks until there is an answer. */
async function insist<Body>(stack: Stack, method: string, path: string, body?: unknown, key?: string): Promise<Body> {
  for (;;) {
    const answer = await call<Body>(stack, method, path, body, key);
    if (answer !== null) return answer;
    await sleep(100);
  }
}

interface Ended {
  id: string;
  status: string;
  attempts: number;
  fingerprint: string;
}

interface Experiment {
  status: string;
  cells: { figures: { ok: { n: number } } }[];
}

let cleanUp: (() => Promise<void>)[] = [];
beforeAll(() => buildServer(), 120_000);
afterEach(async () => {
  for (const clean of cleanUp.reverse()) await clean();
  cleanUp = [];
});

describe.each(DRIVERS)('$name', ({ name, canRun, services: startServices, workers }) => {
  if (!canRun) console.warn(`\n!!! SKIPPED: kills under ${name}. redis-server or Postgres is not installed here.\n`);

  it.skipIf(!canRun && process.env.CI !== 'true')(
    `loses and doubles nothing over ${ROUNDS} kills`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hairpin-kills-'));
      cleanUp.push(async () => rmSync(folder, { recursive: true, force: true }));
      const receiver = await startReceiver();
      cleanUp.push(() => receiver.close());
      const { services, environment } = await startServices(folder);
      const site = new Site(
        {
          ...{ LEASE_SECONDS: '1', LOG_LEVEL: 'error', ...newQueue() },
          ...{ WEBHOOK_RETRY_SECONDS: Array(20).fill(1).join(','), ...ALLOWED, ...environment },
        },
        () => Promise.all(Object.values(services).map((service) => service.remove())),
      );
      const stack = new Stack(site, services, workers);
      cleanUp.push(() => stack.end());
      await stack.start();
      const webhook = await insist<{ id: string }>(stack, 'POST', '/v1/webhooks', { url: receiver.url });
      receiver.answer = () => (Math.random() < 0.2 ? 503 : 204);

      const experiment = await insist<{ id: string }>(stack, 'POST', '/v1/experiments', EXPERIMENT, 'experiment');
      const accept = (seed: number, key = `seed-${seed}`) =>
        insist<{ id: string }>(stack, 'POST', '/v1/simulations', { scenario, seed }, key);
      const acknowledged = new Map<number, string>();
      const killed = new Map<string, number>();
      // Everything once, and then whatever chance says.
      const victims = [...stack.victims];
      while (victims.length < ROUNDS) victims.push(oneOf(stack.victims));
      for (const [round, victim] of victims.entries()) {
        const seeds = Array.from({ length: PER_ROUND }, (_, n) => round * PER_ROUND + n);
        const posting = Promise.all(
          seeds.map(async (seed) => {
            await sleep(Math.random() * 600);
            acknowledged.set(seed, (await accept(seed)).id);
          }),
        );
        await sleep(Math.random() * 1000);
        await stack.kill(victim, Math.random() * 700);
        killed.set(victim, (killed.get(victim) ?? 0) + 1);
        await posting;
      }
      await stack.allBack();

      const ids = new Set(acknowledged.values());
      const runs = await allEnded(stack, ids);
      const listed = await insist<{ items: Ended[] }>(stack, 'GET', '/v1/simulations?limit=1000');
      const cells = await cellsOf(stack, experiment.id);
      const deliveries = await allDelivered(stack, webhook.id);
      const heard = new Map(receiver.heard.map(({ id, event }) => [id, event.data.id]));
      const again = runs.filter(({ attempts }) => attempts > 1).length;
      console.log(
        `${name}: killed ${[...killed].map(([victim, times]) => `${victim} ${times}×`).join(', ')}; ${ids.size} acknowledged, ` +
          `${ids.size - runs.length} lost, ${listed.items.length - ids.size} doubled, ${again} begun again; ${deliveries.length} deliveries, ` +
          `${receiver.heard.length} messages, ${ids.size + 1 - new Set(heard.values()).size} ends not heard of; ${cells.join(' and ')} trials counted`,
      );
      expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'succeeded'));
      expect(runs.length).toBe(victims.length * PER_ROUND);
      expect(new Set(listed.items.map(({ id }) => id))).toEqual(ids);
      expect(cells, 'each seed counts once in each cell').toEqual([8, 8]);
      // One delivery an end, whose id stays the same however often it is heard.
      expect(deliveries.map(({ status }) => status)).toEqual(deliveries.map(() => 'succeeded'));
      expect([...heard.values()].sort()).toEqual([...ids, experiment.id].sort());
      expect(deliveries.map(({ id }) => id).sort()).toEqual([...heard.keys()].sort());
      // The same seed gives the same run, whatever was killed under it.
      const [seed, id] = [...acknowledged][0]!;
      const undisturbed = await accept(seed, 'undisturbed');
      const [clean] = await allEnded(stack, new Set([undisturbed.id]));
      expect(runs.find((run) => run.id === id)!.fingerprint).toBe(clean!.fingerprint);
    },
    240_000,
  );
});

async function allEnded(stack: Stack, ids: ReadonlySet<string>): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const id of ids)
    for (;;) {
      const run = await insist<Ended>(stack, 'GET', `/v1/simulations/${id}`);
      if (run.status !== 'queued' && run.status !== 'running') {
        ended.push(run);
        break;
      }
      await sleep(100);
    }
  return ended;
}

/** How many trials each cell of the ended experiment counts. */
async function cellsOf(stack: Stack, id: string): Promise<number[]> {
  for (;;) {
    const { status, cells } = await insist<Experiment>(stack, 'GET', `/v1/experiments/${id}`);
    if (status !== 'queued' && status !== 'running') return cells.map(({ figures }) => figures.ok.n);
    await sleep(100);
  }
}

async function allDelivered(stack: Stack, webhookId: string): Promise<{ id: string; status: string }[]> {
  for (;;) {
    const path = `/v1/webhooks/${webhookId}/deliveries?limit=100`;
    const { items } = await insist<{ items: { id: string; status: string }[] }>(stack, 'GET', path);
    if (items.every(({ status }) => status === 'succeeded' || status === 'failed')) return items;
    await sleep(200);
  }
}
