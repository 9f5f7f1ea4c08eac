/** The image's HEALTHCHECK, which is one for both programs, in process namespaces as a container has them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const file = fileURLToPath(new URL('../../../bin/health.mjs', import.meta.url));
const { healthUrl } = (await import(file)) as {
  healthUrl(environment: Record<string, string>, commands: string[]): string;
};

const API = 'node dist/apps/api/src/main.js ';
const WORKER = 'node dist/apps/worker/src/main.js ';
const IMAGE = { PORT: '3000', WORKER_PORT: '3001' };

it.each([
  ['the API', [API, 'node bin/health.mjs '], IMAGE, 3000],
  ['a worker', [WORKER, 'node bin/health.mjs '], IMAGE, 3001],
  ['a worker under an init', ['/sbin/docker-init -- node ', WORKER], IMAGE, 3001],
  ['a worker with a port of its own', [WORKER], { ...IMAGE, WORKER_PORT: '9000' }, 9000],
  ['the API with a port of its own', [API], { ...IMAGE, PORT: '80' }, 80],
  ['the API beside somebody who looks at the worker', [API, 'less dist/apps/worker/src/main.js '], IMAGE, 3000],
  ['something else', ['sh '], {}, 3000],
])('asks the port of %s', (_, commands, environment, port) => {
  expect(healthUrl(environment, commands)).toBe(`http://127.0.0.1:${port}/livez`);
});

const namespaces = ['--pid', '--fork', '--mount-proc', '--net', '--kill-child'];
const unshare = (script: string, more: { cwd?: string; env?: Record<string, string> } = {}) => {
  const env = { ...process.env, ...more.env };
  const command = ['sh', '-c', `ip link set lo up || exit 2; ${script}`];
  return spawnSync('unshare', [...namespaces, ...command], { ...more, encoding: 'utf8', env });
};
const cannot = process.platform !== 'linux' || unshare('exit 0').status !== 0;
if (cannot)
  console.warn('\n!!! SKIPPED: the HEALTHCHECK in namespaces. `unshare` or `ip` is missing or refused here.\n');

describe.skipIf(cannot && process.env.CI !== 'true')('in a namespace of processes, with a network of its own', () => {
  let image: string;
  beforeAll(() => {
    image = mkdtempSync(join(tmpdir(), 'hairpin-health-'));
    for (const [program, port] of [
      ['api', 'PORT'],
      ['worker', 'WORKER_PORT'],
    ]) {
      const main = join(image, `dist/apps/${program}/src/main.js`);
      mkdirSync(dirname(main), { recursive: true });
      const answer = `(request, response) => response.writeHead(request.url === '/livez' ? 200 : 404).end()`;
      writeFileSync(main, `require('node:http').createServer(${answer}).listen(process.env.${port});`);
    }
    writeFileSync(join(image, 'idle.js'), 'setInterval(() => {}, 1000);');
  });
  afterAll(() => rmSync(image, { recursive: true }));

  /** Waits for the program, which starts meanwhile, as the HEALTHCHECK's retries do. */
  const check = (program: string) => {
    const tries = 'for n in 1 2 3 4 5 6 7 8; do "$NODE" "$HEALTH" && exit 0; sleep 0.3; done; exit 1';
    const env = { ...IMAGE, NODE: process.execPath, HEALTH: file, PROGRAM: program };
    const { status, stderr } = unshare(`"$NODE" "$PROGRAM" & ${tries}`, { cwd: image, env });
    return { status, stderr };
  };

  it('finds the API, and a worker, alive', () => {
    for (const program of ['api', 'worker'])
      expect(check(`dist/apps/${program}/src/main.js`), program).toMatchObject({ status: 0 });
  });

  it('finds neither where neither runs', () => {
    const { status, stderr } = check('idle.js');
    expect(status).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:3000/livez: fetch failed');
  });
});
