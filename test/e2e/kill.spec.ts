/**
 * The server is killed with -9 at random moments while it accepts and runs simulations. Whatever it has acknowledged
 * must be finished, once, with the results of a run that nobody disturbed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import { createRun, type Scenario } from '#sim';
import { loadScenario } from './load-scenario.js';
import { buildServer, type ServerProcess, startServerProcess } from './server-process.js';

const ROUNDS = 6;
const PER_ROUND = 6;
const scenario = loadScenario({ ratePerSecond: 20_000, seconds: 6, policy: 'Local' });
const dataDir = mkdtempSync(join(tmpdir(), 'hairpin-kill-'));
const environment = {
  DATA_DIR: dataDir,
  LEASE_SECONDS: '1',
  WORKER_THREADS: '2',
  LOG_LEVEL: 'error',
  DATABASE_URL: '',
};

beforeAll(() => buildServer(), 60_000);
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Fingerprint and number of requests of an undisturbed run. */
function cleanRun(seed: number) {
  const run = createRun({ ...(parseScenario(scenario).scenario as Scenario), seed }, { onChunk() {} });
  while (!run.step(1_000_000));
  const { fingerprint, summary } = run.result();
  return { fingerprint, requests: summary.requests };
}

/** The id, or null where no answer came. Sent again after the restart, the key finds what was accepted unheard. */
async function post(origin: string, seed: number): Promise<string | null> {
  try {
    const response = await fetch(`${origin}/v1/simulations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `seed-${seed}` },
      body: JSON.stringify({ scenario, seed }),
    });
    return response.ok ? ((await response.json()) as { id: string }).id : null;
  } catch {
    return null;
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const get = async (origin: string, path: string) =>
  (await fetch(`${origin}${path}`)).json() as Promise<Record<string, unknown>>;

it(`finishes every acknowledged simulation once, over ${ROUNDS} kills`, async () => {
  const acknowledged = new Map<number, string>();
  const unheard = new Set<number>();
  const restartsMs: number[] = [];
  let server: ServerProcess | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    server = await startServerProcess(environment);
    restartsMs.push(performance.now() - began);
    const { origin } = server;
    const seeds = [...unheard, ...Array.from({ length: PER_ROUND }, (_, n) => round * PER_ROUND + n)];
    unheard.clear();
    const posting = (async () => {
      for (const seed of seeds) {
        const id = await post(origin, seed);
        if (id === null) unheard.add(seed);
        else acknowledged.set(seed, id);
      }
    })();
    // At any moment, or soon after one has begun to run.
    if (round % 2 === 0) await sleep(100 + Math.random() * 1500);
    else {
      while (!((await get(origin, '/readyz')).simulations as Record<string, number>).running) await sleep(5);
      await sleep(Math.random() * 250);
    }
    expect((await server.end('SIGKILL')).signal).toBe('SIGKILL');
    await posting;
  }
  server = await startServerProcess(environment);
  for (const seed of unheard) acknowledged.set(seed, (await post(server.origin, seed))!);

  const runs = new Map<string, Record<string, unknown>>();
  const deadline = performance.now() + 90_000;
  while (runs.size < acknowledged.size && performance.now() < deadline) {
    for (const id of acknowledged.values()) {
      const run = await get(server.origin, `/v1/simulations/${id}`);
      if (run.status !== 'queued' && run.status !== 'running') runs.set(id, run);
    }
    await sleep(200);
  }
  const listed = (await get(server.origin, '/v1/simulations?limit=1000')).items as { id: string }[];
  const attempts = [...runs.values()].map((run) => run.attempts as number);
  const lost = acknowledged.size - runs.size;
  const doubled = listed.length - new Set(acknowledged.values()).size;
  console.log(
    `kill -9: ${ROUNDS} rounds, ${acknowledged.size} acknowledged, ${attempts.filter((n) => n > 1).length} cut off while running, ` +
      `${lost} lost, ${doubled} doubled, restart ${Math.round(Math.max(...restartsMs))} ms at most`,
  );
  expect(lost).toBe(0);
  expect(doubled).toBe(0);
  expect(Math.max(...attempts), 'no kill has met a running simulation: the test shows nothing').toBeGreaterThan(1);

  for (const [seed, id] of acknowledged) {
    const run = runs.get(id)!;
    const clean = cleanRun(seed);
    expect(run, `seed ${seed}: ${JSON.stringify(run.error)}`).toMatchObject({
      status: 'succeeded',
      fingerprint: clean.fingerprint,
    });
    // Whole results of those that were cut off, and of some others.
    if (run.attempts === 1 && seed % 6 !== 0) continue;
    const csv = await fetch(`${server.origin}/v1/simulations/${id}/requests`, { headers: { accept: 'text/csv' } });
    const numbers = (await csv.text())
      .split('\r\n')
      .slice(1, -1)
      .map((line) => Number(line.split(',', 1)[0]));
    expect(numbers.length).toBe(clean.requests);
    expect(
      numbers.every((number, index) => number === index),
      'a request is missing or there twice',
    ).toBe(true);
  }
  const end = await server.end('SIGTERM');
  expect(end.tookMs).toBeLessThan(5000);
  expect(server.output()).not.toMatch(/error/i);
}, 240_000);
