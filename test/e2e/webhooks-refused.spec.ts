/** Webhooks that cannot be: each is refused with its place. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MAX_WEBHOOKS: '2' });
});
afterAll(() => server.close());

const refused = async (body: unknown) =>
  (
    await server.http
      .post('/v1/webhooks')
      .send(body as object)
      .expect(422)
  ).body;

it.each<[string, Record<string, unknown>, string, string]>([
  ['no URL', {}, '/url', 'missing-field'],
  ['a URL that is none', { url: 'hooks' }, '/url', 'bad-url'],
  ['a private address', { url: 'https://10.0.0.1/' }, '/url', 'bad-url'],
  ['metadata', { url: 'http://169.254.169.254/latest/meta-data/' }, '/url', 'bad-url'],
  ['credentials', { url: 'https://user:pass@example.com/' }, '/url', 'bad-url'],
  ['a port of another service', { url: 'https://example.com:25/' }, '/url', 'bad-url'],
  ['an unknown event', { url: 'https://example.com/', events: ['simulation.exploded'] }, '/events/0', 'unknown-value'],
  ['no event', { url: 'https://example.com/', events: [] }, '/events', 'out-of-range'],
  [
    'too long a description',
    { url: 'https://example.com/', description: 'a'.repeat(501) },
    '/description',
    'out-of-range',
  ],
  ['a weak secret', { url: 'https://example.com/', secret: 'whsec_c2hvcnQ=' }, '/secret', 'bad-value'],
  ['an unknown field', { url: 'https://example.com/', event: ['*'] }, '/event', 'unknown-field'],
])('%s is refused with its place', async (_, body, path, code) => {
  const problem = await refused(body);
  expect(problem).toMatchObject({ code: 'invalid-request', issues: [{ path, code }] });
  expect(JSON.stringify(problem)).not.toContain('c2hvcnQ');
});

it('of a simulation’s webhook is refused with its place', async () => {
  const post = async (webhook: unknown) =>
    (await server.http.post('/v1/simulations').send({ preset: 'source-ip-tutorial', webhook }).expect(422)).body.issues;
  expect(await post({ url: 'https://192.168.0.1/' })).toMatchObject([{ path: '/webhook/url', code: 'bad-url' }]);
  expect(await post({})).toMatchObject([{ path: '/webhook/url', code: 'missing-field' }]);
  expect(await post('https://example.com/')).toMatchObject([{ path: '/webhook' }]);
});

it('more webhooks than there may be are refused, and those of others are not found', async () => {
  const subscribe = () => server.http.post('/v1/webhooks').send({ url: 'https://receiver.example/', enabled: false });
  const { id } = (await subscribe().expect(201)).body;
  await subscribe().expect(201);
  const { body } = await subscribe().expect(409);
  expect(body).toMatchObject({ code: 'limit-reached', detail: expect.stringContaining('MAX_WEBHOOKS') });
  for (const path of ['', '/deliveries', '/deliveries/none'])
    await server.http.get(`/v1/webhooks/none${path}`).expect(404);
  await server.http.get(`/v1/webhooks/${id}/deliveries/none`).expect(404);
  await server.http.post(`/v1/webhooks/${id}/deliveries/none/redeliver`).expect(404);
  await server.http.post('/v1/webhooks/none/test').expect(404);
  await server.http.delete('/v1/webhooks/none').expect(404);
});
