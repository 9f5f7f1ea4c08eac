import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ScenarioStore, SimulationStore } from '#platform';
import { parseScenario } from '#scenario';
import { createRun, type Scenario } from '#sim';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const TUTORIAL = { preset: 'source-ip-tutorial' };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function untilStatus(id: string, ...statuses: string[]): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await server.http.get(`/v1/simulations/${id}`).expect(200);
    if (statuses.includes(body.status)) return body;
    await sleep(10);
  }
}

describe('a simulation', () => {
  it('is accepted, run, and read', async () => {
    const accepted = await server.http.post('/v1/simulations').send(TUTORIAL).expect(202);
    expect(accepted.headers.location).toBe(`/v1/simulations/${accepted.body.id}`);
    expect(['queued', 'running']).toContain(accepted.body.status);
    const ended = await untilStatus(accepted.body.id, 'succeeded', 'failed');
    expect(ended).toMatchObject({
      status: 'succeeded',
      progress: 1,
      attempts: 1,
      error: null,
      preset: 'source-ip-tutorial',
    });
    expect(ended.fingerprint).toMatch(/^[\da-f]{16}$/);
    expect(ended.summary).toMatchObject({ outcomes: { ok: expect.any(Number) } });
  });

  it('is waited for with Prefer, and told as its transcript to whoever wants text', async () => {
    const { text, headers } = await server.http
      .post('/v1/simulations')
      .set({ Prefer: 'wait=30', Accept: 'text/plain', 'Content-Type': 'application/yaml' })
      .send('preset: source-ip-tutorial')
      .expect(200);
    expect(headers['preference-applied']).toBe('wait=30');
    expect(text).toContain('client_address=10.180.1.1');
    const transcript = await server.http.get(`${headers.location}/transcript`).expect(200);
    expect(transcript.text).toBe(text);
  });

  it.each([
    ['wait=100000', 200, 'wait=60'],
    ['wait=10s', 202, 'wait=0'],
    ['respond-async', 202, 'respond-async'],
    ['return=minimal', 202, undefined],
  ])('with Prefer: %s is a %i that tells what came of it: %s', async (prefer, status, applied) => {
    const run = server.http.post('/v1/simulations').set('Prefer', prefer).send({ preset: 'source-ip-tutorial' });
    const { headers } = await run.expect(status);
    expect(headers['preference-applied']).toBe(applied);
  });

  it('warns of what may not be as it was meant, as JSON and before the transcript', async () => {
    const scenario = loadScenario({ ratePerSecond: 20, seconds: 5 });
    Object.assign(scenario.objects[3]!.spec, { sesionAffinity: 'ClientIP' });
    const path = '/scenario/objects/3/spec/sesionAffinity';
    const simulation = await simulate(server, { scenario });
    expect(simulation.warnings).toMatchObject([{ code: 'unknown-field', severity: 'warning', path }]);
    for (const prefer of ['wait=30', 'wait=0']) {
      const { text } = await server.http
        .post('/v1/simulations')
        .set({ Prefer: prefer, Accept: 'text/plain' })
        .send({ scenario });
      expect(text.split('\n')[0]).toMatch(new RegExp(`^# warning: ${path}: .*did you mean "sessionAffinity"`));
    }
    expect((await simulate(server, TUTORIAL)).warnings).toEqual([]);
  });

  it.each(['/v1/simulations', '/v1/experiments', '/v1/traces'])(
    'of a scenario that an earlier version has stored, and this one does not take, is refused with its place: %s',
    async (path) => {
      const document = { ...loadScenario({ ratePerSecond: 20, seconds: 5 }), expects: [] };
      const stored = { name: 'earlier', digest: 'd'.repeat(64), document: JSON.stringify(document) };
      const { id } = await server.app.get(ScenarioStore).add('default', stored);
      const packet = { from: { client: 'laptop' }, to: { ip: '10.240.0.4', port: 31_234 } };
      const more = { '/v1/experiments': { seeds: 2 }, '/v1/traces': { packet } }[path];
      const { body } = await server.http
        .post(path)
        .send({ scenarioId: id, ...more })
        .expect(422);
      expect(body).toMatchObject({
        code: 'invalid-scenario',
        detail: expect.stringContaining(`PUT /v1/scenarios/${id}`),
      });
      expect(body.issues).toMatchObject([
        { code: 'unknown-field', severity: 'error', path: '/expects', hint: expect.stringContaining('"expect"') },
      ]);
      const read = await server.http.get(`/v1/scenarios/${id}`).expect(200);
      expect(read.body.document).toEqual(document);
    },
  );

  it('of a stored scenario runs what was stored then, whatever becomes of it', async () => {
    const document = loadScenario({ ratePerSecond: 20, seconds: 5 });
    const stored = await server.http.post('/v1/scenarios').send(document).expect(201);
    const before = await simulate(server, { scenarioId: stored.body.id });
    expect(before.digest).toBe(stored.body.digest);
    await server.http.delete(`/v1/scenarios/${stored.body.id}`).expect(204);
    const read = await server.http.get(`/v1/simulations/${before.id}`).expect(200);
    expect(read.body).toMatchObject({ status: 'succeeded', scenarioId: stored.body.id });
    await server.http.post('/v1/simulations').send({ scenarioId: stored.body.id }).expect(404);
  });

  it('has other dice with another seed, and the same with the same', async () => {
    const scenario = loadScenario({ ratePerSecond: 50, seconds: 10 });
    const runs = [];
    for (const seed of [5, 5, 6]) runs.push(await simulate(server, { scenario, seed }));
    expect(runs.map((run) => run.seed)).toEqual([5, 5, 6]);
    expect(runs[0]!.fingerprint).toBe(runs[1]!.fingerprint);
    expect(runs[0]!.fingerprint).not.toBe(runs[2]!.fingerprint);
    expect(runs[0]!.digest).toBe(runs[2]!.digest);
  });

  it('is the same however the run is sliced', async () => {
    const document = loadScenario({ ratePerSecond: 2000, seconds: 10, policy: 'Local' });
    const overHttp = await simulate(server, { scenario: document });
    const scenario = parseScenario(document).scenario as Scenario;
    for (const slice of [1, 7, 1000, Number.MAX_SAFE_INTEGER]) {
      const run = createRun(scenario, { onChunk() {} });
      while (!run.step(slice));
      expect(run.result().fingerprint, `slices of ${slice}`).toBe(overHttp.fingerprint);
    }
  });

  it('is listed by status and scenario, newest first', async () => {
    const { body } = await server.http.get('/v1/simulations?status=succeeded&limit=1000').expect(200);
    expect(body.items.length).toBeGreaterThan(2);
    const times = body.items.map((item: { createdAt: string }) => item.createdAt);
    expect(times).toEqual([...times].sort().reverse());
    const none = await server.http.get('/v1/simulations?scenarioId=nobody').expect(200);
    expect(none.body).toEqual({ items: [], next: null });
  });

  it('is deleted with its results', async () => {
    const { id } = await simulate(server, TUTORIAL);
    await server.http.delete(`/v1/simulations/${id}`).expect(204);
    for (const part of ['', '/requests', '/healthz', '/transcript', '/events', '/requests/0/diagram'])
      await server.http.get(`/v1/simulations/${id}${part}`).expect(404);
    await server.http.delete(`/v1/simulations/${id}`).expect(404);
  });

  it('is only checked with dryRun=All', async () => {
    const before = await server.http.get('/v1/simulations?limit=1').expect(200);
    const { body } = await server.http.post('/v1/simulations?dryRun=All').send(TUTORIAL).expect(200);
    expect(body).toMatchObject({ dryRun: true, name: 'source-ip-tutorial' });
    const after = await server.http.get('/v1/simulations?limit=1').expect(200);
    expect(after.body.items[0]?.id).toBe(before.body.items[0]?.id);
  });
});

describe('an Idempotency-Key', () => {
  const send = (key: string, body: object) =>
    server.http.post('/v1/simulations').set('Idempotency-Key', key).send(body);

  it('gets the simulation of the first request again', async () => {
    const first = await send('once', TUTORIAL);
    const again = await send('once', TUTORIAL);
    expect(again.body.id).toBe(first.body.id);
    expect(again.headers).toMatchObject({ location: first.headers.location, 'idempotency-replayed': 'true' });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
  });

  it('makes one simulation of twenty requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send('crowd', TUTORIAL)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('is refused for another body, and when it is no key', async () => {
    await send('busy', TUTORIAL);
    const { body } = await send('busy', { ...TUTORIAL, seed: 2 }).expect(422);
    expect(body.code).toBe('idempotency-key-reused');
    await send('x'.repeat(256), TUTORIAL).expect(422);
  });
});

describe('a simulation that is cancelled', () => {
  const ENDLESS = { scenario: loadScenario({ ratePerSecond: 50_000, seconds: 200 }) };

  it('stops within 100 ms while it runs', async () => {
    const tookMs: number[] = [];
    for (let n = 0; n < 5; n++) {
      const { body } = await server.http.post('/v1/simulations').send(ENDLESS).expect(202);
      await untilStatus(body.id, 'running');
      await sleep(300);
      const began = performance.now();
      await server.http.delete(`/v1/simulations/${body.id}`).expect(202);
      const ended = await untilStatus(body.id, 'cancelled');
      tookMs.push(Math.round(performance.now() - began));
      expect(ended).toMatchObject({ status: 'cancelled', summary: null, error: null });
      const { body: none } = await server.http.get(`/v1/simulations/${body.id}/requests`).expect(409);
      expect(none.detail).toBe(`Simulation ${body.id} was cancelled.`);
      await server.http.delete(`/v1/simulations/${body.id}`).expect(204);
    }
    console.log(`cancel: ${tookMs.join(', ')} ms`);
    expect([...tookMs].sort((a, b) => a - b)[2]).toBeLessThan(100);
  });

  it('never runs when it was waiting', async () => {
    const running = await Promise.all([1, 2].map(() => server.http.post('/v1/simulations').send(ENDLESS).expect(202)));
    for (const { body } of running) await untilStatus(body.id, 'running');
    const waiting = await server.http.post('/v1/simulations').send(TUTORIAL).expect(202);
    const cancelled = await server.http.delete(`/v1/simulations/${waiting.body.id}`).expect(202);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', startedAt: null });
    const early = await server.http.get(`/v1/simulations/${running[0]!.body.id}/transcript`).expect(409);
    expect(early.body.code).toBe('not-finished');
    expect(early.headers['retry-after']).toBe('1');
    for (const { body } of running) await server.http.delete(`/v1/simulations/${body.id}`).expect(202);
    for (const { body } of running) await untilStatus(body.id, 'cancelled');
    expect((await untilStatus(waiting.body.id, 'cancelled')).attempts).toBe(0);
  });
});

describe('a simulation that is given back while somebody ends it', () => {
  it('is not deleted with what has ended, but cancelled', async () => {
    const store = server.app.get(SimulationStore);
    const { body } = await server.http
      .post('/v1/simulations')
      .send({ scenario: loadScenario({ ratePerSecond: 50_000, seconds: 200 }) })
      .expect(202);
    // Neither of its two looks has found it waiting or running.
    const look = vi.spyOn(store, 'requestCancel').mockResolvedValueOnce('finished');
    await server.http.delete(`/v1/simulations/${body.id}`).expect(202);
    expect(look).toHaveBeenCalledTimes(2);
    look.mockRestore();
    await untilStatus(body.id, 'cancelled');
  });
});

describe('the example', () => {
  it('is always there, also after it was deleted, and for many at once', async () => {
    await server.http.get('/v1/simulations/example/transcript').expect(200);
    await server.http.delete('/v1/simulations/example').expect(204);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => server.http.get('/v1/simulations/example/requests?limit=1')),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await server.http.get('/v1/scenarios/example').expect(200);
    await server.http.delete('/v1/scenarios/example').expect(204);
    await server.http.get('/v1/scenarios/example').expect(200);
  });
});

describe('readiness and metrics', () => {
  it('tell of the simulations', async () => {
    await server.http.get('/livez').expect(200, 'ok\n');
    const ready = await server.http.get('/readyz').expect(200);
    expect(ready.body).toMatchObject({ status: 'ready', simulations: { succeeded: expect.any(Number) } });
    const { text } = await server.http.get('/metrics').expect(200);
    expect(text).toMatch(/^hairpin_simulations\{status="succeeded"\} [1-9]/m);
    expect(text).toMatch(/^hairpin_simulations_ended_total\{status="cancelled"\} [1-9]/m);
    expect(text).toMatch(/route="\/v1\/simulations\/:id",status="200"/);
    expect(text).toMatch(/^hairpin_simulated_requests_total [1-9]/m);
  });

  it('are found on the page for people', async () => {
    const { text, headers } = await server.http.get('/').expect(200);
    expect(headers['content-type']).toContain('text/html');
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!.replaceAll('&amp;', '&'));
    expect(links.length).toBeGreaterThan(8);
    for (const link of links) await server.http.get(link).expect(200);
    expect(text).not.toMatch(/<script/);
  });

  it('and Swagger UI loads under the content policy: no inline script, all files of its own', async () => {
    const { text, headers } = await server.http.get('/docs/').expect(200);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    const scripts = [...text.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(2);
    for (const [, attributes, inline] of scripts) {
      expect(inline!.trim()).toBe('');
      const source = /src="\.\/([^"]+)"/.exec(attributes!)?.[1];
      await server.http
        .get(`/docs/${source}`)
        .expect(200)
        .expect('content-type', /javascript/);
    }
    const init = await server.http.get('/docs/swagger-ui-init.js').expect(200);
    expect(init.text).toContain('createSimulation');
  });
});
