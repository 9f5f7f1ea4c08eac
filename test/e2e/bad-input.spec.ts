import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it.each(['/v1/simulations', '/v1/traces'])('as YAML names line and column, at %s', async (path) => {
    const { body } = await post(path, 'application/yaml', 'preset: x\nseed: [1\n').expect(400);
    expect(body.issues[0]).toMatchObject({ code: 'invalid-yaml', line: expect.any(Number) });
  });

  it('as YAML of a scenario is an issue of the scenario, with its line', async () => {
    const { body } = await post('/v1/scenarios', 'application/yaml', 'name: x\nobjects: [1\n').expect(422);
    expect(body.issues[0]).toMatchObject({ code: 'invalid-yaml', line: expect.any(Number) });
  });

  it('is refused when it is too large, declared or not', async () => {
    const text = `{"preset": "${'x'.repeat(200_000)}"}`;
    const { body } = await post('/v1/simulations', 'application/json', text).expect(413);
    expect(body).toMatchObject({ code: 'body-too-large', detail: expect.stringContaining('200000') });
    const chunk = 'a'.repeat(100_000);
    const chunked = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(4);
    const head =
      'POST /v1/scenarios HTTP/1.1\r\nHost: x\r\nContent-Type: application/yaml\r\nTransfer-Encoding: chunked';
    expect(await raw(`${head}\r\n\r\n${chunked}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 413/);
  });

  it('is refused in a format or charset that is not read, with those that are', async () => {
    const form = await post('/v1/simulations', 'application/x-www-form-urlencoded', 'preset=x').expect(415);
    expect(form.body.detail).toContain('application/json');
    expect(form.headers.accept).toContain('application/yaml');
    await post('/v1/simulations', 'application/json; charset=utf-99', '{}').expect(415);
    await post('/v1/simulations', 'application/json', '{}').set('Content-Encoding', 'rot13').expect(415);
  });

  it('is missed where there must be one', async () => {
    await server.http.post('/v1/scenarios').expect(400);
    await server.http.post('/v1/simulations').expect(422);
    await server.http.post('/v1/traces').expect(422);
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
    expect(issue).toMatchObject({ code: 'unknown-field', hint: `Did you mean "${nearest}"?` });
  });

  it.each([
    ['/v1/simulations?statsu=queued', '?statsu', 'status'],
    ['/v1/scenarios?limitt=3', '?limitt', 'limit'],
    ['/v1/simulations/example/healthz?nodes=n1', '?nodes', 'node'],
    ['/v1/simulations/example?verbose=1', '?verbose', 'none'],
  ])('in the query of %s is told the nearest name', async (url, place, hint) => {
    const { body } = await server.http.get(url).expect(422);
    expect(body.issues[0]).toMatchObject({ path: place, hint: expect.stringContaining(hint) });
  });

  it('at all: a path that is not there, a method that is not', async () => {
    const { body, headers } = await server.http.get('/v2/simulations').expect(404);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: 'urn:hairpin:problem:not-found', status: 404, instance: '/v2/simulations' });
    await server.http.patch('/v1/simulations/example').send({}).expect(404);
    await server.http.get('/v1/simulations/%E0%A4%A').expect(400);
  });

  it('in the values: all of it at once', async () => {
    const { body } = await server.http.post('/v1/simulations').send({ preset: 7, seed: -1, x: 1 }).expect(422);
    expect(body.issues.map(({ path }: { path: string }) => path).sort()).toEqual(['/preset', '/seed', '/x']);
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
