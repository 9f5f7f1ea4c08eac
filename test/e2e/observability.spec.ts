/** What a server tells of its requests and runs: ids and traces in answers and log lines, metrics with bounded labels. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { buildServer, type ServerProcess } from './server-process.js';
import { siteOnSqlite, sleep } from './site.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const site = siteOnSqlite({ LOG_FORMAT: 'json', LOG_LEVEL: 'debug' });
let api: ServerProcess;
let worker: ServerProcess;

beforeAll(async () => {
  buildServer();
  api = await site.startApi();
  worker = await site.startWorker();
}, 90_000);
afterAll(() => site.end());

type Line = Record<string, unknown> & { message: string };
const linesOf = (server: ServerProcess): Line[] =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

/** Lines are written when the answer has ended, which its reader may know first. */
async function lineOf(server: ServerProcess, fits: (line: Line) => boolean): Promise<Line> {
  for (let tries = 0; tries < 100; tries++) {
    const line = linesOf(server).find(fits);
    if (line) return line;
    await sleep(50);
  }
  throw new Error(`no such line in\n${server.output()}`);
}

describe('a request', () => {
  it('keeps the id that it was sent with, in the answer and in the log', async () => {
    const answer = await fetch(`${api.origin}/v1/presets?limit=1`, {
      headers: { 'x-request-id': 'from-the-gateway:1' },
    });
    expect(answer.headers.get('x-request-id')).toBe('from-the-gateway:1');
    const line = await lineOf(api, ({ requestId }) => requestId === 'from-the-gateway:1');
    expect(line).toMatchObject({
      level: 'log',
      context: 'Http',
      method: 'GET',
      path: '/v1/presets',
      route: '/v1/presets',
      status: answer.status,
      durationMs: expect.any(Number),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(JSON.stringify(line)).not.toContain('limit=1');
  });

  it('gets an id where it has none, or one that would not fit into a line', async () => {
    for (const sent of ['', 'two words', 'a"b', 'x'.repeat(129)]) {
      const answer = await fetch(`${api.origin}/livez`, { headers: { 'x-request-id': sent } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('stays in the trace that it came with, or begins one', async () => {
    const ours = await fetch(`${api.origin}/livez`, { headers: { traceparent: TRACEPARENT } });
    expect(ours.headers.get('traceresponse')).toBe(TRACEPARENT);
    for (const traceparent of ['', 'nonsense', TRACEPARENT.replace('00-', 'ff-')]) {
      const answer = await fetch(`${api.origin}/livez`, { headers: traceparent === '' ? {} : { traceparent } });
      expect(answer.headers.get('traceresponse')).toMatch(/^00-(?!4bf9)[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    }
  });

  it('that fails within the server is found in the log by the id that the problem names', async () => {
    const answer = await fetch(`${api.origin}/v1/nothing`, { headers: { 'x-request-id': 'lost' } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-request-id')).toBe('lost');
    expect(await lineOf(api, ({ requestId }) => requestId === 'lost')).toMatchObject({ status: 404, route: 'none' });
  });

  it('of a probe is told at debug only', async () => {
    await fetch(`${api.origin}/readyz`);
    expect(await lineOf(api, ({ path }) => path === '/readyz')).toMatchObject({ level: 'debug' });
  });
});

/** What `/metrics` says of each series, 0 of those that there are none of yet. */
async function metricsOf(server: ServerProcess): Promise<(series: string) => number> {
  const lines = (await (await fetch(`${server.origin}/metrics`)).text()).split('\n');
  return (series) => Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1) ?? 0);
}

const simulate = async (headers: Record<string, string> = {}) => {
  const answer = await fetch(`${api.origin}/v1/simulations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=20', ...headers },
    body: JSON.stringify({ preset: 'source-ip-tutorial' }),
  });
  const { id, status } = (await answer.json()) as { id: string; status: string };
  expect(status).toBe('succeeded');
  return id;
};

it('a simulation is logged by its worker, with the trace of the request that made it', async () => {
  const id = await simulate({ traceparent: TRACEPARENT, 'x-request-id': 'makes-it' });
  expect(await lineOf(worker, ({ simulationId }) => simulationId === id)).toMatchObject({
    context: 'Worker',
    message: expect.stringMatching(/^Simulation succeeded after [\d.]+ s$/),
    status: 'succeeded',
    attempt: 1,
    traceId: TRACE,
  });
  await fetch(`${api.origin}/v1/simulations/${id}`);
  await lineOf(api, ({ simulationId, path }) => simulationId === id && path === `/v1/simulations/${id}`);
});

it.each([
  ['experiment', { preset: 'source-ip-tutorial', seeds: 2 }, 2],
  [
    'comparison',
    { preset: 'source-ip-tutorial', variants: [{ name: 'newer', set: { cluster: { version: '1.30' } } }] },
    1,
  ],
])('an %s is logged by its worker, with the trace of the request that made it', async (kind, body, runs) => {
  const headers = { 'content-type': 'application/json', prefer: 'wait=30', traceparent: TRACEPARENT };
  const made = await fetch(`${api.origin}/v1/${kind}s`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { id, status } = (await made.json()) as { id: string; status: string };
  expect(status).toBe('succeeded');
  expect(await lineOf(worker, (line) => line[`${kind}Id`] === id)).toMatchObject({
    context: 'Worker',
    message: expect.stringMatching(
      new RegExp(`^${kind === 'experiment' ? 'Experiment' : 'Comparison'} succeeded after [\\d.]+ s$`),
    ),
    status: 'succeeded',
    runs,
    failed: 0,
    traceId: TRACE,
  });
  await fetch(`${api.origin}/v1/${kind}s/${id}`);
  await lineOf(api, (line) => line[`${kind}Id`] === id && line.path === `/v1/${kind}s/${id}`);
});

describe('the worker', () => {
  it('answers probes and metrics, and nothing else', async () => {
    const get = (path: string, init: RequestInit = {}) => fetch(`${worker.origin}${path}`, init);
    expect(await (await get('/livez')).text()).toBe('ok\n');
    expect(await (await get('/readyz')).json()).toEqual({ status: 'ready' });
    const before = await metricsOf(worker);
    const id = await simulate();
    await lineOf(worker, ({ simulationId }) => simulationId === id);
    const ended = 'hairpin_simulations_ended_total{status="succeeded"}';
    expect((await metricsOf(worker))(ended) - before(ended)).toBe(1);
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await metrics.text()).toMatch(/^hairpin_simulations_ended_total\{status="succeeded"\} [1-9]\d*$/m);
    expect((await get('/livez', { method: 'HEAD' })).status).toBe(200);
    expect((await get('/v1/simulations')).status).toBe(404);
    const posted = await get('/readyz', { method: 'POST' });
    expect(posted.status).toBe(405);
    expect(await posted.json()).toMatchObject({ code: 'method-not-allowed' });
  });

  it('hangs up on whoever does not finish a question', async () => {
    const { port } = new URL(worker.origin);
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const slow = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': '10' } });
      slow.on('response', (response) => response.resume().on('end', resolve));
      slow.on('error', () => resolve());
      slow.flushHeaders();
    });
    expect(performance.now() - began).toBeLessThan(8_000);
  });
});

it('metrics count events and waiting, whatever paths and methods callers make up', async () => {
  const before = await metricsOf(worker);
  await simulate();
  for (let n = 0; n < 20; n++) await fetch(`${api.origin}/made-up/${n}`, { method: n % 2 ? 'GET' : 'PROPFIND' });
  const text = await (await fetch(`${api.origin}/metrics`)).text();
  expect(text).not.toContain('made-up');
  expect(text).not.toContain('PROPFIND');
  expect(text).toMatch(/method="other",route="none",status="40\d"/);
  expect(text).toMatch(/^hairpin_queue_jobs\{queue="simulations",state="waiting"\} 0$/m);
  expect(text).toMatch(/^hairpin_queue_oldest_job_age_seconds\{queue="simulations"\} 0$/m);
  for (const dependency of ['database', 'migrations', 'queue'])
    expect(text).toContain(`hairpin_dependency_up{dependency="${dependency}"} 1`);
  expect(text).toMatch(
    /^hairpin_build_info\{version="\d+\.\d+\.\d+",model_version="[\d.]+",node_version="v\d+[\d.]+"\} 1$/m,
  );
  const after = await metricsOf(worker);
  const grownBy = (series: string) => after(series) - before(series);
  expect(grownBy('hairpin_simulated_events_total')).toBeGreaterThan(10);
  expect(grownBy('hairpin_simulation_wait_seconds_count')).toBe(1);
  expect(grownBy('process_cpu_seconds_total')).toBeGreaterThan(0);
});

it('metrics tell of experiments and comparisons, their trials and the runs of these', async () => {
  const ask = async (path: string, body: object, prefer = 'wait=30') => {
    const headers = { 'content-type': 'application/json', prefer };
    const answer = await fetch(`${api.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as { id: string; status: string };
  };
  const scenario = loadScenario({ ratePerSecond: 100, seconds: 1 });
  const [apiBefore, workerBefore] = [await metricsOf(api), await metricsOf(worker)];
  await ask('/v1/experiments', { scenario, seeds: 3 });
  await ask('/v1/comparisons', { scenario, variants: [{ name: 'newer', set: { cluster: { version: '1.30' } } }] });
  const { id } = await ask('/v1/experiments', { scenario, seeds: 100 }, 'respond-async');
  expect((await fetch(`${api.origin}/v1/experiments/${id}`, { method: 'DELETE' })).status).toBe(202);
  const [apiAfter, workerAfter] = [await metricsOf(api), await metricsOf(worker)];
  const ofApi = (series: string) => apiAfter(series) - apiBefore(series);
  const ofWorker = (series: string) => workerAfter(series) - workerBefore(series);
  for (const [kind, accepted] of [
    ['experiment', 2],
    ['comparison', 1],
  ] as const) {
    expect(ofApi(`hairpin_experiments{kind="${kind}",status="succeeded"}`)).toBe(1);
    expect(ofApi(`hairpin_experiments_accepted_total{kind="${kind}"}`)).toBe(accepted);
    expect(ofWorker(`hairpin_experiments_ended_total{kind="${kind}",status="succeeded"}`)).toBe(1);
    expect(ofWorker(`hairpin_experiment_duration_seconds_count{kind="${kind}"}`)).toBe(1);
  }
  expect(ofApi('hairpin_experiments_ended_total{kind="experiment",status="cancelled"}')).toBe(1);
  // The one that was cancelled may have begun.
  expect([1, 2]).toContain(ofWorker('hairpin_experiment_wait_seconds_count{kind="experiment"}'));
  expect(ofWorker('hairpin_experiment_wait_seconds_count{kind="comparison"}')).toBe(1);
  const runs = ofWorker('hairpin_trial_runs_total{kind="experiment",outcome="succeeded"}');
  expect(runs).toBeGreaterThanOrEqual(3);
  expect(runs).toBeLessThan(103);
  expect(ofWorker('hairpin_trial_runs_total{kind="comparison",outcome="succeeded"}')).toBe(1);
  expect(ofWorker('hairpin_trial_duration_seconds_count{kind="experiment"}')).toBeGreaterThan(0);
  const text = await (await fetch(`${api.origin}/metrics`)).text();
  expect(text).toContain('hairpin_experiments{kind="experiment",status="running"} 0\n');
  expect(text).toContain('hairpin_experiments{kind="comparison",status="running"} 0\n');
  expect(text).toContain('hairpin_queue_jobs{queue="trials",state="waiting"} 0\n');
  expect(text).toContain('hairpin_queue_oldest_job_age_seconds{queue="trials"} 0\n');
});
