import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExperimentStore, TrialJobs, TrialStore } from '#platform';
import type { CellResult } from '#sim';
import { ModelThreads } from '../../apps/api/src/scenarios/model-threads.js';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const ROLLOUT = { preset: 'i-01-local-rollout' };
const VARY = [
  { field: '/cluster/version', values: ['1.21', '1.28'] },
  { object: 'Service/web', field: '/spec/externalTrafficPolicy', values: ['Local', 'Cluster'], name: 'policy' },
];
const ask = (body: object, wait = 60) => server.http.post('/v1/experiments').set('Prefer', `wait=${wait}`).send(body);

type Cell = CellResult & { name: string; settings: Record<string, unknown>; runs: object; failures: unknown[] };
const cellsOf = (body: { cells: Cell[] }) => new Map(body.cells.map((cell) => [cell.name, cell]));

describe('an experiment', () => {
  it('runs every cell of the grid with the same seeds, and says which differences are real', async () => {
    const figures = ['lost', 'source.client', 'requests'];
    const { body, headers } = await ask({ ...ROLLOUT, vary: VARY, seeds: 6, seed: 11, figures }).expect(200);
    expect(headers.location).toBe(`/v1/experiments/${body.id}`);
    expect(body).toMatchObject({ status: 'succeeded', progress: 1, seed: 11, seeds: 6 });
    expect(body.runs).toEqual({ total: 24, done: 24, failed: 0 });
    const cells = cellsOf(body);
    expect([...cells.keys()]).toEqual([
      'version=1.21, policy=Local',
      'version=1.21, policy=Cluster',
      'version=1.28, policy=Local',
      'version=1.28, policy=Cluster',
    ]);
    const [base, cluster, newer] = body.cells as Cell[];
    expect(base!.figures.lost!.mean).toBeGreaterThan(400);
    expect(base!.figures.lost!.differs).toBeNull();
    expect(cluster!.settings).toEqual({ version: '1.21', policy: 'Cluster' });
    expect(cluster!.figures['source.client']!.differs).toMatchObject({ pairs: 6, mean: -1 });
    expect(newer!.figures.lost!.differs!.mean).toBeLessThan(-300);
    // Arrivals are the same on the same dice, whatever becomes of them.
    expect(newer!.figures.requests!.differs).toMatchObject({ mean: 0, p: 1, real: false });
    // Six seeds cannot carry nine questions: 9 * 2^-5 is not below 0.05.
    expect(newer!.figures.lost!.differs).toMatchObject({ p: 1 / 32, real: false });
  });

  it('is of runs that simulations with those seeds are', async () => {
    const { body } = await ask({ ...ROLLOUT, seeds: 2, seed: 5, figures: ['lost', 'latencyMean'] }).expect(200);
    const runs = [];
    for (const seed of [5, 6]) runs.push(await simulate(server, { ...ROLLOUT, seed }));
    const summaries = runs.map(
      ({ summary }) => summary as { requests: number; outcomes: { ok: number }; latencyUs: { mean: number } },
    );
    const [{ figures }] = body.cells as [Cell];
    const lost = summaries.map(({ requests, outcomes }) => requests - outcomes.ok);
    expect([figures.lost!.min, figures.lost!.max]).toEqual([Math.min(...lost), Math.max(...lost)]);
    expect(figures.latencyMean!.mean).toBeCloseTo((summaries[0]!.latencyUs.mean + summaries[1]!.latencyUs.mean) / 2, 6);
  });

  it('with enough seeds calls real what is', async () => {
    const scenario = loadScenario({ ratePerSecond: 200, seconds: 2 });
    const variants = [{ name: 'slower', set: { traffic: [{ ...scenario.traffic[0], rate: '100/s' }] } }];
    const { body } = await ask({ scenario, variants, seeds: 12, figures: ['requests', 'ok'] }).expect(200);
    const slower = cellsOf(body).get('slower')!;
    expect(slower.figures.requests!.differs).toMatchObject({ pairs: 12, real: true });
    expect(slower.figures.ok!.differs!.real).toBe(false);
  });

  it('is a table for people, and for spreadsheets', async () => {
    const { body } = await ask({
      ...ROLLOUT,
      vary: VARY.slice(0, 1),
      seeds: 3,
      figures: ['lost', 'latencyP50'],
    }).expect(200);
    const { text } = await server.http.get(`/v1/experiments/${body.id}`).set('Accept', 'text/plain').expect(200);
    expect(text).toMatch(/^ +lost +latencyP50\nversion=1\.21 +\d+.*±.*\nversion=1\.28 /);
    expect(text).toContain('6 of 6 runs, 3 seeds each: succeeded.');
    const csv = await server.http.get(`/v1/experiments/${body.id}`).set('Accept', 'text/csv').expect(200);
    const lines = csv.text.split('\r\n');
    expect(lines[0]).toBe(
      'cell,figure,unit,n,mean,sd,min,p10,p50,p90,max,ci95From,ci95To,pairs,difference,differenceFrom,differenceTo,p,pAdjusted,real,warnings',
    );
    expect(lines.slice(1, -1).map((line) => line.split(',').slice(0, 4))).toEqual([
      ['version=1.21', 'lost', 'count', '3'],
      ['version=1.21', 'latencyP50', 'us', '3'],
      ['version=1.28', 'lost', 'count', '3'],
      ['version=1.28', 'latencyP50', 'us', '3'],
    ]);
    expect(Number(lines[1]!.split(',')[4])).toBe(body.cells[0].figures.lost.mean);
  });

  it('shows the warnings of its cells to people and spreadsheets too', async () => {
    const scenario = loadScenario({ ratePerSecond: 20, seconds: 1 });
    const variants = [{ name: 'idle', set: { apps: [{ match: { app: 'nobody' } }] } }];
    const { body } = await ask({ scenario, variants, seeds: 2, figures: ['ok'] }).expect(200);
    const get = (type: string) => server.http.get(`/v1/experiments/${body.id}`).set('Accept', type).expect(200);
    expect((await get('text/plain')).text).toMatch(/^# warning: \/variants\/0\/set\/apps\/0\/match: No pod .*\n +ok/);
    const [, base, idle] = (await get('text/csv')).text.split('\r\n');
    expect([base, idle]).toEqual([
      expect.stringMatching(/^base,.*,$/),
      expect.stringMatching(/^idle,.*,unused-setting$/),
    ]);
  });

  it.each([
    [{ vary: [{ field: '/cluster/versoin', values: ['1.21', '1.28'] }] }, '/vary/0/field', 'version'],
    [
      { vary: [{ object: 'Service/web', field: '/spec/externalTrafficPolcy', values: ['Local', 'Cluster'] }] },
      '/vary/0/field',
      'externalTrafficPolicy',
    ],
    [{ vary: [{ field: '/cluster', values: [{ versoin: '1.28' }] }] }, '/vary/0/values/0', 'version'],
    [{ variants: [{ name: 'x', set: { clustr: { version: '1.28' } } }] }, '/variants/0/set/clustr', 'cluster'],
  ])('refuses a field that nobody knows, %j', async (plan, path, meant) => {
    const { body } = await ask({ ...ROLLOUT, ...plan, seeds: 2 }).expect(422);
    expect(body.code).toBe('invalid-scenario');
    expect(body.issues).toMatchObject([
      { code: 'unknown-field', severity: 'error', path, hint: expect.stringContaining(`"${meant}"`) },
    ]);
  });

  it('is accepted once under one key, listed, and deleted with its runs', async () => {
    const post = (seeds: number) =>
      server.http
        .post('/v1/experiments')
        .set('Idempotency-Key', 'one')
        .send({ ...ROLLOUT, seeds, figures: ['ok'] });
    const [first, second] = await Promise.all([post(2), post(2)]);
    expect(first.body.id).toBe(second.body.id);
    expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']].sort()).toEqual([
      'true',
      undefined,
    ]);
    expect((await post(3).expect(422)).body.code).toBe('idempotency-key-reused');
    const { body: page } = await server.http.get('/v1/experiments?limit=1').expect(200);
    expect(page.items[0].id).toBe(first.body.id);
    expect(page.next).not.toBeNull();
    const { id } = first.body;
    while ((await server.http.get(`/v1/experiments/${id}`)).body.status !== 'succeeded') await sleep(50);
    await server.http.delete(`/v1/experiments/${id}`).expect(204);
    await server.http.get(`/v1/experiments/${id}`).expect(404);
  });
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an experiment under way', () => {
  const scenario = loadScenario({ ratePerSecond: 20_000, seconds: 2 });

  it('tells its way, shows what has ended, and stops when it is cancelled', async () => {
    const { body, headers } = await ask({ scenario, seeds: 200, figures: ['ok', 'latencyP99'] }, 0).expect(202);
    expect(headers.location).toBe(`/v1/experiments/${body.id}`);
    const path = `/v1/experiments/${body.id}`;
    const following = server.http.get(`${path}/events`);
    const told = following.then(({ text }) => text);
    let now = body;
    while (now.runs.done === 0) {
      await sleep(50);
      now = (await server.http.get(path).expect(200)).body;
    }
    expect(now).toMatchObject({ status: 'running' });
    expect(now.progress).toBeGreaterThan(0);
    expect(now.progress).toBeLessThan(1);
    expect(now.cells[0].figures.ok).toMatchObject({ n: now.runs.done, mean: 1 });
    const cancelled = (await server.http.delete(path).expect(202)).body;
    expect(cancelled.status).toBe('cancelled');
    await sleep(500);
    const later = (await server.http.get(path).expect(200)).body;
    await sleep(500);
    expect((await server.http.get(path).expect(200)).body).toEqual(later);
    expect(later.runs.done).toBeLessThan(100);
    const text = await told;
    expect(text).toMatch(/event: progress\ndata: .*"status":"running","progress":0\.\d/);
    expect(text.trim().split('\n\n').at(-1)).toMatch(/"status":"cancelled"/);
    await server.http.delete(path).expect(204);
  });

  it('is not in the way of a simulation', async () => {
    const { body } = await ask({ scenario, seeds: 200, figures: ['ok'] }, 0).expect(202);
    const began = performance.now();
    await simulate(server, { scenario: loadScenario({ ratePerSecond: 10, seconds: 1 }) });
    expect(performance.now() - began).toBeLessThan(5000);
    await server.http.delete(`/v1/experiments/${body.id}`).expect(202);
  });
});

describe('the table of an experiment', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const scenario = loadScenario({ ratePerSecond: 20, seconds: 1 });
  /** What is done to answer. */
  const watched = ({ app }: TestServer) => ({
    reads: vi.spyOn(app.get(ExperimentStore), 'results'),
    made: vi.spyOn(app.get(ModelThreads), 'experiment'),
  });

  it('is made once for each format when all runs have ended, and known by its ETag', async () => {
    const { body } = await ask({ scenario, seeds: 3, figures: ['ok'] }).expect(200);
    const get = (type: string) => server.http.get(`/v1/experiments/${body.id}`).set('Accept', type);
    const { reads, made } = watched(server);
    const answers = [];
    for (const type of ['application/json', 'text/plain', 'application/json', 'text/plain', 'application/json'])
      answers.push(await get(type).expect(200));
    expect(answers[0]!.body).toEqual(body);
    expect(answers[4]!.text).toBe(answers[0]!.text);
    expect(answers[3]!.text).toBe(answers[1]!.text);
    // The answer to POST was the first as JSON.
    expect(made.mock.calls.map(([format]) => format)).toEqual(['text']);
    expect(reads).toHaveBeenCalledTimes(1);
    const { etag } = answers[0]!.headers;
    expect(etag).toBe(answers[2]!.headers.etag);
    expect(etag).not.toBe(answers[1]!.headers.etag);
    await get('application/json').set('If-None-Match', etag!).expect(304);
    await get('text/plain').set('If-None-Match', etag!).expect(200);
    expect(made).toHaveBeenCalledTimes(1);
  });

  it('is of the runs that have ended until now, and made once for all who ask at the same time', async () => {
    const idle = await startServer({ WORKER_THREADS: '0' });
    try {
      const { body } = await idle.http.post('/v1/experiments').send({ scenario, seeds: 2, figures: ['ok'] });
      const path = `/v1/experiments/${body.id}`;
      const [jobs, trials] = [idle.app.get(TrialJobs), idle.app.get(TrialStore)];
      const [first, second] = [(await jobs.claim(60_000))!, (await jobs.claim(60_000))!];
      await jobs.saveProgress(first, 0.5, [{ seed: 1, fingerprint: 'f', figures: [0.25] }]);
      const meanOf = async () => (await idle.http.get(path).expect(200)).body.cells[0].figures.ok.mean as number;
      expect(await meanOf()).toBe(0.25);
      const find = vi.spyOn(idle.app.get(ExperimentStore), 'find');
      const { made } = watched(idle);
      let answerAll: (text: string) => void = () => {};
      made.mockReturnValueOnce(
        new Promise((resolve) => {
          answerAll = resolve;
        }),
      );
      const asked = Promise.all([1, 2, 3, 4, 5].map(() => idle.http.get(path).expect(200)));
      await vi.waitFor(() =>
        expect(find.mock.settledResults.map(({ type }) => type)).toEqual(new Array(5).fill('fulfilled')),
      );
      await sleep(20);
      answerAll('{"made": "once"}');
      expect((await asked).map(({ body: answer }) => answer)).toEqual(new Array(5).fill({ made: 'once' }));
      expect(made).toHaveBeenCalledTimes(1);

      // Runs that are under way when it is cancelled may still end.
      expect((await idle.http.delete(path).expect(202)).body.status).toBe('cancelled');
      expect(await meanOf()).toBe(0.25);
      const work = (await trials.work(second))!;
      await trials.finish(second, work, [{ seed: work.trial.seed, fingerprint: 'f', figures: [0.75] }], '9');
      expect(await meanOf()).toBe(0.5);
      await trials.cancel(first);
      made.mockClear();
      const asksForTrials = vi.spyOn(idle.app.get(ExperimentStore), 'hasOpenTrials');
      expect([await meanOf(), await meanOf(), await meanOf()]).toEqual([0.5, 0.5, 0.5]);
      expect(made).toHaveBeenCalledTimes(1);
      expect(asksForTrials).toHaveBeenCalledTimes(3);
    } finally {
      await idle.close();
    }
  });
});

describe('runs that fail', () => {
  it('are told with their cell and reason, and take nothing from the others', async () => {
    const limited = await startServer({}, { runLimits: { requests: 1e9, events: 1e9, wallMs: 1000, memoryMb: 512 } });
    try {
      const scenario = loadScenario({ ratePerSecond: 100, seconds: 20 });
      const variants = [{ name: 'too much', set: { traffic: [{ ...scenario.traffic[0], rate: '100000/s' }] } }];
      const { body } = await limited.http
        .post('/v1/experiments')
        .set('Prefer', 'wait=60')
        .send({ scenario, variants, seeds: 3, figures: ['ok'] })
        .expect(200);
      expect(body).toMatchObject({ status: 'succeeded', runs: { total: 6, done: 3, failed: 3 } });
      const failed = cellsOf(body).get('too much')!;
      expect(failed.failures).toMatchObject([
        { code: 'too-long', hint: expect.stringContaining('MAX_RUN_SECONDS'), count: 3 },
      ]);
      expect(failed.figures.ok).toMatchObject({ n: 0, mean: null });
      expect(body.cells[0].figures.ok.n).toBe(3);
    } finally {
      await limited.close();
    }
  });
});
