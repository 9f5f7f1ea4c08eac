import { afterEach, describe, expect, it } from 'vitest';
import { type NewSimulation, SimulationJobs, SimulationStore } from '#platform';
import { parseScenario } from '#scenario';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
afterEach(() => server.close());

async function ended(id: string) {
  for (;;) {
    const { body } = await server.http.get(`/v1/simulations/${id}`).expect(200);
    if (body.status !== 'queued' && body.status !== 'running') return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function run(scenario: object) {
  const { body } = await server.http.post('/v1/simulations').send({ scenario }).expect(202);
  return ended(body.id);
}

/** Past the API's own checks, as a defect of the model would meet it. */
async function runUnchecked(scenario: string, more: Partial<NewSimulation> = {}) {
  const store = server.app.get(SimulationStore);
  const { row } = await store.accept('default', {
    name: 'unchecked',
    scenarioId: null,
    preset: null,
    digest: 'd'.repeat(64),
    scenario,
    seed: 99,
    ...more,
  });
  return ended(row.id);
}

describe('a run beyond its limits', () => {
  it('is refused before it starts where that can be known', async () => {
    server = await startServer({ MAX_REQUESTS: '1000' });
    const scenario = loadScenario({ ratePerSecond: 1000, seconds: 10 });
    const { body } = await server.http.post('/v1/simulations').send({ scenario }).expect(422);
    expect(body.issues[0]).toMatchObject({ code: 'too-many', path: expect.stringContaining('/traffic') });
  });

  it.each([
    ['events', { requests: 1e9, events: 20_000, wallMs: 60_000, memoryMb: 512 }, 'too-many-events'],
    ['requests', { requests: 30_000, events: 1e9, wallMs: 60_000, memoryMb: 512 }, 'too-many-requests'],
    ['time', { requests: 1e9, events: 1e9, wallMs: 100, memoryMb: 512 }, 'too-long'],
  ])('of %s fails with the reason, and leaves no results', async (_, runLimits, code) => {
    server = await startServer({ WORKER_THREADS: '1' }, { runLimits });
    const scenario = loadScenario({ ratePerSecond: 50_000, seconds: 100 });
    const failed = await runUnchecked(normalised(scenario));
    expect(failed).toMatchObject({ status: 'failed', attempts: 1, fingerprint: null, error: { code } });
    expect(failed.error.message).toMatch(/MAX_(EVENTS|REQUESTS|RUN_SECONDS)/);
    expect(failed.error.hint).toMatch(/^Lower the rate .* MAX_(EVENTS|REQUESTS|RUN_SECONDS)\.$/);
    const { body } = await server.http.get(`/v1/simulations/${failed.id}/requests`).expect(409);
    expect(body).toMatchObject({ code: 'no-results', detail: expect.stringContaining('MAX_') });
  });

  it('of memory fails with the reason, and the next one runs', async () => {
    server = await startServer({ WORKER_THREADS: '1', MAX_RUN_MEMORY_MB: '64' });
    // Millions of connections at a time, which wait for a node that drops their packets.
    const scenario = loadScenario({ ratePerSecond: 200_000, seconds: 100, policy: 'Local' });
    for (const traffic of scenario.traffic) traffic.connectTimeout = '100s';
    const failed = await runUnchecked(normalised(scenario));
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'too-much-memory' } });
    expect(failed.error.hint).toMatch(/^Lower the rate .* MAX_RUN_MEMORY_MB\.$/);
    expect(await run(loadScenario({ ratePerSecond: 10, seconds: 2 }))).toMatchObject({ status: 'succeeded' });
  });
});

describe('a run that meets a defect of the model', () => {
  it('fails at once, with what is needed to see it again, and is not tried for ever', async () => {
    server = await startServer();
    const failed = await runUnchecked('{"objects": []}');
    expect(failed).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'model-crashed' } });
    expect(failed.error.hint).toContain('a defect of Hairpin');
    expect(failed.error.message).toMatch(new RegExp(`To reproduce: digest ${'d'.repeat(64)}, seed 99\\.$`));
    const { text } = await server.http.get(`/v1/simulations/${failed.id}/events`).expect(200);
    expect(text).toContain('"status":"failed"');
  });

  it('and kills its process again and again is given up', async () => {
    server = await startServer({ MAX_ATTEMPTS: '3', WORKER_THREADS: '1' });
    // As many processes as are allowed have died over it.
    const jobs = server.app.get(SimulationJobs);
    const store = server.app.get(SimulationStore);
    const blocker = await server.http
      .post('/v1/simulations')
      .send({ scenario: loadScenario({ ratePerSecond: 50_000, seconds: 200 }) })
      .expect(202);
    while ((await store.find('default', blocker.body.id))?.status !== 'running')
      await new Promise((resolve) => setTimeout(resolve, 5));
    const { row } = await store.accept('default', {
      name: 'deadly',
      scenarioId: null,
      preset: null,
      digest: 'e'.repeat(64),
      scenario: '{}',
      seed: 1,
    });
    for (let death = 0; death < 3; death++) expect((await jobs.claim(-1))?.attempt).toBe(death + 1);
    await server.http.delete(`/v1/simulations/${blocker.body.id}`).expect(202);
    const given = await ended(row.id);
    expect(given).toMatchObject({ status: 'failed', attempts: 4, error: { code: 'worker-died' } });
    expect(given.error.message).toContain('MAX_ATTEMPTS');
  });
});

function normalised(document: object): string {
  return JSON.stringify(parseScenario(document).scenario);
}
