/**
 * The built server on Node 24, which the container image has: the tutorial's transcript, byte for byte. On Postgres, since
 * the SQLite driver at hand is compiled for the Node at hand. `npm run test:node24` runs the whole suite there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { createDatabase, postgresIsSkipped } from '../contracts/databases.js';
import { buildServer, startServerProcess } from './server-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NODE_24 = `${root}.work/node24/node_modules/node-24/bin/node`;
const isMissing = !existsSync(NODE_24) && process.env.CI !== 'true';
if (isMissing) console.warn('\n!!! SKIPPED on Node 24: `node bin/node24.mjs --install` fetches it.\n');

beforeAll(() => buildServer(), 60_000);

it.skipIf(isMissing || postgresIsSkipped)(
  'serves the tutorial on Node 24 as on any other',
  async () => {
    expect(execFileSync(NODE_24, ['--version'], { encoding: 'utf8' })).toMatch(/^v24\./);
    const database = await createDatabase();
    const server = await startServerProcess({ DATABASE_URL: database.url }, NODE_24);
    try {
      const answer = await fetch(`${server.origin}/v1/simulations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/plain', prefer: 'wait=30' },
        body: JSON.stringify({ preset: 'source-ip-tutorial' }),
      });
      const golden = readFileSync(`${root}test/golden/source-ip-tutorial.txt`, 'utf8');
      const transcript = await answer.text();
      expect(transcript.length).toBeGreaterThan(4_000);
      expect(golden.startsWith(transcript)).toBe(true);
      expect(await (await fetch(`${server.origin}/metrics`)).text()).toMatch(/node_version="v24\./);
      const health = spawnSync(NODE_24, ['bin/health.mjs', `${server.origin}/readyz`], { cwd: root });
      expect(health.status).toBe(0);
    } finally {
      expect((await server.end('SIGTERM')).code).toBe(0);
      await database.drop();
    }
  },
  60_000,
);
