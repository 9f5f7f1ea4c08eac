/** What the commands in this folder share. Only node's own modules: nothing may be installed yet. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** An image has what was installed and built, and nothing to do it again with. */
const isRepository = existsSync(join(root, 'package-lock.json'));

/** What the build is made of. */
const SOURCES = ['apps', 'libs', 'migrations', '.swcrc', 'nest-cli.json', 'package.json'];
/** Written last by the build, so that a build that was cut off counts for nothing. */
export const BUILT = join(root, 'dist', '.built');
/** Held while somebody builds: two test files, or a test and `npm start`, may want it at once. */
const BUILDING = join(root, 'node_modules', '.hairpin-building');
const LONGEST_BUILD_MS = 120_000;

/** Runs a command with its output shown; ends this process with its exit code where it fails. */
export function run(command, args) {
  const { status, error } = attempt(command, args);
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs a command with its output shown, or as `options` say. */
export function attempt(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32', ...options });
}

/** Runs a command while others run: gives its exit code and, unless that is shown as it comes, its output. */
export function attemptBeside(command, args, { shown = false } = {}) {
  return new Promise((resolve) => {
    const stdio = ['ignore', ...(shown ? ['inherit', 'inherit'] : ['pipe', 'pipe'])];
    const child = spawn(command, args, { cwd: root, stdio, shell: process.platform === 'win32' });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => output.push(piece));
    const end = (status, last = '') => resolve({ status, output: Buffer.concat(output).toString() + last });
    child.on('error', (error) => end(null, `${command}: ${error.message}\n`));
    child.on('close', (status) => end(status));
  });
}

/** A program of an installed package. */
export const program = (name) => join(root, 'node_modules', '.bin', name);

/** `npm ci` where nothing is installed, or something older than the lockfile. */
export function ensureInstalled() {
  if (!isRepository) return;
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && modified(installed) >= modified(join(root, 'package-lock.json'))) return;
  console.log('Installing dependencies (npm ci); the first time this takes a minute or two.');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

/** Builds where `dist` is missing or older than its sources; waits where somebody else is at it. */
export function ensureBuilt() {
  if (!isRepository) return;
  while (!isBuilt()) {
    if (!takeBuildLock()) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      continue;
    }
    try {
      run(process.execPath, [join(root, 'bin', 'build.mjs')]);
    } finally {
      rmSync(BUILDING, { recursive: true, force: true });
    }
    return;
  }
}

function isBuilt() {
  return existsSync(BUILT) && modified(BUILT) >= Math.max(...SOURCES.map((name) => newest(join(root, name))));
}

function takeBuildLock() {
  try {
    mkdirSync(BUILDING);
    return true;
  } catch {
    const since = existsSync(BUILDING) ? Date.now() - modified(BUILDING) : 0;
    if (since > LONGEST_BUILD_MS) rmSync(BUILDING, { recursive: true, force: true });
    return false;
  }
}

const modified = (path) => statSync(path).mtimeMs;

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
