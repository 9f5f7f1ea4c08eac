/** Cursors belong to one list and its filters. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
/** Of each list, the cursor of its second page. */
const cursors = new Map<string, string>();

beforeAll(async () => {
  server = await startServer();
  const { http } = server;
  const { body: preset } = await http.get('/v1/presets/source-ip-tutorial');
  for (const n of [1, 2]) {
    const { body: scenario } = await http
      .post('/v1/scenarios')
      .send({ ...preset.document, name: `s${n}` })
      .expect(201);
    await http.post('/v1/simulations').send({ scenarioId: scenario.id }).expect(202);
    await http
      .post('/v1/webhooks')
      .send({ url: `https://hooks.example.com/${n}` })
      .expect(201);
  }
  for (const list of ['/v1/scenarios?', '/v1/simulations?', '/v1/webhooks?']) {
    const { body } = await http.get(`${list}limit=1`).expect(200);
    expect(body.next, list).toEqual(expect.any(String));
    cursors.set(list, body.next);
  }
});
afterAll(() => server.close());

it('a cursor goes on with its own list, also in pages of another size', async () => {
  for (const [list, cursor] of cursors) {
    const { body } = await server.http.get(`${list}limit=2&cursor=${cursor}`).expect(200);
    expect(body.items.length, list).toBeGreaterThanOrEqual(1);
  }
});

it('a cursor of another list, or of other filters, is refused', async () => {
  const lists = ['scenarios', 'simulations', 'webhooks', 'experiments', 'comparisons', 'keys'].map((l) => `/v1/${l}?`);
  const { id } = (await server.http.get('/v1/webhooks')).body.items[0];
  lists.push('/v1/simulations?status=queued&', '/v1/experiments?status=failed&', `/v1/webhooks/${id}/deliveries?`);
  for (const [from, cursor] of cursors)
    for (const list of lists.filter((other) => other !== from)) {
      const { status, body } = await server.http.get(`${list}cursor=${cursor}`);
      expect([status, body.code], `${from} in ${list}`).toEqual([422, 'invalid-cursor']);
    }
});
