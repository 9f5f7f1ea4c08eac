/** Receivers of webhooks: slow ones beside quick ones, and the one that docs/webhooks.md shows. No secret is ever logged. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { newSecret, signedHeaders } from '#platform';
import { ALLOWED, type Receiver, startReceiver } from './receiver.js';
import { simulate, startServer, type TestServer } from './server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preset = { preset: 'pod-becomes-unready' };
const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function server(environment: Record<string, string> = {}): Promise<TestServer> {
  const started = await startServer({ ...ALLOWED, ...environment });
  cleanUps.push(() => started.close());
  return started;
}

async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  cleanUps.push(() => started.close());
  return started;
}

it('a receiver that does not answer holds up its own deliveries, and nobody else’s', async () => {
  const { http } = await server({ WEBHOOKS_AT_ONCE: '24' });
  const [slow, quick] = [await receiver(), await receiver()];
  slow.holdMs = () => 60_000;
  const { body: stuck } = await http
    .post('/v1/webhooks')
    .send({ url: slow.url, events: ['simulation.failed'] })
    .expect(201);
  const { body: fine } = await http
    .post('/v1/webhooks')
    .send({ url: quick.url, events: ['simulation.failed'] })
    .expect(201);
  for (let n = 0; n < 12; n++) await http.post(`/v1/webhooks/${stuck.id}/test`).expect(202);
  await vi.waitFor(() => expect(slow.heard).toHaveLength(4), { timeout: 8000 });
  const began = performance.now();
  for (let n = 0; n < 12; n++) await http.post(`/v1/webhooks/${fine.id}/test`).expect(202);
  await vi.waitFor(() => expect(quick.heard).toHaveLength(12), { timeout: 8000 });
  expect(performance.now() - began).toBeLessThan(8000);
  expect(slow.heard, 'four at once').toHaveLength(4);
}, 40_000);

it('the receiver in docs/webhooks.md checks signatures, and does its work once', async () => {
  const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const [, program] = /```js\n([\s\S]+?)```/.exec(page)!;
  const file = `${root}/.work/receiver-of-docs.mjs`;
  writeFileSync(file, program!);
  cleanUps.push(() => rmSync(file));
  const secret = newSecret();
  const port = await freePort();
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  const printed = linesOf(child);
  const body = '{"type":"simulation.succeeded","data":{"id":"s-1","summary":{"outcomes":{"ok":3}}}}';
  const post = async (headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).status;
  const signed = (id: string, by = secret) => signedHeaders({ id, atMs: Date.now(), body }, [by]);
  await vi.waitFor(() => post({}).catch(() => Promise.reject(new Error('it does not listen yet'))), 5000);
  expect([await post(signed('m-1')), await post(signed('m-1')), await post(signed('m-2'))]).toEqual([204, 204, 204]);
  expect([await post(signed('m-3', newSecret())), await post({ ...signed('m-3'), 'webhook-id': 'm-4' })]).toEqual([
    400, 400,
  ]);
  await vi.waitFor(() => expect(printed).toHaveLength(2));
  expect(printed[0]).toBe('simulation.succeeded s-1 { ok: 3 }');
});

it('no log line, no answer and no metric has a secret', async () => {
  const written: string[] = [];
  const hear = (piece: unknown) => {
    written.push(String(piece));
    return true;
  };
  const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
  for (const spy of spies) spy.mockImplementation(hear);
  cleanUps.push(() => {
    for (const spy of spies) spy.mockRestore();
  });
  const { http, ...started } = await server({ LOG_LEVEL: 'debug', WEBHOOK_RETRY_SECONDS: '0' });
  const heard = await receiver();
  heard.answer = () => 500;
  const secret = newSecret();
  const url = `${heard.url}?token=of-the-url`;
  const { body: hook } = await http.post('/v1/webhooks').send({ url, secret }).expect(201);
  await simulate({ http, ...started }, { ...preset, webhook: { url, secret } });
  await http
    .post('/v1/webhooks')
    .send({ url, secret: `${secret}!` })
    .expect(422);
  await vi.waitFor(async () => {
    expect((await http.get(`/v1/webhooks/${hook.id}`)).body.enabled).toBe(false);
  }, 8000);
  const metrics = (await http.get('/metrics')).text;
  expect(written.join('')).toContain('was disabled');
  for (const text of [written.join(''), metrics]) {
    expect(text).not.toContain(secret.slice(6, 30));
    expect(text).not.toContain('of-the-url');
  }
}, 30_000);

function linesOf(child: ChildProcess): string[] {
  const lines: string[] = [];
  child.stdout!.on('data', (piece: Buffer) => lines.push(...piece.toString().split('\n').filter(Boolean)));
  return lines;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
