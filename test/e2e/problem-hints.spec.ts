/** Every problem says what to do about it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyOperation } from './every-operation.js';
import { bearer, KEY_OF, startKeyedServer } from './keyed-server.js';
import { startServer, type TestServer } from './server.js';

let open: TestServer;
let keyed: TestServer;
beforeAll(async () => {
  open = await startServer();
  keyed = await startKeyedServer();
});
afterAll(async () => {
  await open.close();
  await keyed.close();
});

it('an id that is not there: where the list is, and why it may be gone', async () => {
  const ids = (await everyOperation(open)).filter(({ path }) => path.includes('{id}') && !path.includes('keys'));
  expect(ids.length).toBeGreaterThan(20);
  for (const { method, name, url, headers, body } of ids) {
    const sent = body === undefined ? {} : { body, headers: { ...headers, 'content-type': 'application/json' } };
    const answer = await fetch(open.origin + url('nowhere'), { method, headers, ...sent });
    const problem = (await answer.json()) as Record<string, unknown>;
    expect(problem, name).toMatchObject({ status: 404, code: 'not-found', detail: expect.stringContaining('nowhere') });
    expect(problem.hint, name).toMatch(/GET \/v1\/\S+ lists .* may have been deleted/);
  }
});

it.each([
  ['/simulations', 'Did you mean /v1/simulations? /docs lists every call.'],
  ['/v1/simulatoins', 'Did you mean /v1/simulations? /docs lists every call.'],
  ['/etc/passwd', 'Nearly all calls begin with /v1; /docs lists every call.'],
])('a path that is not there, %s: the one that was meant, or where they are', async (path, hint) => {
  const { body } = await open.http.get(path).expect(404);
  expect(body).toMatchObject({ detail: `There is no GET ${path}.`, hint });
});

it('a preset where a stored scenario is asked for', async () => {
  const sent = { scenarioId: 'source-ip-tutorial' };
  const { body } = await open.http.post('/v1/simulations').send(sent).expect(404);
  expect(body.hint).toContain('"preset": "source-ip-tutorial"');
});

it('a key that is missing, wrong or too weak: how one is sent, who makes one', async () => {
  const make = () => keyed.http.post('/v1/keys').send({ name: 'a', scope: 'read' });
  const hints = [
    await keyed.http.get('/v1/simulations').expect(401),
    await keyed.http.get('/v1/simulations').set('authorization', 'Bearer hp_wrong').expect(401),
    await make().set(bearer(KEY_OF.writer)).expect(403),
  ].map(({ body }) => body.hint as string);
  expect(hints).toEqual([
    expect.stringMatching(/Authorization: Bearer hp_….*POST \/v1\/keys.*API_KEYS/),
    expect.stringMatching(/Authorization: Bearer hp_….*POST \/v1\/keys.*API_KEYS/),
    expect.stringContaining('POST /v1/keys'),
  ]);
});

it('a page of another site, on a server that asks nobody for a key', async () => {
  const { body } = await open.http.get('/v1/simulations').set('Origin', 'https://elsewhere.example').expect(403);
  expect(body.hint).toContain('CORS_ORIGINS');
});
