import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { buildServer } from './server-process.js';
import { endOf, post, read, siteOnSqlite, sleep } from './site.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const site = siteOnSqlite();
/** As it starts where nobody says anything: with workers of its own. */
const startServer = () => site.startApi({ WORKER_THREADS: '' });

beforeAll(() => buildServer(), 60_000);
afterAll(() => site.end());

describe('the server starts', () => {
  it('and says where it is, and with which line the tutorial runs; that line prints the transcript', async () => {
    const server = await startServer();
    const output = server.output();
    for (const path of ['/docs', '/v1/presets/source-ip-tutorial', '/readyz']) {
      expect(output).toContain(`${server.origin}${path}`);
      expect((await fetch(`${server.origin}${path}`)).status).toBe(200);
    }
    const command = /^ *(curl .+)$/m.exec(output)?.[1];
    expect(command).toBeDefined();
    const { stdout, status } = spawnSync('bash', ['-c', command!], { encoding: 'utf8' });
    expect(status).toBe(0);
    const lines = [
      'iptables',
      'client_address=10.244.3.8',
      'client_address=10.180.1.1',
      'client_address=10.240.0.5',
      'client_address=10.240.0.3',
      'client_address=104.132.1.79',
      'healthCheckNodePort: 32122',
      '1 Service Endpoints found',
      'No Service Endpoints Found',
      'client_address=198.51.100.79',
    ];
    let from = 0;
    for (const line of lines) {
      const at = stdout.indexOf(line, from);
      expect(at, `${line} after\n${stdout.slice(0, from)}`).toBeGreaterThanOrEqual(0);
      from = at + line.length;
    }
    await server.end('SIGTERM');
  }, 60_000);

  it('and where keys are asked for, that line sends the one of HAIRPIN_KEY', async () => {
    const secret = 'a-secret-of-the-one-who-starts-it';
    const server = await site.startApi({ WORKER_THREADS: '', API_KEYS: `ops:admin:${secret}` });
    expect(server.output()).not.toContain(secret);
    const command = /^ *(curl .+)$/m.exec(server.output())![1]!;
    const env = { ...process.env, HAIRPIN_KEY: secret };
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8', env });
    expect(stdout).toContain('client_address=10.244.3.8');
    await server.end('SIGTERM');
  }, 60_000);

  it('and ends in good order: what runs is given back, and run after the next start', async () => {
    const server = await startServer();
    const scenario = loadScenario({ ratePerSecond: 50_000, seconds: 20 });
    const path = `/v1/simulations/${await post(server.origin, '/v1/simulations', { scenario })}`;
    const events = await fetch(`${server.origin}${path}/events`);
    await sleep(500);
    const end = await server.end('SIGTERM');
    expect(end.tookMs).toBeLessThan(3000);
    await events.text().catch(() => '');
    const again = await startServer();
    expect(await endOf(again.origin, path)).toMatchObject({ status: 'succeeded', attempts: 1 });
    await again.end('SIGTERM');
  }, 60_000);
});

it('servers and workers warn of a variable that is nearly a setting, without its value', async () => {
  const misspelt = siteOnSqlite({ DATABSE_URL: 'postgres://me:hunter2@db/hairpin', WORKER_THREAD: '4' });
  for (const start of ['startApi', 'startWorker'] as const) {
    const process = await misspelt[start]();
    expect(process.output()).toMatch(/WARN.*DATABSE_URL.*DATABASE_URL/);
    expect(process.output()).toMatch(/WARN.*WORKER_THREAD\b.*WORKER_THREADS/);
    expect(process.output()).not.toContain('hunter2');
  }
  await misspelt.end();
}, 60_000);

it('API and worker can be two processes on one database', async () => {
  const { origin, end } = await site.startApi();
  const worker = await site.startWorker();
  const run = async (body: object) => `/v1/simulations/${await post(origin, '/v1/simulations', body)}`;
  expect(await endOf(origin, await run({ preset: 'source-ip-tutorial' }))).toMatchObject({ status: 'succeeded' });

  const path = await run({ scenario: loadScenario({ ratePerSecond: 50_000, seconds: 200 }) });
  const events = (await fetch(`${origin}${path}/events`)).text();
  while ((await read<{ progress: number }>(origin, path)).progress === 0) await sleep(50);
  // The stream hears of another process only by looking, once a second.
  await sleep(1500);
  await fetch(`${origin}${path}`, { method: 'DELETE' });
  expect(await events).toMatch(/"status":"running"[\s\S]*"status":"cancelled"/);
  await worker.end('SIGTERM');
  await end('SIGTERM');
}, 60_000);

it.each([
  { queue: 'embedded', loads: false },
  { queue: 'redis://127.0.0.1:1', loads: true },
])(
  'the server loads BullMQ only where QUEUE_URL names a broker: $queue',
  async ({ queue, loads }) => {
    const server = await site.startApi({ QUEUE_URL: queue, NODE_DEBUG: 'module' });
    expect(/node_modules.(bullmq|@bull-board|ioredis)/.test(server.output())).toBe(loads);
    expect(server.output()).toContain('node_modules');
  },
  60_000,
);

describe('the server does not start', () => {
  const start = (extra: Record<string, string>, program = 'api') =>
    spawnSync(process.execPath, [`dist/apps/${program}/src/main.js`], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: 'sqlite::memory:', PORT: '0', ...extra },
      encoding: 'utf8',
      timeout: 20_000,
    });

  it('with a configuration that cannot be, and says what is wrong with it', () => {
    const { status, stderr } = start({ PORT: 'eighty', LEASE_SECONDS: '0' });
    expect(status).toBe(1);
    expect(stderr).toContain('PORT=eighty');
    expect(stderr).toContain('LEASE_SECONDS=0');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('on an open address without being told that it is meant', () => {
    const { status, stderr } = start({ HOST: '0.0.0.0' });
    expect(status).toBe(1);
    expect(stderr).toContain('HAIRPIN_ALLOW_OPEN=1');
  });

  it('on a port that is taken, and says so', async () => {
    const server = await startServer();
    const taken = start({ PORT: new URL(server.origin).port });
    expect(taken.status).toBe(1);
    expect(taken.stdout).not.toContain('EADDRINUSE');
    expect(taken.stderr).toMatch(/^The port is taken \(.*EADDRINUSE.*\)\. .*PORT=0 .*\n$/);
    const takenFromWorker = start({ WORKER_PORT: new URL(server.origin).port }, 'worker');
    expect(takenFromWorker.status).toBe(1);
    expect(takenFromWorker.stderr).toMatch(/^The port is taken \(.*EADDRINUSE.*\)\. .*WORKER_PORT=0 .*\n$/);
    await server.end('SIGTERM');
  }, 60_000);

  it.each(['api', 'worker'])(
    '%s: with a database that is not there; attempts and end are a line each',
    (program) => {
      const { status, stdout, stderr } = start({ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/none' }, program);
      expect(status).toBe(1);
      const told = 'Postgres at 127.0.0.1:1, database none, user me, cannot be opened: nothing listens there';
      const lines = (stdout + stderr).trimEnd().split('\n');
      expect(lines.map((line) => line.includes(told))).toEqual([true, true, true]);
      expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^Postgres at /);
      expect(stdout + stderr).not.toContain('hunter2');
    },
    60_000,
  );
});
