/**
 * experiment RUNS REQUESTS WORKERS DIST WARM: an API that runs nothing itself and so many worker processes with one thread
 * each, on one SQLite file. The clock starts with the POST and stops when the experiment has ended. WARM runs for each
 * worker come before: a worker that has just started compiles what it runs.
 *
 * Each worker has a core of its own where the machine has `taskset`. Else one worker alone takes a core and a quarter, as
 * V8 compiles and collects on idle cores, and nobody could tell what a second one adds.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
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

const LOOK_MS = 100;

const [runsText, requestsText, workersText, dist, warmText] = process.argv.slice(2) as string[];
const [runs, requests, workers, warm] = [runsText, requestsText, workersText, warmText].map(Number) as number[];
const pins = spawnSync('taskset', ['-V']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'hairpin-bench-'));
const processes: ChildProcess[] = [];
try {
  const origin = await ready('api', '0', /readiness +(\S+)\/readyz/);
  await Promise.all(Array.from({ length: workers! }, (_, core) => ready('worker', '1', /(A worker) with/, core)));
  if (warm! > 0) await toTheEnd(origin, warm! * workers!);
  const began = performance.now();
  const ended = await toTheEnd(origin, runs!);
  const seconds = (performance.now() - began) / 1000;
  if (ended.status !== 'succeeded' || ended.runs.done !== runs) throw new Error(JSON.stringify(ended.runs));
  console.log(JSON.stringify({ seconds, rate: runs! / seconds, workerCpuSeconds: cpuSeconds(processes.slice(1)) }));
} finally {
  await Promise.all(
    processes.map((child) => {
      const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
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
function ready(app: string, threads: string, pattern: RegExp, core?: number): Promise<string> {
  const quiet = { PORT: '0', LOG_LEVEL: 'info', LOG_FORMAT: 'text', QUEUE_URL: 'embedded', DATABASE_URL: '' };
  const command = [process.execPath, join(dist!, 'apps', app, 'src', 'main.js')];
  if (pins && core !== undefined) command.unshift('taskset', '-c', String(core));
  const child = spawn(command[0]!, command.slice(1), {
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

async function toTheEnd(origin: string, seeds: number): Promise<Experiment> {
  const body = JSON.stringify({ scenario: loadScenario(requests!), seeds });
  const headers = { 'content-type': 'application/json' };
  const { id } = await json(`${origin}/v1/experiments`, { method: 'POST', headers, body });
  // A stream of events tells the end of what other processes run up to a second late.
  for (let status = 'queued'; status === 'queued' || status === 'running'; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    status = await statusOf(origin, id);
  }
  return json(`${origin}/v1/experiments/${id}`);
}

/** By the list: the table of what has ended is work that nobody asked for. */
async function statusOf(origin: string, id: string): Promise<string> {
  const { items } = (await json(`${origin}/v1/experiments?limit=1`)) as unknown as { items: Experiment[] };
  if (items[0]?.id !== id) throw new Error('another experiment has come between');
  return items[0].status;
}

async function json(url: string, init: RequestInit = {}): Promise<Experiment> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Experiment;
}
