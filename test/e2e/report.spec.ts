/** Reports by HTTP: formats, headers, and what they cost with a million requests behind them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { simulate, startServer, type TestServer } from './server.js';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startServer();
  ({ id } = await simulate(server, { preset: 'pod-becomes-unready' }));
}, 60_000);
afterAll(() => server.close());

describe('GET /v1/simulations/{id}/report', () => {
  it('is HTML with a content policy of its own, and SVG where that is asked for', async () => {
    const html = await server.http.get(`/v1/simulations/${id}/report`).expect(200);
    expect(html.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(html.headers['content-security-policy']).toMatch(
      /^default-src 'none'; .*script-src 'sha256-.*frame-ancestors 'none'$/,
    );
    expect(html.headers.vary).toContain('Accept');
    expect(html.text).toContain('127 (4.3 %) failed');
    const svg = await server.http.get(`/v1/simulations/${id}/report`).set('Accept', 'image/svg+xml').expect(200);
    expect(svg.headers['content-type']).toMatch(/^image\/svg\+xml/);
    expect(svg.body.toString()).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    await server.http.get(`/v1/simulations/${id}/report`).set('Accept', 'application/pdf').expect(406);
  });

  it('has an ETag that names run and format, and answers 304 to it', async () => {
    const first = await server.http.get(`/v1/simulations/${id}/report`).expect(200);
    const { etag } = first.headers as { etag: string };
    expect(first.headers['cache-control']).toBe('private, no-cache');
    await server.http.get(`/v1/simulations/${id}/report`).set('If-None-Match', etag).expect(304);
    await server.http.get(`/v1/simulations/${id}/report`).set('If-None-Match', `"other", W/${etag}`).expect(304);
    await server.http.get(`/v1/simulations/${id}/report`).set('If-None-Match', '"other"').expect(200);
    const other = { Accept: 'image/svg+xml', 'If-None-Match': etag };
    await server.http.get(`/v1/simulations/${id}/report`).set(other).expect(200);
  });

  it('is linked from a run that has succeeded, and is not there for others', async () => {
    const { body } = await server.http.get(`/v1/simulations/${id}`).expect(200);
    expect(body.links.report).toBe(`/v1/simulations/${id}/report`);
    await server.http.get('/v1/simulations/nobody/report').expect(404);
    await server.http.get(`/v1/simulations/${id}/report?format=svg`).expect(422);
  });

  it('comes with the run itself, and is linked from the page for people', async () => {
    const ran = server.http.post('/v1/simulations').set('Prefer', 'wait=60').set('Accept', 'text/html');
    const { text, headers } = await ran.send({ preset: 'source-ip-tutorial' }).expect(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).toContain('<h1>source-ip-tutorial</h1>');
    const later = server.http.post('/v1/simulations').set('Accept', 'text/html');
    const { text: where } = await later.send({ preset: 'source-ip-tutorial', seed: 5 }).expect(202);
    expect(where).toMatch(/^\w+: GET \/v1\/simulations\/[\w-]+\/report\n$/);
    const home = await server.http.get('/').expect(200);
    expect(home.text).toContain(`<a href="${headers.location}/report">Report of its last run</a>`);
  });

  it('is written for a large scenario too, in a thread', async () => {
    const scenario = loadScenario({ ratePerSecond: 100, seconds: 5 });
    const more = Array.from({ length: 500 }, (_, n) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `more-${n}` },
      spec: { podCIDR: `10.${190 + (n >> 8)}.${n & 255}.0/24` },
      status: { addresses: [{ type: 'InternalIP', address: `10.241.${n >> 8}.${n & 255}` }] },
    }));
    const { id: large } = await simulate(server, {
      scenario: { ...scenario, objects: [...scenario.objects, ...more] },
    });
    const { text } = await server.http.get(`/v1/simulations/${large}/report`).expect(200);
    expect(text).toContain('answered 200 from beginning to end on 502 nodes');
    const svg = await server.http.get(`/v1/simulations/${large}/report`).set('Accept', 'image/svg+xml').expect(200);
    expect(svg.body.toString()).toMatch(/<\/svg>$/);
  }, 60_000);

  it('tells the same numbers as the summary and the rows', async () => {
    const { body } = await server.http.get(`/v1/simulations/${id}`).expect(200);
    const { text } = await server.http.get(`/v1/simulations/${id}/report`).expect(200);
    const { bins, names } = JSON.parse(/<script type="application\/json" id="data">([^<]*)</.exec(text)![1]!) as {
      bins: { counts: number[] }[];
      names: string[];
    };
    const sums = names.map((_, n) => bins.reduce((sum, { counts }) => sum + counts[n]!, 0));
    const { ok, ...failed } = body.summary.outcomes as Record<string, number>;
    expect(Object.fromEntries(names.map((name, n) => [name, sums[n]]))).toEqual({ answered: ok, ...failed });
    const number = Number(/id="r(\d+)"/.exec(text)![1]);
    const page = await server.http.get(`/v1/simulations/${id}/requests?outcome=dropped&limit=1`).expect(200);
    expect(page.body.items[0].request).toBe(number);
  });
});

it('takes little with a million requests behind it, and lets others have their turn', async () => {
  const run = await simulate(server, {
    scenario: loadScenario({ ratePerSecond: 10_000, seconds: 100, policy: 'Local' }),
  });
  const began = performance.now();
  let ended = false;
  const reading = server.http.get(`/v1/simulations/${run.id}/report`).then((response) => {
    ended = true;
    return response;
  });
  const waits: number[] = [];
  while (!ended) {
    const asked = performance.now();
    await server.http.get('/livez').expect(200);
    waits.push(performance.now() - asked);
  }
  const { text } = await reading;
  const tookMs = performance.now() - began;
  waits.sort((a, b) => a - b);
  console.log(
    `report of 1e6 requests: ${tookMs.toFixed(0)} ms, ${(text.length / 1e3).toFixed(0)} kB; meanwhile /livez in ${waits[waits.length >> 1]?.toFixed(0)} ms, at most ${waits.at(-1)?.toFixed(0)} ms`,
  );
  expect(text).toMatch(/Of (9\d\d,\d{3}|1,0\d\d,\d{3}) requests/);
  expect(text.length).toBeLessThan(1.5e6);
  expect(tookMs).toBeLessThan(10_000);
  expect(waits.length).toBeGreaterThan(3);
}, 120_000);
