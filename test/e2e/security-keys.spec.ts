/** The life of a key: made, shown once, used, rotated, revoked; and the keys of a server that asks nobody. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { API_KEYS, asPlayer, bearer, KEY_OF, type Player, startKeyedServer } from './keyed-server.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
afterEach(() => server.close());

interface Made {
  id: string;
  key: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
  previousUntil: string | null;
}

async function call(player: Player, method: string, path: string, body?: object) {
  const response = await asPlayer(server, player)(method, path, body ? { body: JSON.stringify(body) } : {});
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
}

const make = async (body: object, player: Player = 'alice') =>
  (await call(player, 'POST', '/v1/keys', { name: 'ci', scope: 'read', ...body })).body as Made;
const opens = async (key: string) => {
  const { status } = await fetch(`${server.origin}/v1/keys/self`, { headers: bearer(key) });
  return status === 200;
};

describe('a key', () => {
  beforeEach(async () => {
    server = await startKeyedServer();
  });

  it('is shown once, and listed without what would open anything', async () => {
    const made = await call('alice', 'POST', '/v1/keys', { name: 'ci', scope: 'write', expiresInDays: 90 });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { key, ...view } = made.body;
    expect(key).toMatch(/^hp_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(view).toMatchObject({ tenant: 'team-a', name: 'ci', scope: 'write', createdBy: 'team-a/alice' });
    const listed = await call('alice', 'GET', '/v1/keys');
    expect(listed.body.items).toEqual([view]);
    expect(JSON.stringify(listed.body)).not.toContain(key.slice(20));
  });

  it('says who it is, and does what its scope allows', async () => {
    const { key, id } = await make({ scope: 'write' });
    const self = await fetch(`${server.origin}/v1/keys/self`, { headers: bearer(key) });
    expect(await self.json()).toEqual({ keyId: id, name: 'ci', tenant: 'team-a', scope: 'write' });
    const body = JSON.stringify({ preset: 'source-ip-tutorial' });
    const headers = { ...bearer(key), 'content-type': 'application/json' };
    expect((await fetch(`${server.origin}/v1/simulations`, { method: 'POST', headers, body })).status).toBe(202);
    expect((await fetch(`${server.origin}/v1/keys`, { headers })).status).toBe(403);
  });

  it('opens nothing after it was revoked, at once', async () => {
    const { key, id } = await make({});
    expect(await opens(key)).toBe(true);
    expect((await call('alice', 'DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect(await opens(key)).toBe(false);
    expect((await call('alice', 'GET', '/v1/keys')).body.items[0].revokedAt).not.toBeNull();
    expect((await call('alice', 'POST', `/v1/keys/${id}/rotate`, {})).status).toBe(404);
    expect((await call('alice', 'DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await call('alice', 'DELETE', '/v1/keys/0123456789abcdef')).status).toBe(404);
  });

  it('is rotated with an overlap, in which both open, or without one', async () => {
    const { key, id } = await make({});
    const rotated = (await call('alice', 'POST', `/v1/keys/${id}/rotate`, { overlap: '1h' })).body as Made;
    expect(rotated.id).toBe(id);
    expect(rotated.key).not.toBe(key);
    const overlapMs = Date.parse(rotated.previousUntil!) - Date.now();
    expect(overlapMs).toBeGreaterThan(3_500_000);
    expect(overlapMs).toBeLessThanOrEqual(3_600_000);
    expect([await opens(key), await opens(rotated.key)]).toEqual([true, true]);
    const again = (await call('alice', 'POST', `/v1/keys/${id}/rotate`, { overlap: '0s' })).body as Made;
    expect([await opens(key), await opens(rotated.key), await opens(again.key)]).toEqual([false, false, true]);
  });

  it('cannot be made for longer, wider or elsewhere than is allowed', async () => {
    for (const bad of [
      { scope: 'root' },
      { name: '' },
      { name: 'a\nb' },
      { tenant: '../x' },
      { expiresInDays: 0 },
      { expiresInDays: 1e9 },
      { secret: 'x' },
    ])
      expect((await call('alice', 'POST', '/v1/keys', { name: 'ci', scope: 'read', ...bad })).status).toBe(422);
    const { id } = await make({});
    const { body } = await call('alice', 'POST', `/v1/keys/${id}/rotate`, { overlap: '721h' });
    expect(body).toMatchObject({
      status: 422,
      issues: [{ path: '/overlap', message: expect.stringContaining('720h') }],
    });
  });

  it('is made for another tenant by the operator alone', async () => {
    const other = await call('alice', 'POST', '/v1/keys', { name: 'ci', scope: 'read', tenant: 'team-b' });
    expect(other.body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await call('alice', 'GET', '/v1/keys?tenant=team-b')).status).toBe(403);
    const made = await make({ tenant: 'team-c', scope: 'admin' }, 'operator');
    expect(await opens(made.key)).toBe(true);
    expect((await call('operator', 'GET', '/v1/keys?tenant=team-c')).body.items).toHaveLength(1);
    for (const [method, path] of [
      ['DELETE', `/v1/keys/${made.id}`],
      ['POST', `/v1/keys/${made.id}/rotate`],
    ] as const) {
      const { status, body } = await call('operator', method, path);
      expect({ status, hint: body.hint }).toEqual({ status: 404, hint: expect.stringContaining('?tenant=NAME') });
      expect(body.detail).not.toContain('revoked');
    }
    const rotated = (await call('operator', 'POST', `/v1/keys/${made.id}/rotate?tenant=team-c`, { overlap: '0s' }))
      .body;
    expect([await opens(made.key), await opens(rotated.key)]).toEqual([false, true]);
    expect((await call('operator', 'DELETE', `/v1/keys/${made.id}?tenant=team-c`)).status).toBe(204);
    expect(await opens(rotated.key)).toBe(false);
  });

  it('is rotated within a day where nothing is said', async () => {
    const { key, id } = await make({});
    const rotated = (await call('alice', 'POST', `/v1/keys/${id}/rotate`)).body as Made;
    const hours = (Date.parse(rotated.previousUntil!) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    expect([await opens(key), await opens(rotated.key)]).toEqual([true, true]);
  });

  it('tells when it was used last', async () => {
    const { key } = await make({});
    expect(await opens(key)).toBe(true);
    const listed = async () => (await call('alice', 'GET', '/v1/keys')).body.items[0] as Made;
    for (let tries = 0; (await listed()).lastUsedAt === null && tries < 50; tries++)
      await new Promise((r) => setTimeout(r, 20));
    expect(Math.abs(Date.parse((await listed()).lastUsedAt!) - Date.now())).toBeLessThan(10_000);
  });

  it('is one of at most a hundred of a tenant', async () => {
    for (let n = 0; n < 100; n++) expect((await make({})).id).toBeDefined();
    const { body } = await call('alice', 'POST', '/v1/keys', { name: 'ci', scope: 'read' });
    expect(body).toMatchObject({ status: 429, code: 'quota-exceeded' });
    expect((await make({}, 'bob')).id).toBeDefined();
  });
});

describe('a server that asks nobody for a key', () => {
  it('says so, takes no notice of keys, and makes none that would open anything later', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hairpin-keys-'));
    const file = join(folder, 'hairpin.db');
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    server = await startServer({ DATABASE_URL: `sqlite:${file}` });
    const self = await server.http.get('/v1/keys/self').set('authorization', 'Bearer nonsense').expect(200);
    expect(self.body).toEqual({ keyId: null, name: 'anybody', tenant: 'default', scope: 'admin' });
    const { body: made } = await server.http.post('/v1/keys').send({ name: 'sly', scope: 'admin' }).expect(201);
    expect(made.createdBy).toBeNull();
    await server.close();
    server = await startServer({ DATABASE_URL: `sqlite:${file}`, API_KEYS });
    expect(await opens(made.key)).toBe(false);
    expect(await opens(KEY_OF.operator)).toBe(true);
  });
});
