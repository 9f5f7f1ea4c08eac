/**
 * How processes end: what they run is given back and taken by others at once, what they answer is answered, whoever waits is
 * told, and nobody is sent to them any more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { postgres, redis } from '../contracts/brokers.js';
import { postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { buildServer } from './server-process.js';
import { post as accept, endOf, read as readAny, type Site, siteOnPostgres, siteOnSqlite, sleep } from './site.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let site: Site;

beforeAll(() => buildServer(), 60_000);
afterEach(() => site?.end());

const open = () => {
  site = siteOnSqlite({ LEASE_SECONDS: '60' });
  return site;
};
const long = loadScenario({ ratePerSecond: 50_000, seconds: 100 });

async function post(origin: string, headers: Record<string, string> = {}, scenario = long) {
  const answer = await fetch(`${origin}/v1/simulations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ scenario }),
  });
  return { status: answer.status, body: (await answer.json()) as { id: string; status: string } };
}

async function until(what: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await what())) {
    if (performance.now() - began > 20_000) throw new Error('it has not come to that');
    await sleep(20);
  }
  return performance.now() - began;
}

const read = async (origin: string, id: string) =>
  (await (await fetch(`${origin}/v1/simulations/${id}`)).json()) as {
    status: string;
    progress: number;
    attempts: number;
  };

describe('a worker that is told to end', () => {
  it('gives its run back, and another takes it at once, long before the lease would have run out', async () => {
    const api = await open().startApi();
    const first = await site.startWorker();
    const { body } = await post(api.origin);
    await until(async () => (await read(api.origin, body.id)).progress > 0);
    const second = await site.startWorker();
    const end = await first.end('SIGTERM');
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(end.tookMs).toBeLessThan(3_000);
    const tookMs = await until(async () => (await read(api.origin, body.id)).progress > 0);
    expect(tookMs).toBeLessThan(5_000);
    // An attempt that was given back does not count.
    expect((await read(api.origin, body.id)).attempts).toBe(1);
    await fetch(`${api.origin}/v1/simulations/${body.id}`, { method: 'DELETE' });
    expect((await second.end('SIGINT')).code).toBe(0);
  }, 60_000);
});

describe.each([
  { name: 'Redis', ...(await redis()) },
  { name: 'Postgres', ...(await postgres()) },
])('a worker that hears from BullMQ on $name and is told to end', ({ url, skip }) => {
  it.skipIf(skip || postgresIsSkipped)(
    'gives its trial of an experiment back, and another goes on with it, long before the lease would have run out',
    async () => {
      site = await siteOnPostgres(url, { LEASE_SECONDS: '60' });
      const { origin } = await site.startApi();
      const first = await site.startWorker();
      const scenario = loadScenario({ ratePerSecond: 5_000, seconds: 2 });
      const path = `/v1/experiments/${await accept(origin, '/v1/experiments', { scenario, seeds: 200, figures: ['ok'] })}`;
      const done = async () => (await readAny<{ runs: { done: number } }>(origin, path)).runs.done;
      await until(async () => (await done()) > 0);
      const end = await first.end('SIGTERM');
      expect(end).toMatchObject({ code: 0, signal: null });
      expect(end.tookMs).toBeLessThan(3_000);
      expect(await done(), 'it has ended too late to show anything').toBeLessThan(200);
      await site.startWorker();
      const began = performance.now();
      const ended = await endOf(origin, path);
      expect(performance.now() - began).toBeLessThan(40_000);
      expect(ended).toMatchObject({ status: 'succeeded', runs: { total: 200, done: 200, failed: 0 } });
    },
    90_000,
  );
});

describe('a server that is told to end', () => {
  it('is not ready first, and answers as before while it drains; connections end with their next answer', async () => {
    const server = await open().startApi({ DRAIN_SECONDS: '5' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = (path: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const asked = request(`${server.origin}${path}`, { agent }, (answer) =>
          answer.resume().on('end', () => resolve(answer)),
        );
        asked.on('error', reject).end();
      });
    expect((await get('/readyz')).headers.connection).toBe('keep-alive');
    const ending = server.end('SIGTERM');
    await until(async () => (await fetch(`${server.origin}/readyz`)).status === 503);
    const answer = await get('/v1/presets');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.connection).toBe('close');
    expect((await fetch(`${server.origin}/livez`)).status).toBe(200);
    const { code, tookMs } = await ending;
    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThan(4_900);
    expect(tookMs).toBeLessThan(9_000);
    agent.destroy();
  }, 60_000);

  it('tells those who wait, ends streams, finishes what it answers, and hangs up on kept-alive connections', async () => {
    const server = await open().startApi({ WORKER_THREADS: '1' });
    const idle = await fetch(`${server.origin}/livez`);
    await idle.text();
    const waiting = post(server.origin, { prefer: 'wait=60' });
    const { body } = await post(server.origin);
    const stream = fetch(`${server.origin}/v1/simulations/${body.id}/events`).then((answer) => answer.text());
    // A body that comes in two pieces: the request is under way when the signal comes.
    const slow = new Promise<number>((resolve, reject) => {
      const text = JSON.stringify({ preset: 'source-ip-tutorial' });
      const headers = { 'content-type': 'application/json', 'content-length': text.length };
      const asked = request(`${server.origin}/v1/simulations`, { method: 'POST', headers }, (answer) =>
        resolve(answer.resume().statusCode!),
      );
      asked.on('error', reject);
      asked.write(text.slice(0, 10));
      setTimeout(() => asked.end(text.slice(10)), 1_500);
    });
    await sleep(700);
    const { code, tookMs } = await server.end('SIGTERM');
    expect(await slow).toBe(202);
    const told = await waiting;
    expect(told.status).toBe(202);
    expect(told.body.status).toMatch(/queued|running/);
    expect(await stream).toMatch(/event: status/);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(5_000);
  }, 60_000);

  it.skipIf(process.getuid?.() !== 0 && process.env.CI !== 'true')(
    'ends by itself as process 1 of a container, without an init and without rights',
    async () => {
      const data = mkdtempSync(join(tmpdir(), 'hairpin-pid1-'));
      const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, 'dist/apps/api/src/main.js'];
      const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', DATA_DIR: data, DATABASE_URL: '' };
      const child = spawn('unshare', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const origin = await originOf(child);
      expect((await fetch(`${origin}/readyz`)).status).toBe(200);
      const began = performance.now();
      const exit = new Promise((resolve) => child.once('exit', resolve));
      // The namespace's process 1 is the child of unshare.
      const inside = Number(await outputOf('pgrep', ['-P', String(child.pid)]));
      process.kill(inside, 'SIGTERM');
      expect(await exit).toBe(0);
      expect(performance.now() - began).toBeLessThan(5_000);
      rmSync(data, { recursive: true, force: true });
    },
    60_000,
  );

  it('does not wait for connections on which nothing was ever asked', async () => {
    const api = await open().startApi();
    const silent = connect(Number(new URL(api.origin).port), '127.0.0.1').on('error', () => {});
    await once(silent, 'connect');
    // Seen by the server as well, as what came after it was answered.
    await fetch(`${api.origin}/livez`);
    const end = await api.end('SIGTERM');
    expect(end.code).toBe(0);
    expect(end.tookMs).toBeLessThan(5_000);
  });
});

function originOf(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const hear = (piece: Buffer) => {
      output += piece;
      const origin = /readiness +(\S+)\/readyz/.exec(output)?.[1];
      if (origin) resolve(origin);
    };
    child.stdout!.on('data', hear);
    child.stderr!.on('data', hear);
    child.once('exit', () => reject(new Error(output)));
  });
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const piece of child.stdout) output += piece;
  return output.trim();
}
