/** What an operation answers to requests that are wrong in any of these ways is what its description tells. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AnyOperation, everyOperation } from './every-operation.js';
import { bearer, KEY_OF, startKeyedServer } from './keyed-server.js';
import { startServer, type TestServer } from './server.js';

type Described = Record<string, { content?: Record<string, { examples?: object }> }>;

let open: TestServer;
let keyed: TestServer;
let operations: AnyOperation[];
let responses: (operation: AnyOperation) => Described;
beforeAll(async () => {
  open = await startServer({ MAX_BODY_BYTES: '100000' });
  keyed = await startKeyedServer();
  operations = await everyOperation(open);
  const { body } = await open.http.get('/openapi.json');
  responses = ({ method, path }) => body.paths[path][method.toLowerCase()].responses;
});
afterAll(async () => {
  await open.close();
  await keyed.close();
});

interface Wrong {
  server?: () => TestServer;
  url?: (operation: AnyOperation) => string;
  headers?: Record<string, string>;
  /** `own`: that of the operation's example. */
  body?: string;
  /** Whether it is wrong for that operation. */
  of?: (operation: AnyOperation) => boolean;
}

const takesBody = ({ bodies }: AnyOperation) => bodies.length > 0;
const takesId = ({ path }: AnyOperation) => path.includes('{id}');
const json = { 'content-type': 'application/json' };

it.each<[string, number, Wrong]>([
  ['a key that opens nothing', 401, { server: () => keyed, headers: bearer('hp_wrong') }],
  ['a page of another site', 403, { headers: { origin: 'https://elsewhere.example' } }],
  ['a broken percent sign', 400, { of: takesId, url: ({ url }) => url('%E0%A4%A') }],
  ['an id that is not there', 404, { of: takesId, url: ({ url }) => url('nowhere'), headers: json, body: 'own' }],
  ['no body', 400, { of: (one) => takesBody(one) && !one.path.includes('rotate') }],
  ['no JSON', 400, { of: takesBody, headers: json, body: '{' }],
  ['another format', 415, { of: takesBody, headers: { 'content-type': 'image/png' }, body: 'x' }],
  ['too much', 413, { of: takesBody, headers: json, body: ' '.repeat(100_001) }],
  ['JSON that is too deep', 422, { of: takesBody, headers: json, body: '['.repeat(5000) + ']'.repeat(5000) }],
  ['an empty body', 422, { of: takesBody, headers: json, body: ' ' }],
])('%s: %i, told', async (_, expected, { server = () => open, url, headers = {}, body, of = () => true }) => {
  const meant = operations.filter(of);
  expect(meant.length).toBeGreaterThan(10);
  for (const operation of meant) {
    const { method, name } = operation;
    const text = body === 'own' ? operation.body : body;
    const sent = {
      method,
      headers: { ...operation.headers, ...headers },
      ...(text === undefined ? {} : { body: text }),
    };
    const answer = await fetch(server().origin + (url?.(operation) ?? operation.url()), sent);
    const { code } = (await answer.json()) as { code: string };
    expect(answer.status, `${name} ${code}`).toBe(expected);
    const told = responses(operation)[String(expected)]?.content?.['application/problem+json']?.examples ?? {};
    expect(Object.keys(told), name).toContain(code);
  }
});

it('an operation tells 429 and 500, and 503 where it asks the database', () => {
  for (const operation of operations) {
    const told = Object.keys(responses(operation));
    expect(told, operation.name).toEqual(expect.arrayContaining(['429', '500']));
    if (operation.access !== 'open') expect(told, operation.name).toContain('503');
  }
});

it('what needs a scope tells who may not', async () => {
  for (const operation of operations.filter(({ access }) => access === 'admin')) {
    const { method, name, url } = operation;
    const answer = await fetch(keyed.origin + url(), { method, headers: bearer(KEY_OF.reader) });
    expect(answer.status, name).toBe(403);
    expect(Object.keys(responses(operation)), name).toContain('403');
  }
});
