/** Tenants do not see each other: over every operation that names a row, every list, and every body that names a scenario. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AnyOperation, everyOperation } from './every-operation.js';
import { asPlayer, startKeyedServer } from './keyed-server.js';
import type { TestServer } from './server.js';

let server: TestServer;
let operations: AnyOperation[];
/** What Alice has made, by the list that it stands in. */
const hers = new Map<string, string>();

const alice = (...request: Parameters<ReturnType<typeof asPlayer>>) => asPlayer(server, 'alice')(...request);
const bob = (...request: Parameters<ReturnType<typeof asPlayer>>) => asPlayer(server, 'bob')(...request);

/** `/v1/simulations` of `/v1/simulations/{id}/report`. */
const listOf = (path: string) => path.slice(0, path.indexOf('/{id}'));

beforeAll(async () => {
  server = await startKeyedServer();
  operations = await everyOperation(server);
  const lists = new Set(operations.filter(({ path }) => path.includes('/{id}')).map(({ path }) => listOf(path)));
  for (const list of lists) {
    const maker = operations.find(({ name }) => name === `POST ${list}`);
    expect(maker, `nothing makes what stands in ${list}`).toBeDefined();
    const made = await alice('POST', list, { body: maker!.body!, headers: { prefer: 'wait=30' } });
    const { id } = (await made.json()) as { id: string };
    expect(id, `${list} answers ${made.status}`).toBeTypeOf('string');
    hers.set(list, id);
  }
}, 60_000);
afterAll(() => server.close());

async function ask(as: typeof bob, { method, url, headers, body }: AnyOperation, id: string) {
  const response = await as(method, url(id), { headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: (await response.text()).replaceAll(id, 'ID') };
}

it('another tenant’s id is answered as one that is not there, letter for letter, whatever is asked of it', async () => {
  let asked = 0;
  for (const operation of operations) {
    if (!operation.path.includes('/{id}')) continue;
    const id = hers.get(listOf(operation.path))!;
    const unknown = id.replace(/[0-9a-f]/g, (digit) => (digit === '0' ? '1' : '0'));
    const seen = await ask(bob, operation, id);
    expect(seen.status, `${operation.name}: ${seen.text.slice(0, 200)}`).toBe(404);
    expect(seen, operation.name).toEqual(await ask(bob, operation, unknown));
    asked++;
  }
  expect(asked).toBeGreaterThanOrEqual(14);
});

it('after all of that everything is as it was, for whoever it belongs to', async () => {
  for (const [list, id] of hers) {
    const single = operations.find(({ name }) => name === `GET ${list}/{id}`);
    const answer = await alice('GET', single ? `${list}/${id}` : `${list}?limit=1000`);
    expect(answer.status, list).toBe(200);
    expect(await answer.text(), list).toContain(id);
  }
});

it('no list of another tenant has it', async () => {
  for (const operation of operations) {
    if (operation.method !== 'GET' || operation.path.includes('{') || operation.access === 'open') continue;
    const text = await (await bob('GET', operation.url())).text();
    for (const [list, id] of hers) expect(text, `${operation.name} shows one of ${list}`).not.toContain(id);
  }
});

it('a body that names another tenant’s scenario is answered as if there were none', async () => {
  const theirs = hers.get('/v1/scenarios')!;
  let asked = 0;
  for (const operation of operations) {
    const body = operation.bodies.find(
      (one) => JSON.stringify(one).includes('"scenarioId"') || JSON.stringify(one).includes('"preset"'),
    );
    if (body === undefined || operation.path.includes('{')) continue;
    const { preset, ...rest } = body as Record<string, unknown>;
    const ofBob = await bob(operation.method, operation.url(), {
      body: JSON.stringify({ ...rest, scenarioId: theirs }),
    });
    expect(ofBob.status, `${operation.name}: ${(await ofBob.text()).slice(0, 300)}`).toBe(404);
    asked++;
  }
  expect(asked).toBeGreaterThanOrEqual(4);
});

it('one Idempotency-Key of two tenants makes two simulations', async () => {
  const request = { body: JSON.stringify({ preset: 'source-ip-tutorial' }), headers: { 'idempotency-key': 'same' } };
  const first = await alice('POST', '/v1/simulations', request);
  const second = await bob('POST', '/v1/simulations', {
    ...request,
    body: JSON.stringify({ preset: 'source-ip-real' }),
  });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.headers.get('idempotency-replayed')).toBeNull();
  const [one, two] = [await first.json(), await second.json()] as { id: string }[];
  expect(one!.id).not.toBe(two!.id);
});

it('what is always there is there for each, and the change of one is not the other’s', async () => {
  const etag = async (as: typeof bob) => (await as('GET', '/v1/scenarios/scratch')).headers.get('etag');
  expect([await etag(alice), await etag(bob)]).toEqual(['"1"', '"1"']);
  const { body = '' } = operations.find(({ name }) => name === 'PUT /v1/scenarios/{id}')!;
  const put = { body, headers: { 'if-match': '*' } };
  expect((await bob('PUT', '/v1/scenarios/scratch', put)).status).toBe(200);
  expect([await etag(alice), await etag(bob)]).toEqual(['"1"', '"2"']);
  const run = async (as: typeof bob) => (await (await as('GET', '/v1/simulations/example')).json()) as { id: string };
  const [a, b] = [await run(alice), await run(bob)];
  expect(a.id).not.toBe(b.id);
  expect((await alice('GET', `/v1/simulations/${a.id}/transcript`)).status).toBe(200);
  expect((await bob('GET', `/v1/simulations/${a.id}/transcript`)).status).toBe(404);
});

it('the operator’s tenant is one of them: it sees no rows of the others', async () => {
  const operator = asPlayer(server, 'operator');
  expect((await operator('GET', `/v1/simulations/${hers.get('/v1/simulations')}`)).status).toBe(404);
  expect(await (await operator('GET', '/v1/scenarios')).text()).not.toContain(hers.get('/v1/scenarios'));
});
