/** DELETE says the same each time: what is always there is deleted and made anew, everything else is gone. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { everyOperation } from './every-operation.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const status = async (method: string, url: string) => (await fetch(server.origin + url, { method })).status;

it('examples are deleted as often as somebody tries', async () => {
  const deletes = (await everyOperation(server)).filter(({ method }) => method === 'DELETE');
  expect(deletes.length).toBeGreaterThanOrEqual(6);
  for (const { name, url } of deletes) {
    expect([await status('DELETE', url()), await status('DELETE', url())], name).toEqual([204, 204]);
    if (!name.includes('keys')) expect(await status('GET', url()), name).toBe(200);
  }
});

const preset = 'pod-becomes-unready';
const variants = [{ name: 'v', set: { cluster: { version: '1.28' } } }];

it.each([
  ['/v1/simulations', { preset }],
  ['/v1/comparisons', { preset, variants }],
  ['/v1/experiments', { preset, variants, seeds: 1 }],
  ['/v1/webhooks', { url: 'https://receiver.example/' }],
])('one of %s is deleted once', async (path, body) => {
  const { headers } = await server.http.post(path).set('Prefer', 'wait=60').send(body);
  expect([await status('DELETE', headers.location!), await status('DELETE', headers.location!)]).toEqual([204, 404]);
});
