/** What bin/ does on a fresh clone: a copy of it, with an npm and a compiler that write down when they work. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const NPM = `#!/usr/bin/env node
import fs from 'node:fs';
const log = (line) => fs.appendFileSync('npm.log', line + '\\n');
console.log('added 1 package');
log('begins');
fs.rmSync('node_modules', { recursive: true, force: true });
setTimeout(() => {
  fs.mkdirSync('node_modules/.bin', { recursive: true });
  fs.copyFileSync('nest', 'node_modules/.bin/nest');
  fs.writeFileSync('node_modules/.package-lock.json', '');
  log('ends');
}, 700);
`;
const NEST = `#!/usr/bin/env node
import fs from 'node:fs';
console.log('compiled');
fs.appendFileSync('npm.log', 'builds\\n');
setTimeout(() => {
  fs.mkdirSync('dist/apps/cli/src', { recursive: true });
  fs.writeFileSync('dist/apps/cli/src/main.js', 'console.log(JSON.stringify(process.argv.slice(2)))');
}, 300);
`;

function freshClone() {
  const clone = mkdtempSync(join(tmpdir(), 'hairpin-clone-'));
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
  for (const name of ['bin', 'package.json']) cpSync(join(root, name), join(clone, name), { recursive: true });
  for (const name of ['.swcrc', 'nest-cli.json', 'package-lock.json']) writeFileSync(join(clone, name), '{}');
  for (const name of ['apps', 'libs', 'migrations', 'path']) mkdirSync(join(clone, name));
  for (const [name, program] of [
    ['path/npm', NPM],
    ['nest', NEST],
  ] as const) {
    writeFileSync(join(clone, name), program);
    chmodSync(join(clone, name), 0o755);
  }
  const env = { ...process.env, PATH: [join(clone, 'path'), process.env.PATH].join(delimiter) };
  return {
    clone,
    log: () =>
      existsSync(join(clone, 'npm.log')) ? readFileSync(join(clone, 'npm.log'), 'utf8').trim().split('\n') : [],
    hairpin: (...args: string[]) => ended(spawn(process.execPath, ['bin/hairpin.mjs', ...args], { cwd: clone, env })),
  };
}

async function ended(child: ChildProcess) {
  let out = '';
  let err = '';
  child.stdout!.on('data', (piece) => (out += piece));
  child.stderr!.on('data', (piece) => (err += piece));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { pid: child.pid, code, out, err };
}

it('commands that start at once install and build once; the others wait, and say for whom', async () => {
  const { hairpin, log } = freshClone();
  const runs = await Promise.all([hairpin('run', 'a', '--json'), hairpin('check', 'b'), hairpin('run', 'c')]);
  expect(log()).toEqual(['begins', 'ends', 'builds']);
  expect(runs.map(({ code, out }) => ({ code, out }))).toEqual([
    { code: 0, out: '["run","a","--json"]\n' },
    { code: 0, out: '["check","b"]\n' },
    { code: 0, out: '["run","c"]\n' },
  ]);
  const installer = runs.find(({ err }) => err.includes('Installing dependencies (npm ci)'))!;
  expect(installer.err).toContain('added 1 package');
  for (const { err } of runs.filter((run) => run !== installer))
    expect(err).toContain(`Waiting for process ${installer.pid}, which installs or builds.`);
});

it('what a process left that was killed over it holds nobody up', async () => {
  const { clone, hairpin, log } = freshClone();
  const gone = await ended(spawn(process.execPath, ['--version']));
  mkdirSync(join(clone, '.work', 'preparing'), { recursive: true });
  writeFileSync(join(clone, '.work', 'preparing', String(gone.pid)), '');
  const { code, out, err } = await hairpin('run', 'a');
  expect({ code, out }).toEqual({ code: 0, out: '["run","a"]\n' });
  expect(err).not.toContain('Waiting');
  expect(log()).toEqual(['begins', 'ends', 'builds']);
});

it('--help and --version are answered at once, with nothing installed', async () => {
  const { clone, hairpin, log } = freshClone();
  const help = await hairpin('run', '--help');
  expect(help).toMatchObject({ code: 0, err: '', out: readFileSync(join(root, 'bin/hairpin.txt'), 'utf8') });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await hairpin('--version')).toMatchObject({ code: 0, err: '', out: `${version}\n` });
  expect(log()).toEqual([]);
  expect(existsSync(join(clone, 'dist'))).toBe(false);
});
