/** What `Accept` excludes is a 406 that names what there is, the same for all calls; what it leaves open is answered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnyOperation, everyOperation } from './every-operation.js';
import { startServer, type TestServer } from './server.js';

const DOCUMENTS = ['/', '/openapi.json', '/openapi.yaml'];
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

let server: TestServer;
let operations: AnyOperation[];
let types: Map<string, string[]>;
beforeAll(async () => {
  server = await startServer();
  operations = await everyOperation(server);
  const { body } = await server.http.get('/openapi.json');
  types = new Map(
    operations.map(({ name, method, path }) => {
      const { responses } = body.paths[path][method.toLowerCase()] as {
        responses: Record<string, { content?: object }>;
      };
      const good = Object.entries(responses).filter(([status]) => status < '300');
      return [name, [...new Set(good.flatMap(([, { content = {} }]) => Object.keys(content)))]];
    }),
  );
});
afterAll(() => server.close());

const ask = (path: string, accept?: string, method = 'GET') =>
  fetch(server.origin + path, { method, headers: accept === undefined ? {} : { accept } });

describe('a format that is not there', () => {
  it('is a 406 of every call, whose hint names those that are', async () => {
    const answering = operations.filter(({ name }) => types.get(name)!.length > 0);
    expect(answering.length).toBeGreaterThan(40);
    for (const { name, method, url } of answering) {
      const answer = await ask(url(), 'image/png', method);
      expect(answer.status, name).toBe(406);
      expect(answer.headers.get('content-type'), name).toMatch(/^application\/problem\+json/);
      const { code, hint } = (await answer.json()) as { code: string; hint: string };
      expect({ code, hint }, name).toEqual({
        code: 'not-acceptable',
        hint: `Ask for ${types.get(name)!.join(' or ')}, or leave Accept out.`,
      });
    }
  });

  it('is one of documents that no operation describes, too', async () => {
    for (const path of DOCUMENTS) expect((await ask(path, 'image/png')).status, path).toBe(406);
  });

  it('is told before anything is done', async () => {
    const count = async () => (await server.http.get('/v1/simulations?limit=1000')).body.items.length as number;
    const before = await count();
    await server.http.post('/v1/simulations').set('Accept', 'image/png').send({ preset: 'source-ip-tutorial' });
    expect(await count()).toBe(before);
  });
});

it.each([
  ['none', undefined],
  ['an empty one', ''],
  ['anything', '*/*'],
  ["a browser's", BROWSER],
])('every GET answers to an Accept header that leaves it open: %s', async (_, accept) => {
  const reads = operations.filter(({ method, path }) => method === 'GET' && !path.endsWith('/events'));
  for (const path of [...DOCUMENTS, ...reads.map(({ url }) => url())])
    expect((await ask(path, accept)).status, path).toBe(200);
});

it('parameters of a type make no difference, and its weight does', async () => {
  const type = async (path: string, accept: string) => (await ask(path, accept)).headers.get('content-type');
  expect(await type('/v1/presets', 'application/json; charset=utf-8')).toMatch(/^application\/json/);
  expect(await type('/metrics', 'text/plain;version=0.0.4;q=0.5')).toMatch(/^text\/plain/);
  const preset = '/v1/presets/source-ip-tutorial';
  expect(await type(preset, 'application/json;q=0.5, application/yaml;charset=utf-8;q=0.9')).toMatch(/yaml/);
  expect(await type(preset, 'application/yaml;q=0.5, */*')).toMatch(/json/);
  expect((await ask(preset, 'application/json;q=0')).status).toBe(406);
});

it('caches are told where the answer hangs on it', async () => {
  expect((await ask('/v1/presets/source-ip-tutorial')).headers.get('vary')).toMatch(/\bAccept\b/);
  expect((await ask('/v1/comparisons/example')).headers.get('vary')).toMatch(/\bAccept\b/);
});

it('a diagram is what Accept likes best, unless its format is named', async () => {
  const diagram = '/v1/simulations/example/requests/0/diagram';
  const type = async (query: string, accept: string) =>
    (await ask(diagram + query, accept)).headers.get('content-type');
  expect(await type('', 'image/svg+xml')).toMatch(/^image\/svg/);
  expect(await type('', BROWSER)).toMatch(/^text\/plain/);
  expect(await type('?format=svg', 'text/plain')).toMatch(/^image\/svg/);
});
