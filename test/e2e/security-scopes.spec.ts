/** Nobody in without a key, and nobody further than the key's scope: over every operation that the OpenAPI document has. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AnyOperation, everyOperation } from './every-operation.js';
import { asPlayer, bearer, KEY_OF, type Player, startKeyedServer } from './keyed-server.js';
import type { TestServer } from './server.js';

let server: TestServer;
let operations: AnyOperation[];
beforeAll(async () => {
  server = await startKeyedServer();
  operations = await everyOperation(server);
});
afterAll(() => server.close());

async function ask(player: Player | null, operation: AnyOperation, headers: Record<string, string> = {}) {
  const { method, body } = operation;
  const more = { headers: { ...operation.headers, ...headers }, ...(body === undefined ? {} : { body }) };
  const response = await asPlayer(server, player)(method, operation.url(), more);
  const text = await response.text();
  const problem = response.headers.get('content-type')?.startsWith('application/problem+json')
    ? JSON.parse(text)
    : null;
  return { status: response.status, problem, challenge: response.headers.get('www-authenticate') ?? '' };
}

it('every operation but those that are open to all asks for a key', async () => {
  const open: string[] = [];
  for (const operation of operations) {
    const { status, problem, challenge } = await ask(null, operation);
    if (operation.access === 'open') {
      expect(status, operation.name).toBe(200);
      open.push(operation.name);
      continue;
    }
    expect(status, operation.name).toBe(401);
    expect(problem, operation.name).toMatchObject({ code: 'unauthenticated' });
    expect(challenge, operation.name).toBe('Bearer realm="hairpin"');
  }
  expect(open.sort()).toEqual(['GET /livez', 'GET /readyz', 'GET /v1/schemas/scenario.json']);
});

it('a key that opens nothing is told so, wherever it is shown', async () => {
  for (const authorization of [
    `Bearer ${'x'.repeat(40)}`,
    'Bearer hp_',
    `Basic ${btoa('a:b')}`,
    'Bearer ',
    'x'.repeat(5000),
  ])
    for (const operation of operations) {
      const { status, challenge } = await ask(null, operation, { authorization });
      expect(status, `${operation.name} with ${authorization.slice(0, 50)}`).toBe(401);
      expect(challenge).toContain('error="invalid_token"');
    }
});

it('every operation that needs more than the key has is refused, with the scope that is missing', async () => {
  const tooLittle: Record<string, Player[]> = {
    write: ['reader'],
    admin: ['reader', 'writer'],
    'operator-read': ['alice'],
  };
  let refused = 0;
  for (const operation of operations)
    for (const player of tooLittle[operation.access] ?? []) {
      const { status, problem, challenge } = await ask(player, operation);
      expect(status, `${operation.name} as ${player}`).toBe(403);
      expect(problem).toMatchObject({ code: 'forbidden', issues: [{ code: 'missing-scope' }] });
      expect(challenge).toContain('error="insufficient_scope"');
      if (operation.access === 'write' || operation.access === 'admin')
        expect(challenge, operation.name).toContain(`scope="${operation.access}"`);
      refused++;
    }
  expect(refused).toBeGreaterThan(10);
});

it('every operation answers whoever has its scope', async () => {
  const enough: Record<string, Player> = {
    read: 'reader',
    write: 'writer',
    admin: 'alice',
    'operator-read': 'operator',
  };
  for (const operation of operations) {
    const player = enough[operation.access];
    if (player === undefined) continue;
    const { status } = await ask(player, operation);
    expect([401, 403], `${operation.name} as ${player} answers ${status}`).not.toContain(status);
    expect(status, operation.name).toBeLessThan(500);
  }
});

it('other spellings of a path and of a method lead to no more', async () => {
  const as = asPlayer(server, 'reader');
  const body = JSON.stringify({ name: 'mine', scope: 'admin' });
  for (const path of ['/V1/KEYS', '/v1/keys/', '/v1//keys', '/v1/%6beys', '/v1/keys?x=1', '/v1/./keys', '/v1/keys/.'])
    expect((await as('POST', path, { body })).status, path).toBeOneOf([403, 404]);
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    expect((await as(method, '/v1/keys', { body })).status, method).toBeOneOf([403, 404, 405]);
  expect((await as('HEAD', '/v1/keys')).status).toBe(403);
  expect((await as('POST', '/v1/keys', { body, headers: { 'x-http-method-override': 'GET' } })).status).toBe(403);
});

it('a key in the query or in a cookie opens nothing', async () => {
  const as = asPlayer(server, null);
  expect((await as('GET', `/v1/simulations?access_token=${KEY_OF.reader}`)).status).toBe(401);
  expect((await as('GET', '/v1/simulations', { headers: { cookie: `key=${KEY_OF.reader}` } })).status).toBe(401);
});

it('the pages that anybody may read are the home page, the documentation and its document', async () => {
  const as = asPlayer(server, null);
  for (const path of ['/', '/docs/', '/openapi.json', '/openapi.yaml'])
    expect((await as('GET', path)).status, path).toBe(200);
  expect(await (await as('GET', '/readyz')).json()).toEqual({ status: 'ready' });
  const { body } = await server.http.get('/readyz').set(bearer(KEY_OF.operator));
  expect(body).toMatchObject({ simulations: {} });
  for (const path of ['/metrics', '/v1/presets']) expect((await as('GET', path)).status, path).toBe(401);
});

it('whoever is not known sends no body', async () => {
  const answer = await asPlayer(server, null)('POST', '/v1/scenarios', { body: 'x'.repeat(5_000_000) });
  expect(answer.status).toBe(401);
});
