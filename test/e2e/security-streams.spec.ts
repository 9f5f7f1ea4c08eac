/** A stream of events lives no longer than the key that opened it, whichever process has heard of its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeyStore } from '#platform';
import { asPlayer, bearer, KEY_OF, startKeyedServer } from './keyed-server.js';
import type { TestServer } from './server.js';

const TUTORIAL = { preset: 'source-ip-tutorial' };
const RUNS = {
  simulations: TUTORIAL,
  experiments: { ...TUTORIAL, seeds: 2 },
  comparisons: { ...TUTORIAL, variants: [{ name: 'other dice', set: { seed: 9 } }] },
};
/** Within which other processes hear of a revocation; and what a machine under load may add. */
const HEARD_MS = 5_000;
const SLACK_MS = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'hairpin-streams-'));
/** Two processes of one database, without workers: what is queued stays so, and its stream open. */
let here: TestServer;
let elsewhere: TestServer;
const paths = new Map<string, string>();

beforeAll(async () => {
  const environment = { DATABASE_URL: `sqlite:${join(folder, 'hairpin.db')}`, WORKER_THREADS: '0' };
  here = await startKeyedServer(environment);
  elsewhere = await startKeyedServer(environment);
  for (const [kind, body] of Object.entries(RUNS)) {
    const headers = { prefer: 'wait=0' };
    const response = await asPlayer(here, 'alice')('POST', `/v1/${kind}`, { body: JSON.stringify(body), headers });
    expect(response.status).toBe(202);
    paths.set(kind, `${response.headers.get('location')}/events`);
  }
}, 60_000);
afterAll(async () => {
  await Promise.all([here.close(), elsewhere.close()]);
  rmSync(folder, { recursive: true, force: true });
});

/** `endedMs`: when it ended; Infinity: it has not in more than the time that it may take. */
async function follow(key: string, kind = 'simulations') {
  const aborter = new AbortController();
  const options = { headers: bearer(key), signal: aborter.signal };
  const response = await fetch(`${here.origin}${paths.get(kind)}`, options);
  expect(response.status).toBe(200);
  const ended = response.text().then((text) => ({ text, endedMs: performance.now() }));
  const late = sleep(HEARD_MS + SLACK_MS + 2_000, { text: '', endedMs: Number.POSITIVE_INFINITY }, { ref: false });
  return Promise.race([ended, late]).finally(() => aborter.abort());
}

const make = async (expiresAtMs: number | null = null) => {
  const key = { name: 'ci', scope: 'read', createdBy: 'team-a/alice', expiresAtMs } as const;
  const issued = await here.app.get(ApiKeyStore).add('team-a', key);
  return { id: issued.row.id, key: issued.key };
};
const revoke = async (server: TestServer, id: string) =>
  expect((await asPlayer(server, 'alice')('DELETE', `/v1/keys/${id}`)).status).toBe(204);

describe('a stream of events', () => {
  it.each(Object.keys(RUNS))('of %s ends soon after its key was revoked by another process', async (kind) => {
    const { id, key } = await make();
    const following = follow(key, kind);
    await sleep(1_500);
    const began = performance.now();
    await revoke(elsewhere, id);
    const { text, endedMs } = await following;
    expect(endedMs - began).toBeLessThan(HEARD_MS + SLACK_MS);
    expect(text).toContain('"status":"queued"');
    expect((await fetch(`${here.origin}${paths.get(kind)}`, { headers: bearer(key) })).status).toBe(401);
  });

  it('ends sooner after its key was revoked by its own process, rotated away or has expired', async () => {
    const [revoked, rotated] = [await make(), await make()];
    const expires = await make(Date.now() + 2_500);
    const following = [revoked, rotated, expires].map(({ key }) => follow(key));
    await sleep(1_500);
    const began = performance.now();
    await revoke(here, revoked.id);
    const rotation = { body: JSON.stringify({ overlap: '0s' }) };
    const answer = await asPlayer(here, 'alice')('POST', `/v1/keys/${rotated.id}/rotate`, rotation);
    expect(answer.status).toBe(200);
    for (const { endedMs } of await Promise.all(following)) expect(endedMs - began).toBeLessThan(2_000 + SLACK_MS);
  });

  it('goes on while its key is valid: another one, the other secret in its overlap, and one of the environment', async () => {
    const [kept, revoked, rotated] = [await make(), await make(), await make()];
    const following = [kept.key, rotated.key, KEY_OF.reader].map((key) => follow(key));
    await revoke(elsewhere, revoked.id);
    const rotation = { body: JSON.stringify({ overlap: '1h' }) };
    await asPlayer(elsewhere, 'alice')('POST', `/v1/keys/${rotated.id}/rotate`, rotation);
    for (const { endedMs } of await Promise.all(following)) expect(endedMs).toBe(Number.POSITIVE_INFINITY);
  });
});
