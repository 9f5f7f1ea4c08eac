/**
 * load MAIN SECONDS: the server as `npm start` starts it, with simulations running all the time, while 200 keep-alive
 * clients ask it for small things, 300 times a second in all.
 *
 * A request is sent at its time whether or not the ones before it have come back, and its latency counts from then on:
 * a server that stalls is not asked less.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from './load-scenario.js';
import { quantile } from './quantile.js';
import { originOf, startServer } from './server.js';

const CLIENTS = 200;
const PER_SECOND = 300;
const WARM_UP_SECONDS = 3;
const RUN_REQUESTS = 1_000_000;

const [main, secondsText] = process.argv.slice(2) as [string, string];
const folder = mkdtempSync(join(tmpdir(), 'hairpin-load-'));
const server = startServer(main, folder);
const agents = Array.from({ length: CLIENTS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
try {
  const origin = await originOf(server);
  const scenario = JSON.stringify({ scenario: loadScenario(RUN_REQUESTS) });
  const first = await simulate(origin, scenario);
  let going = true;
  let runs = 0;
  const running = (async () => {
    for (; going; runs++) await simulate(origin, scenario);
  })();
  const paths = [
    '/livez',
    '/v1/simulations?limit=10',
    `/v1/simulations/${first}`,
    '/v1/presets',
    `/v1/simulations/${first}/requests?limit=10`,
  ];
  await ask(origin, paths, WARM_UP_SECONDS);
  const before = runs;
  const { latencies, errors } = await ask(origin, paths, Number(secondsText));
  const duringRuns = runs - before;
  going = false;
  await running;
  if (duringRuns === 0) throw new Error('no simulation has ended meanwhile: there was no load');
  const at = (share: number) => quantile(latencies, share);
  console.log(
    JSON.stringify({ p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1), errors, asked: latencies.length, duringRuns }),
  );
} finally {
  for (const agent of agents) agent.destroy();
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** Resolves when all answers have come. */
async function ask(origin: string, paths: readonly string[], seconds: number) {
  const latencies: number[] = [];
  let errors = 0;
  const waiting: Promise<void>[] = [];
  const began = performance.now();
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    const dueMs = began + (n * 1000) / PER_SECOND;
    const early = dueMs - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    const answered = get(origin + paths[n % paths.length]!, agents[n % CLIENTS]!).then((status) => {
      latencies.push(performance.now() - dueMs);
      if (status !== 200) errors++;
    });
    waiting.push(answered);
  }
  await Promise.all(waiting);
  return { latencies, errors };
}

/** The status; 0 where there was no answer. */
function get(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(url, { agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', () => resolve(0)).end();
  });
}

async function simulate(origin: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json', prefer: 'wait=60' };
  const response = await fetch(`${origin}/v1/simulations`, { method: 'POST', headers, body });
  const { id, status } = (await response.json()) as { id: string; status: string };
  if (status !== 'succeeded') throw new Error(`simulation ${id} is ${status}`);
  return id;
}
