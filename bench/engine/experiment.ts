/**
 * experiment RUNS REQUESTS WORKERS DIST: an API that runs nothing itself and so many worker processes with one thread
 * each, on one SQLite file. The clock starts with the POST and stops when the experiment has ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from './load-scenario.js';

interface Experiment {
  id: string;
  status: string;
  runs: { total: number; done: number; failed: number };
}

const LOOK_MS = 50;

const [runsText, requestsText, workersText, dist] = process.argv.slice(2) as [string, string, string, string];
const [runs, requests, workers] = [runsText, requestsText, workersText].map(Number) as [number, number, number];
const folder = mkdtempSync(join(tmpdir(), 'hairpin-bench-'));
const processes: ChildProcess[] = [];
try {
  const origin = await ready('api', '0', /readiness +(\S+)\/readyz/);
  await Promise.all(Array.from({ length: workers }, () => ready('worker', '1', /(A worker) with/)));
  const began = performance.now();
  const ended = await toTheEnd(origin);
  const seconds = (performance.now() - began) / 1000;
  if (ended.status !== 'succeeded' || ended.runs.done !== runs) throw new Error(JSON.stringify(ended.runs));
  console.log(JSON.stringify({ seconds, rate: runs / seconds, workerCpuSeconds: cpuSeconds(processes.slice(1)) }));
} finally {
  await Promise.all(
    processes.map((child) => {
      const exit = child.exitCode === null ? once(child, 'exit') : null;
      child.kill('SIGKILL');
      return exit;
    }),
  );
  rmSync(folder, { recursive: true, force: true });
}

/** Of all their threads, whatever else the machine does; Linux only. */
function cpuSeconds(children: readonly ChildProcess[]): number {
  return children.reduce((sum, { pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

/** What the first group of `pattern` is in what the process prints. */
function ready(app: string, threads: string, pattern: RegExp): Promise<string> {
  const quiet = { PORT: '0', LOG_LEVEL: 'info', LOG_FORMAT: 'text', QUEUE_URL: 'embedded', DATABASE_URL: '' };
  const child = spawn(process.execPath, [join(dist, 'apps', app, 'src', 'main.js')], {
    env: { ...process.env, ...quiet, DATA_DIR: folder, WORKER_THREADS: threads },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (piece: Buffer) => {
      output += piece;
      const found = pattern.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the ${app} ended with ${code}: ${output}`)));
  });
}

async function toTheEnd(origin: string): Promise<Experiment> {
  const body = JSON.stringify({ scenario: loadScenario(requests), seeds: runs });
  const headers = { 'content-type': 'application/json' };
  let experiment = await json(`${origin}/v1/experiments`, { method: 'POST', headers, body });
  const { id } = experiment;
  while (experiment.status === 'queued' || experiment.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    experiment = await statusOf(origin, id);
  }
  return json(`${origin}/v1/experiments/${id}`);
}

/** By the list: the table of what has ended is work that nobody asked for. */
async function statusOf(origin: string, id: string): Promise<Experiment> {
  const { items } = (await json(`${origin}/v1/experiments?limit=1`)) as unknown as { items: Experiment[] };
  if (items[0]?.id !== id) throw new Error('another experiment has come between');
  return items[0];
}

async function json(url: string, init: RequestInit = {}): Promise<Experiment> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Experiment;
}
