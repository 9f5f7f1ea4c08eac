/** Text that a database takes amiss: on SQLite and on Postgres it is answered, and never with an error of the server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, postgresIsSkipped } from '../contracts/databases.js';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

const ODD = [
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\uffff',
  "' OR 1=1 --",
  '"; DROP TABLE simulations; --',
  '%',
  '\u202e',
  '😀'.repeat(200),
];
const wellFormed = (text: string) => text.replace(/[\ud800-\udfff]/g, '');
const paths = (text: string) => {
  const odd = encodeURIComponent(wellFormed(text));
  return [
    `/v1/simulations/${odd}`,
    `/v1/simulations/${odd}/requests`,
    `/v1/scenarios/${odd}`,
    `/v1/presets/${odd}`,
    `/v1/simulations?scenarioId=${odd.slice(0, 60)}`,
    `/v1/simulations?cursor=${odd}`,
    `/v1/simulations?cursor=${Buffer.from(JSON.stringify({ atMs: 1, id: text })).toString('base64url')}`,
    `/v1/scenarios?cursor=${Buffer.from(JSON.stringify({ atMs: 1e300, id: 'x' })).toString('base64url')}`,
    `/v1/scenarios?cursor=${Buffer.from(JSON.stringify({ atMs: 1.5, id: 'x' })).toString('base64url')}`,
  ];
};

const databases = [
  { name: 'SQLite', skip: false, create: async () => ({ url: 'sqlite::memory:', drop: async () => {} }) },
  { name: 'Postgres', skip: postgresIsSkipped, create: createDatabase },
];

for (const { name, skip, create } of databases)
  describe.skipIf(skip)(`odd text on ${name}`, () => {
    let server: TestServer;
    let database: Awaited<ReturnType<typeof create>>;
    beforeAll(async () => {
      database = await create();
      server = await startServer({ DATABASE_URL: database.url });
    }, 60_000);
    afterAll(async () => {
      await server.close();
      await database.drop();
    });

    it('in paths and queries gets an answer', async () => {
      for (const text of ODD)
        for (const path of paths(text)) {
          const answer = await fetch(`${server.origin}${path}`);
          expect(answer.status, `${path}: ${(await answer.text()).slice(0, 300)}`).toBeLessThan(500);
        }
    });

    it('in documents, names and keys gets an answer', async () => {
      for (const text of ODD) {
        const scenario = { ...loadScenario({ ratePerSecond: 1, seconds: 1 }), name: `x${text}`, notes: text };
        const bodies: [string, object][] = [
          ['/v1/scenarios', scenario],
          ['/v1/simulations', { scenario }],
          ['/v1/simulations', { preset: text }],
          ['/v1/simulations', { scenarioId: text.slice(0, 60) }],
          ['/v1/keys', { name: text, scope: 'read' }],
          ['/v1/keys', { name: 'x', scope: 'read', tenant: text }],
        ];
        for (const [path, body] of bodies) {
          const headers = {
            'content-type': 'application/json',
            'idempotency-key': encodeURIComponent(wellFormed(text)).slice(0, 200),
          };
          const answer = await fetch(`${server.origin}${path}`, {
            method: 'POST',
            headers,
            body: JSON.stringify(body),
          });
          expect(answer.status, `${path} ${JSON.stringify(text)}: ${(await answer.text()).slice(0, 300)}`).toBeLessThan(
            500,
          );
        }
      }
    });
  });
