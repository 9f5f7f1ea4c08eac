/** Several processes on one database, as they are installed: an API, and workers that are killed, ended and started beside it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createDatabase } from '../contracts/databases.js';
import { type ServerProcess, startServerProcess, startWorkerProcess } from './server-process.js';

type Environment = Record<string, string>;

export class Site {
  private readonly processes: ServerProcess[] = [];

  constructor(
    private readonly environment: Environment,
    private removeServices: () => unknown,
  ) {}

  /** It runs nothing itself, unless `more` says so. */
  startApi(more: Environment = {}): Promise<ServerProcess> {
    return this.started(startServerProcess({ ...this.environment, WORKER_THREADS: '0', ...more }));
  }

  startWorker(): Promise<ServerProcess> {
    return this.started(startWorkerProcess({ ...this.environment, WORKER_THREADS: '1', LOG_LEVEL: 'info' }));
  }

  /** Kills what still lives, and removes what it stood on. */
  async end(): Promise<void> {
    await Promise.all(
      this.processes.splice(0).map(({ child, end }) => child.exitCode ?? child.signalCode ?? end('SIGKILL')),
    );
    await this.removeServices();
    this.removeServices = () => {};
  }

  private async started(starting: Promise<ServerProcess>): Promise<ServerProcess> {
    const process = await starting;
    this.processes.push(process);
    return process;
  }
}

export const newQueue = () => ({ QUEUE_NAME: `test-${randomBytes(6).toString('hex')}` });

/** On a database of its own; `queueUrl`: `embedded`, or of a broker that others may use. */
export async function siteOnPostgres(queueUrl: string, environment: Environment = {}): Promise<Site> {
  const { url, drop } = await createDatabase();
  const own = { DATABASE_URL: url, QUEUE_URL: queueUrl, ...newQueue() };
  return new Site({ LEASE_SECONDS: '1', LOG_LEVEL: 'warn', ...environment, ...own }, drop);
}

export function siteOnSqlite(environment: Environment = {}): Site {
  const folder = mkdtempSync(join(tmpdir(), 'hairpin-site-'));
  return new Site({ ...environment, DATA_DIR: folder, DATABASE_URL: '' }, () =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The id of what is accepted. */
export async function post(origin: string, path: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

export async function read<Body>(origin: string, path: string): Promise<Body> {
  return (await (await fetch(`${origin}${path}`)).json()) as Body;
}

export async function endOf<Body extends { status: string }>(origin: string, path: string): Promise<Body> {
  for (;;) {
    const body = await read<Body>(origin, path);
    if (body.status !== 'queued' && body.status !== 'running') return body;
    await sleep(50);
  }
}
