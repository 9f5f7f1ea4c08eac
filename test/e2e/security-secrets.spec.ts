/** No secret in logs, in problems or in rows, whatever goes wrong. */
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConfigError, loadConfig } from '#platform';
import { API_KEYS, asPlayer, bearer, KEY_OF } from './keyed-server.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer | null = null;
let printed: string;
const file = join(tmpdir(), `hairpin-secrets-${process.pid}.db`);

beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((piece) => {
      printed += piece;
      return true;
    });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server?.close();
  server = null;
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
});

const start = (more: Record<string, string> = {}) =>
  startServer({ API_KEYS, DATABASE_URL: `sqlite:${file}`, LOG_LEVEL: 'debug', LOG_FORMAT: 'json', ...more });

/** All that the database has written, whether it is in the file itself yet or not. */
const stored = () => ['', '-wal'].map((end) => readFileSync(`${file}${end}`, 'latin1')).join('');

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', annotations: { 'example.com/api-token': 'annotation-hunter2' } },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'web',
        image: 'web',
        args: ['-pargument-hunter2'],
        readinessProbe: {
          httpGet: { port: 80, path: '/?token=query-hunter2', httpHeaders: [{ name: 'A', value: 'header-hunter2' }] },
        },
        lifecycle: { postStart: { exec: { command: ['curl', '-H', 'X-Api-Key: hook-hunter2'] } } },
        env: [{ name: 'A', value: 'environment-hunter2' }],
      },
    ],
  },
};

describe('a secret', () => {
  it('of a key is in no line of the log, in no problem, and in no row', async () => {
    server = await start();
    const alice = asPlayer(server, 'alice');
    const made = await alice('POST', '/v1/keys', { body: JSON.stringify({ name: 'ci', scope: 'read' }) });
    const { key, id } = (await made.json()) as { key: string; id: string };
    const secrets = [key, key.slice(20), KEY_OF.alice, KEY_OF.operator];
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    const texts: string[] = [];
    for (const authorization of [
      `Bearer ${key}`,
      `Bearer ${wrong}`,
      `Basic ${btoa(`hairpin:${key}`)}`,
      `bearer  ${key} `,
    ])
      for (const [method, path] of [
        ['GET', '/v1/keys/self'],
        ['GET', '/v1/simulations/nothing'],
        ['DELETE', `/v1/keys/${id}`],
        ['GET', '/nothing'],
        ['GET', '/v1/simulations?limit=x'],
      ] as const)
        texts.push(await (await fetch(`${server.origin}${path}`, { method, headers: { authorization } })).text());
    texts.push(
      await (await alice('GET', '/v1/keys')).text(),
      await (await asPlayer(server, 'operator')('GET', '/metrics')).text(),
    );
    expect(printed.length).toBeGreaterThan(500);
    for (const secret of secrets) {
      expect(texts.join('\n').includes(secret), 'in an answer').toBe(false);
      expect(printed.includes(secret), 'in the log').toBe(false);
      expect(stored().includes(secret), 'in the database').toBe(false);
    }
    expect(texts.filter((text) => text.includes('"code":"forbidden"')).length).toBeGreaterThan(0);
  });

  it('of a webhook is in no line of the log and in no answer but the one that makes it', async () => {
    server = await start({ WEBHOOK_SECRET_KEYS: 'k'.repeat(40) });
    const alice = asPlayer(server, 'alice');
    const body = JSON.stringify({ url: 'https://hooks.example.com/hairpin' });
    const made = await alice('POST', '/v1/webhooks', { body });
    const text = await made.text();
    expect(made.status, text).toBe(201);
    const secret = /whsec_[A-Za-z0-9+/=_-]+/.exec(text)![0];
    const { id } = JSON.parse(text) as { id: string };
    for (const path of ['/v1/webhooks', `/v1/webhooks/${id}`])
      expect(await (await alice('GET', path)).text(), path).not.toContain(secret);
    expect(printed).not.toContain(secret);
    expect(stored()).not.toContain(secret);
    expect(stored()).not.toContain(Buffer.from(secret.slice('whsec_'.length), 'base64').toString('latin1'));
  });

  it('in a scenario is dropped at the door: no row, no answer and no line of the log has it', async () => {
    server = await start();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { p: 'secret-hunter2' } };
    const node = {
      ...{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: { podCIDR: '10.1.0.0/24' } },
      status: { addresses: [{ type: 'InternalIP', address: '192.168.0.1' }] },
    };
    const scenario = { name: 'with secrets', cluster: { version: '1.30' }, objects: [node, POD, secret] };
    const alice = asPlayer(server, 'alice');
    const made = await alice('POST', '/v1/scenarios', { body: JSON.stringify(scenario) });
    const text = await made.text();
    expect(made.status, text).toBe(201);
    const run = await alice('POST', '/v1/simulations', {
      body: JSON.stringify({ scenario }),
      headers: { prefer: 'wait=20' },
    });
    expect(run.status).toBe(200);
    const { id } = JSON.parse(text) as { id: string };
    const imported = await alice('POST', '/v1/scenarios/import', { body: JSON.stringify([node, POD, secret]) });
    expect(imported.status).toBe(201);
    const importedId = ((await imported.clone().json()) as { id: string }).id;
    const seen = [
      text,
      await run.text(),
      await imported.text(),
      await (await alice('GET', `/v1/scenarios/${importedId}`)).text(),
      await (await alice('GET', `/v1/scenarios/${id}`)).text(),
      printed,
      stored(),
    ].join('');
    expect(seen).toContain('with secrets');
    expect(seen).not.toContain('hunter2');
  });

  it('of the configuration is in no message about it', () => {
    const environment = {
      API_KEYS: `ops:root:${KEY_OF.operator}`,
      DATABASE_URL: 'mysql://u:hunter2@h/d',
      QUEUE_URL: 'amqp://u:hunter2@h',
      WEBHOOK_SECRET_KEYS: 'hunter2',
    };
    const { message } = catching(() => loadConfig(environment));
    for (const name of Object.keys(environment)) expect(message).toContain(name);
    expect(message).not.toMatch(new RegExp(`hunter2|${KEY_OF.operator}`));
  });

  it('of a database that does not answer is in no line of the log and in no error', async () => {
    const url = 'postgres://someone:hunter2@127.0.0.1:1/hairpin';
    const error = (await start({ DATABASE_URL: url }).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toBeInstanceOf(Error);
    expect(`${error.message}${error.stack}${printed}`).toContain('ECONNREFUSED');
    expect(`${error.message}${error.stack}${printed}`).not.toContain('hunter2');
  }, 30_000);
});

it('a header that shows a key is in no line of the log, when the answer is an error of the server', async () => {
  server = await start();
  const { KeyRing } = await import('#platform');
  vi.spyOn(server.app.get(KeyRing), 'principalOf').mockRejectedValue(new Error('the database is away'));
  const answer = await fetch(`${server.origin}/v1/keys/self`, { headers: bearer(KEY_OF.alice) });
  expect(answer.status).toBeGreaterThanOrEqual(500);
  expect(`${await answer.text()}${printed}`).not.toContain(KEY_OF.alice);
  expect(printed).toContain('the database is away');
});

function catching(work: () => unknown): ConfigError {
  try {
    work();
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
}
