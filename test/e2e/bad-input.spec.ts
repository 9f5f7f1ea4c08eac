import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MAX_BODY_BYTES: '200000' });
});
afterAll(() => server.close());

const post = (path: string, type: string, body: string) => server.http.post(path).type(type).send(body);

/** Sends bytes as they are and returns what comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (piece) => {
      answer += piece;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.setTimeout(3000, () => socket.destroy());
  });
}

describe('a body that cannot be read', () => {
  it.each(['/v1/simulations', '/v1/traces', '/v1/scenarios', '/v1/scenarios/import'])(
    'as JSON names line and column, at %s',
    async (path) => {
      const { body, headers } = await post(path, 'application/json', '{\n  "preset": "x",\n  "seed" 1\n}').expect(400);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(body).toMatchObject({ status: 400, code: 'malformed-body', instance: path });
      expect(body.issues[0]).toMatchObject({ code: 'invalid-json', line: 3, column: 10 });
    },
  );

  it.each(['/v1/simulations', '/v1/traces', '/v1/scenarios', '/v1/scenarios/import', '/V1/Scenarios'])(
    'as YAML names line and column, at %s',
    async (path) => {
      const { body } = await post(path, 'application/yaml', 'preset: x\nseed: [1\n').expect(400);
      expect(body.code).toBe('malformed-body');
      expect(body.issues[0]).toMatchObject({ code: 'invalid-yaml', line: expect.any(Number) });
    },
  );

  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...[...'bcdefg'].map((letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdef'[i]}`).join(', ')}]`),
  ];
  const deepYaml = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const deepJson = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  it.each<[string, string, string, string, string]>([
    ['deep JSON', 'too-deep', 'application/json', deepJson(30_000), `{"scenario": ${deepJson(30_000)}}`],
    ['deep YAML', 'too-deep', 'application/yaml', deepYaml(900), `scenario: {a: ${deepYaml(900)}}`],
    [
      'an alias bomb',
      'alias-bomb',
      'application/yaml',
      bomb.join('\n'),
      `scenario:\n${bomb.map((l) => `  ${l}\n`).join('')}`,
    ],
    ['a double key', 'duplicate-key', 'application/json', '{"a": 1, "a": 2}', '{"scenario": {"a": 1, "a": 2}}'],
    ['two documents', 'several-documents', 'application/yaml', 'a: 1\n---\nb: 2\n', 'preset: a\n---\npreset: b\n'],
    ['nothing but blanks', 'empty-document', 'application/yaml', ' \n', ' \n'],
  ])('for %s is told so alike, as a scenario and around one', async (_, code, type, bare, wrapped) => {
    for (const [path, text] of [
      ['/v1/scenarios', bare],
      ['/v1/simulations', wrapped],
      ['/v1/traces', wrapped],
    ] as const) {
      const { body } = await post(path, type, text).expect(422);
      expect(body, path).toMatchObject({ code: 'invalid-scenario', issues: [{ code, hint: expect.any(String) }] });
    }
  });

  it('is refused when it is too large, declared or not', async () => {
    const text = `{"preset": "${'x'.repeat(200_000)}"}`;
    const { body } = await post('/v1/simulations', 'application/json', text).expect(413);
    expect(body).toMatchObject({
      code: 'body-too-large',
      detail: expect.stringContaining('200000'),
      issues: [{ code: 'text-too-large', path: '', hint: expect.stringContaining('MAX_BODY_BYTES') }],
    });
    const chunk = 'a'.repeat(100_000);
    const chunked = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(4);
    const head =
      'POST /v1/scenarios HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nTransfer-Encoding: chunked';
    expect(await raw(`${head}\r\n\r\n${chunked}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/);
  });

  it.each([
    ['name: \xff\xfe', 1],
    ['\u00e4: a', 1],
    [`a: ok\nb: \xe2\x82\xac\nname: caf\xe9\n`, 3],
  ])('is refused where it is not UTF-8, with the line: %j', async (bytes, line) => {
    const body = Buffer.from(bytes, 'latin1');
    const answer = await fetch(`${server.origin}/v1/scenarios`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body,
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'malformed-body',
      detail: `The body is not UTF-8: line ${line} has bytes that stand for no character.`,
    });
  });

  it('is refused in another charset, and where it is not compressed as it says', async () => {
    const send = (headers: Record<string, string>) =>
      fetch(`${server.origin}/v1/scenarios?dryRun=All`, { method: 'POST', headers, body: '{"name": "\ufeff\ufffd"}' });
    for (const charset of ['utf-16le', 'iso-8859-1', '"latin1"'])
      expect((await send({ 'content-type': `application/json; charset=${charset}` })).status, charset).toBe(415);
    for (const charset of ['UTF-8', '"utf-8"', 'utf8'])
      expect((await send({ 'content-type': `application/json; charset=${charset}` })).status, charset).toBe(200);
    const unpacked = await send({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect([unpacked.status, await unpacked.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'malformed-body', hint: expect.stringContaining('Leave Content-Encoding out') }),
    ]);
  });

  it('is refused in a format or charset that is not read, with those that are', async () => {
    const form = await post('/v1/simulations', 'application/x-www-form-urlencoded', 'preset=x').expect(415);
    expect(form.body.hint).toContain('application/json');
    expect(form.headers.accept).toContain('application/yaml');
    await post('/v1/simulations', 'application/json; charset=utf-99', '{}').expect(415);
    await post('/v1/simulations', 'application/json', '{}').set('Content-Encoding', 'rot13').expect(415);
  });

  it('is missed where there must be one', async () => {
    await server.http.post('/v1/scenarios').expect(400);
    await server.http.post('/v1/simulations').expect(400);
    await server.http.post('/v1/traces').expect(400);
    await server.http.post('/v1/simulations').send({}).expect(422);
  });
});

describe('a request with something unknown', () => {
  it.each([
    ['/v1/simulations', { presett: 'source-ip-tutorial' }, '/presett', 'preset'],
    ['/v1/simulations', { preset: 'source-ip-tutorial', sead: 1 }, '/sead', 'seed'],
    ['/v1/traces', { preset: 'source-ip-tutorial', pakcet: {} }, '/pakcet', 'packet'],
  ])('in the body of %s is told the nearest name', async (path, sent, place, nearest) => {
    const { body } = await server.http.post(path).send(sent).expect(422);
    expect(body).toMatchObject({ code: 'invalid-request' });
    const issue = body.issues.find(({ path: at }: { path: string }) => at === place);
    expect(issue).toMatchObject({ code: 'unknown-field', hint: `Rename it to "${nearest}", or remove it.` });
  });

  it.each([
    ['/v1/simulations?statsu=queued', '?statsu', 'status'],
    ['/v1/scenarios?limitt=3', '?limitt', 'limit'],
    ['/v1/simulations/example/healthz?nodes=n1', '?nodes', 'node'],
    ['/v1/simulations/example?verbose=1', '?verbose', 'there are none here'],
  ])('in the query of %s is told the nearest name', async (url, place, hint) => {
    const { body } = await server.http.get(url).expect(422);
    expect(body.issues[0]).toMatchObject({ path: place, hint: expect.stringContaining(hint) });
  });

  it('at all: a path that is not there, a method that is not', async () => {
    const { body, headers } = await server.http.get('/v2/simulations').expect(404);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({
      type: 'urn:hairpin:problem:not-found',
      status: 404,
      instance: '/v2/simulations',
      hint: 'Did you mean /v1/simulations? /docs lists every call.',
    });
    const patched = await server.http.patch('/v1/simulations/example').send({}).expect(405);
    expect(patched.headers.allow).toBe('GET, DELETE, HEAD');
    expect(patched.body).toMatchObject({ code: 'method-not-allowed', detail: expect.stringContaining('not PATCH') });
    expect(patched.body.hint).toMatch(/^Send GET or DELETE or HEAD;/);
    const taken = async (path: string) => (await server.http.put(path).send({}).expect(405)).headers.allow;
    expect(await taken('/v1/traces')).toBe('POST');
    expect(await taken('/v1/scenarios')).toBe('GET, POST, HEAD');
    expect(await taken('/openapi.json')).toBe('GET, HEAD');
    await server.http.put('/v1/nothing').send({}).expect(404);
    await server.http.get('/v1/simulations/%E0%A4%A').expect(400);
  });

  it('in the values: all of it at once', async () => {
    const { body } = await server.http.post('/v1/simulations').send({ preset: 7, seed: -1, x: 1 }).expect(422);
    expect(body.issues.map(({ path }: { path: string }) => path).sort()).toEqual(['/preset', '/seed', '/x']);
  });

  it('that is the scenario itself, in one issue that says where it belongs', async () => {
    const document = loadScenario({ ratePerSecond: 1, seconds: 1 });
    for (const path of ['/v1/simulations', '/v1/comparisons', '/v1/traces']) {
      const { body } = await server.http.post(path).send(document).expect(422);
      expect(body.code).toBe('invalid-request');
      expect(body.issues).toMatchObject([
        { code: 'missing-field', path: '/scenario', hint: expect.stringContaining('under `scenario:`') },
      ]);
    }
  });

  it('in a field of what is told by name, and for a preset', async () => {
    const rules = { n1: { ipsetSav: 'create x hash:ip' } };
    const packet = { from: { client: 'laptop' }, to: { service: 'web' } };
    const trace = await server.http.post('/v1/traces').send({ scenarioId: 'example', rules, packet }).expect(422);
    expect(trace.body.issues).toMatchObject([
      { path: '/rules/n1/ipsetSav', hint: 'Rename it to "ipsetSave", or remove it.' },
    ]);
    const run = await server.http.post('/v1/simulations').send({ preset: 'source-ip-tutoral' }).expect(404);
    expect(run.body.detail).toMatch(/^There is no preset source-ip-tutoral\. Did you mean source-ip-tutorial\?$/);
  });

  it('in a list where the scenario should be', async () => {
    const { body } = await server.http.post('/v1/simulations').send({ scenario: [] }).expect(422);
    expect(body.issues).toMatchObject([{ path: '/scenario', message: '"scenario" takes a map.' }]);
  });

  it.each([
    ['/v1/simulations?limit=0', '?limit', 'the least is 1.'],
    ['/v1/scenarios?limit=-1', '?limit', 'the least is 1.'],
    ['/v1/simulations?limit=1e9', '?limit', 'the most is 1000.'],
    ['/v1/simulations/example/requests?limit=0', '?limit', 'the least is 1.'],
    ['/v1/simulations/example/requests?fromMs=-5', '?fromMs', 'the least is 0.'],
    ['/v1/simulations/example/requests/-1/diagram', ':n', 'the least is 0.'],
    ['/v1/simulations/example/requests/1.5/diagram', ':n', 'whole number'],
  ])('outside its range is told the range: %s', async (url, path, range) => {
    const { body } = await server.http.get(url).expect(422);
    expect(body.issues).toContainEqual(expect.objectContaining({ path, message: expect.stringContaining(range) }));
  });

  it('later than virtual time goes is told how far that is', async () => {
    const url = '/v1/scenarios/example/rules?node=kubernetes-node-6jst&at=';
    for (const at of ['100000h', '2000h1000h']) {
      const { body } = await server.http.get(url + at).expect(422);
      expect(body.issues).toMatchObject([
        { code: 'bad-duration', path: '?at', hint: expect.stringContaining('104 days') },
      ]);
    }
  });

  it('prototypes are not reached', async () => {
    await post('/v1/simulations', 'application/json', '{"__proto__": {"preset": "source-ip-tutorial"}}').expect(422);
    await post('/v1/simulations', 'application/json', '{"constructor": {"prototype": {"x": 1}}}').expect(422);
    expect(({} as { preset?: unknown }).preset).toBeUndefined();
  });
});

describe('answers', () => {
  it('carry security headers and do not say what made them', async () => {
    for (const path of ['/', '/docs/', '/v1/presets', '/nothing']) {
      const { headers } = await server.http.get(path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'self'"),
      });
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});
