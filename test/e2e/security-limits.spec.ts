/** How often, how many, how long: the limits at the door, each for one caller, with the rest served as before. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DataSource } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiKeyStore, type SimulationRow } from '#platform';
import { CONNECTION_LIMITS, limitConnections } from '../../apps/api/src/http/connection-limits.js';
import { asPlayer, bearer, KEY_OF, startKeyedServer } from './keyed-server.js';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
afterEach(() => server.close());

const body = (value: object) => ({ body: JSON.stringify(value) });
const LONG = { scenario: loadScenario({ ratePerSecond: 50_000, seconds: 200 }) };

/** Sends bytes, the pieces one after the other with a pause, and returns what came back until the connection ended. */
async function raw(pieces: string[], pauseMs = 0): Promise<string> {
  const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (piece) => {
    answer += piece;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    await Promise.race([sleep(pauseMs), closed]);
  }
  await closed;
  return answer;
}

describe('calls', () => {
  it('of one key are throttled, told with headers, and another key is served', async () => {
    server = await startKeyedServer({ RATE_LIMIT: '20' });
    const [alice, bob] = [asPlayer(server, 'alice'), asPlayer(server, 'bob')];
    const first = await alice('GET', '/v1/keys/self');
    expect(first.headers.get('ratelimit-policy')).toBe('"calls";q=20;w=10');
    expect(first.headers.get('ratelimit')).toBe('"calls";r=19;t=10');
    const answers = await Promise.all(Array.from({ length: 25 }, () => alice('GET', '/v1/keys/self')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(await refused.json()).toMatchObject({
      code: 'too-many-requests',
      detail: expect.stringContaining('RATE_LIMIT'),
    });
    const waitS = Number(refused.headers.get('retry-after'));
    expect(waitS).toBeGreaterThan(0);
    expect(waitS).toBeLessThanOrEqual(10);
    expect((await bob('GET', '/v1/keys/self')).status).toBe(200);
  });

  it('with wrong keys are throttled by address, before a body of theirs is read', async () => {
    server = await startKeyedServer({ RATE_LIMIT: '20' });
    const guess = (n: number) =>
      fetch(`${server.origin}/v1/keys/self`, {
        headers: { authorization: `Bearer hp_${String(n).padStart(40, 'x')}` },
      });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => guess(n)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    const large = { body: 'x'.repeat(1_000_000) };
    expect((await asPlayer(server, null)('POST', '/v1/scenarios', large)).status).toBe(429);
    expect((await asPlayer(server, 'alice')('GET', '/v1/keys/self')).status).toBe(200);
  });

  it('with wrong keys ask the database no more often than an address may call', async () => {
    server = await startKeyedServer({ RATE_LIMIT: '20' });
    const made = await asPlayer(server, 'alice')('POST', '/v1/keys', body({ name: 'ci', scope: 'read' }));
    const { key } = (await made.json()) as { key: string };
    const call = async (shown: string) =>
      (await fetch(`${server.origin}/v1/keys/self`, { headers: bearer(shown) })).status;
    expect(await call(key)).toBe(200);
    const lookUp = vi.spyOn(server.app.get(ApiKeyStore), 'lookUp');
    const wrong = Array.from({ length: 30 }, (_, n) => call(`${key.slice(0, -4)}${1000 + n}`));
    const statuses = await Promise.all(wrong);
    expect(statuses.filter((status) => status === 401)).toHaveLength(19);
    expect(statuses.filter((status) => status === 429)).toHaveLength(11);
    expect(lookUp).toHaveBeenCalledTimes(19);
    expect(await call(key), 'a key that has opened something is not held up by them').toBe(200);
  });

  it('of an address are counted by what a trusted proxy says, and by nothing that a client says itself', async () => {
    server = await startKeyedServer({ RATE_LIMIT: '5', TRUSTED_PROXIES: '127.0.0.0/8' });
    const from = (address: string) =>
      asPlayer(server, null)('GET', '/livez', { headers: { 'x-forwarded-for': address } });
    for (let n = 0; n < 8; n++) await from('203.0.113.7');
    expect((await from('203.0.113.7')).status).toBe(429);
    expect((await from('203.0.113.8')).status).toBe(200);
    await server.close();
    server = await startKeyedServer({ RATE_LIMIT: '5' });
    const statuses = await Promise.all(Array.from({ length: 8 }, (_, n) => from(`203.0.113.${n}`)));
    expect(statuses.filter(({ status }) => status === 429)).toHaveLength(3);
  });

  it('on loopback without keys are as many as one likes', async () => {
    server = await startServer();
    const answers = await Promise.all(Array.from({ length: 300 }, () => fetch(`${server.origin}/livez`)));
    expect(answers.every(({ status, headers }) => status === 200 && !headers.has('ratelimit'))).toBe(true);
  });

  it('that follow runs or wait for them are so many of a tenant at a time', async () => {
    server = await startKeyedServer({ MAX_WAITING: '2', WORKER_THREADS: '1' });
    const [alice, bob] = [asPlayer(server, 'alice'), asPlayer(server, 'bob')];
    const { id } = (await (await alice('POST', '/v1/simulations', body(LONG))).json()) as { id: string };
    const streams = [
      await alice('GET', `/v1/simulations/${id}/events`),
      await alice('GET', `/v1/simulations/${id}/events`),
    ];
    const third = await alice('GET', `/v1/simulations/${id}/events`);
    expect(await third.json()).toMatchObject({ status: 429, code: 'quota-exceeded' });
    expect(third.headers.get('retry-after')).toBe('5');
    const waiting = { ...body({ preset: 'source-ip-tutorial' }), headers: { prefer: 'wait=1' } };
    expect((await alice('POST', '/v1/simulations', waiting)).status).toBe(429);
    expect((await bob('POST', '/v1/simulations', waiting)).status).toBeLessThan(300);
    for (const stream of streams) await stream.body?.cancel();
    await expect
      .poll(async () => (await alice('POST', '/v1/simulations', waiting)).status, { timeout: 5_000 })
      .toBeLessThan(300);
  });

  it('that would store or queue more than a tenant may are refused, and the other tenant’s are not', async () => {
    server = await startKeyedServer({ MAX_UNFINISHED: '2', MAX_SCENARIOS: '1', WORKER_THREADS: '1' });
    const [alice, bob] = [asPlayer(server, 'alice'), asPlayer(server, 'bob')];
    for (let n = 0; n < 2; n++) expect((await alice('POST', '/v1/simulations', body(LONG))).status).toBe(202);
    const third = await alice('POST', '/v1/simulations', body(LONG));
    expect(third.headers.get('retry-after')).toBe('10');
    expect(await third.json()).toMatchObject({
      code: 'quota-exceeded',
      detail: expect.stringContaining('MAX_UNFINISHED'),
    });
    const document = body(loadScenario({ ratePerSecond: 1, seconds: 1 }));
    expect((await alice('POST', '/v1/scenarios', document)).status).toBe(201);
    expect((await alice('POST', '/v1/scenarios', document)).status).toBe(429);
    expect((await bob('POST', '/v1/scenarios', document)).status).toBe(201);
    expect((await bob('POST', '/v1/simulations', body(LONG))).status).toBe(202);
  });
});

describe('a connection', () => {
  const withLimits = async (limits: Partial<typeof CONNECTION_LIMITS>) => {
    server = await startServer();
    await server.app.getHttpServer().close();
    limitConnections(server.app.getHttpServer(), { ...CONNECTION_LIMITS, ...limits });
    server.app.getHttpServer().listen(Number(new URL(server.origin).port), '127.0.0.1');
    await once(server.app.getHttpServer(), 'listening');
  };

  it('that sends its headers drop by drop is ended with a 408 (slowloris)', async () => {
    await withLimits({ headersMs: 500, requestMs: 1_000 });
    const began = performance.now();
    const drops = [
      'GET /livez HTTP/1.1\r\n',
      'Host: localhost\r\n',
      ...Array.from({ length: 100 }, (_, n) => `X-${n}: y\r\n`),
    ];
    expect(await raw(drops, 100)).toMatch(/^HTTP\/1\.1 408 .*"code":"request-timeout"/s);
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('that sends its body drop by drop is ended too', async () => {
    await withLimits({ headersMs: 500, requestMs: 1_000 });
    const head =
      'POST /v1/scenarios HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n';
    expect(await raw([head, ...Array.from({ length: 100 }, () => 'x')], 100)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('on which nothing happens is ended', async () => {
    await withLimits({ idleMs: 300 });
    const began = performance.now();
    expect(await raw([''])).toBe('');
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('is kept after an answer for longer than a load balancer keeps its own', async () => {
    server = await startServer();
    const { headers } = await fetch(`${server.origin}/livez`);
    expect(headers.get('keep-alive')).toBe('timeout=75');
  });

  it('with headers over 16 KB, or what is no HTTP, is answered as everything else is', async () => {
    server = await startServer();
    const large = `GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(17_000)}\r\n\r\n`;
    expect(await raw([large])).toMatch(/^HTTP\/1\.1 431 .*application\/problem\+json.*"code":"headers-too-large"/s);
    const long = `GET /v1/simulations?cursor=${'x'.repeat(17_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect(await raw([long])).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(['HELO mail.example.com\r\n\r\n'])).toMatch(/^HTTP\/1\.1 400 .*"code":"malformed-request"/s);
    expect((await server.http.get('/livez')).status).toBe(200);
  });

  it('that sends a small body which unpacks to a large one is told that it is too large', async () => {
    server = await startServer();
    const packed = gzipSync(Buffer.alloc(50_000_000, 0x20));
    expect(packed.length).toBeLessThan(100_000);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await fetch(`${server.origin}/v1/scenarios`, { method: 'POST', headers, body: packed });
    expect(await answer.json()).toMatchObject({ status: 413, code: 'body-too-large' });
  });

  it('has the limits that are meant, in a server as it starts', async () => {
    server = await startServer();
    const { headersTimeout, requestTimeout, timeout, maxHeadersCount, maxConnections } = server.app.getHttpServer();
    expect({ headersTimeout, requestTimeout, timeout, maxHeadersCount, maxConnections }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 120_000,
      timeout: 120_000,
      maxHeadersCount: 100,
      maxConnections: 10_000,
    });
  });
});

describe('pages of other sites', () => {
  const ORIGIN = 'https://dashboard.example.com';
  const preflight = (origin: string) =>
    fetch(`${server.origin}/v1/simulations`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it('get no permission unless their origin is configured', async () => {
    server = await startKeyedServer();
    const answer = await preflight(ORIGIN);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const read = await fetch(`${server.origin}/livez`, { headers: { origin: ORIGIN } });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('of exactly the configured origins may call, with their key, and without cookies', async () => {
    server = await startKeyedServer({ CORS_ORIGINS: `${ORIGIN}, http://localhost:8080` });
    const allowed = await preflight(ORIGIN);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
    expect(allowed.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(allowed.headers.get('vary')).toContain('Origin');
    for (const other of [
      'https://dashboard.example.com.evil.org',
      'http://dashboard.example.com',
      `${ORIGIN}:444`,
      'null',
    ])
      expect((await preflight(other)).headers.get('access-control-allow-origin'), other).toBeNull();
    const headers = { origin: ORIGIN, authorization: `Bearer ${KEY_OF.reader}` };
    const read = await fetch(`${server.origin}/v1/keys/self`, { headers });
    expect(read.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(read.headers.get('access-control-expose-headers')).toContain('etag');
    expect((await fetch(`${server.origin}/v1/keys/self`, { headers: { origin: ORIGIN } })).status).toBe(401);
  });

  it('cannot use an open server on loopback: neither by a form, nor by a name that leads there', async () => {
    server = await startServer();
    const port = new URL(server.origin).port;
    const post = (host: string, origin: string | null) =>
      raw([
        `POST /v1/simulations HTTP/1.1\r\nHost: ${host}\r\n${origin === null ? '' : `Origin: ${origin}\r\n`}Connection: close\r\nContent-Length: 31\r\n\r\n{"preset":"source-ip-tutorial"}`,
      ]);
    expect(await post(`127.0.0.1:${port}`, 'https://evil.example.org')).toMatch(/^HTTP\/1\.1 403 .*CORS_ORIGINS/s);
    expect(await post(`127.0.0.1:${port}`, 'null')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await post(`evil.example.org:${port}`, `http://evil.example.org:${port}`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await post('evil.example.org', null)).toMatch(/^HTTP\/1\.1 403 .*no name of this machine/s);
    expect(await post(`127.0.0.1.evil.org:${port}`, null)).toMatch(/^HTTP\/1\.1 403 /);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect(await post(host, null), host).toMatch(/^HTTP\/1\.1 202 /);
      expect(await post(host, `http://${host}`), host).toMatch(/^HTTP\/1\.1 202 /);
    }
  });
});

describe('a list', () => {
  it('of large entries ends early, and the next goes on behind it', async () => {
    server = await startServer({ WORKER_THREADS: '0' });
    const { body: made } = await server.http.post('/v1/simulations').send({ preset: 'source-ip-tutorial' }).expect(202);
    const { manager } = server.app.get(DataSource);
    const row = await manager.findOneByOrFail<SimulationRow>('simulation', { id: made.id });
    const expectations = JSON.stringify([{ name: 'x'.repeat(500_000) }]);
    const more = Array.from({ length: 39 }, (_, n) => ({ ...row, id: `${n}-${row.id}`.slice(0, 36), expectations }));
    for (const one of more) await manager.insert<SimulationRow>('simulation', one);
    const found: string[] = [];
    const sizes: number[] = [];
    for (let path = '/v1/simulations?limit=1000'; path !== ''; ) {
      const { body, headers, text } = await server.http.get(path).expect(200);
      sizes.push(text.length);
      found.push(...body.items.map(({ id }: { id: string }) => id));
      path = /^<(.+)>; rel="next"$/.exec(headers.link ?? '')?.[1] ?? '';
      expect(body.next === null).toBe(path === '');
    }
    expect(Math.max(...sizes)).toBeLessThan(5_000_000);
    expect(sizes).toHaveLength(5);
    expect(new Set(found)).toEqual(new Set([made.id, ...more.map(({ id }) => id)]));
    expect(found).toHaveLength(40);
  });
});

describe('bodies under way', () => {
  it('take so much memory of a tenant and of all at most', async () => {
    server = await startKeyedServer();
    const { port } = new URL(server.origin);
    /** Four bodies of 8 MB, of which the end does not come. */
    const hold = (player: 'alice' | 'bob') =>
      Array.from({ length: 4 }, () => {
        const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
        const head = [
          'POST /v1/scenarios HTTP/1.1',
          'Host: a',
          `Authorization: Bearer ${KEY_OF[player]}`,
          'Content-Type: application/json',
          'Content-Length: 8388608',
        ];
        socket.write(`${head.join('\r\n')}\r\n\r\n{`);
        return socket;
      });
    const post = (player: 'alice' | 'bob' | 'operator') =>
      asPlayer(server, player)('POST', '/v1/simulations', body({ preset: 'source-ip-tutorial' }));
    const ofAlice = hold('alice');
    await vi.waitFor(async () => expect((await post('alice')).status).toBe(429), 5000);
    const refused = await post('alice');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'quota-exceeded' });
    expect((await post('bob')).status).toBe(202);
    const ofBob = hold('bob');
    await vi.waitFor(async () => expect((await post('operator')).status).toBe(503), 5000);
    for (const socket of [...ofAlice, ...ofBob]) socket.destroy();
    await vi.waitFor(async () => expect((await post('alice')).status).toBe(202), 5000);
  });
});
