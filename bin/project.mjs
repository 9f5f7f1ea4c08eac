/** What the commands in this folder share. Only node's own modules: nothing may be installed yet. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holding } from './lock.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** An image has what was installed and built, and nothing to do it again with. */
const isRepository = existsSync(join(root, 'package-lock.json'));

/** What the build is made of. */
const SOURCES = ['apps', 'libs', 'migrations', '.swcrc', 'nest-cli.json', 'package.json'];
/** Written last by `npm ci`. */
const INSTALLED = join(root, 'node_modules', '.package-lock.json');
/** Written last by the build, so that a build that was cut off counts for nothing. */
const BUILT = join(root, 'dist', '.built');
const STDERR = 2;
/** Held while somebody installs or builds: `npm start`, `hairpin` and test files may want it at once. */
const PREPARING = join(root, '.work', 'preparing');

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
  if (isRepository && !isInstalled()) inTurn(() => isInstalled() || install());
}

/** Builds where `dist` is missing or older than its sources. */
export function ensureBuilt() {
  if (isRepository && !isBuilt()) inTurn(() => isBuilt() || buildNow());
}

export function build() {
  inTurn(buildNow);
}

const inTurn = (work) => holding(PREPARING, 'installs or builds', work);

function isInstalled() {
  return existsSync(INSTALLED) && modified(INSTALLED) >= modified(join(root, 'package-lock.json'));
}

function install() {
  console.error('Installing dependencies (npm ci); the first time this takes a minute or two.');
  // Nobody is to take what is half removed for what is installed.
  rmSync(INSTALLED, { force: true });
  must('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['inherit', STDERR, STDERR] });
}

function isBuilt() {
  return existsSync(BUILT) && modified(BUILT) >= Math.max(...SOURCES.map((name) => newest(join(root, name))));
}

function buildNow() {
  rmSync(BUILT, { force: true });
  rmSync(dirname(BUILT), { recursive: true, force: true });
  must(program('nest'), ['build', '--all'], { stdio: 'pipe', encoding: 'utf8' });
  mkdirSync(dirname(BUILT), { recursive: true });
  writeFileSync(BUILT, '');
}

/** Ends this process with the exit code of a command that fails. What commands print here is never the answer of ours. */
function must(command, args, options) {
  const shell = process.platform === 'win32';
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, shell, ...options });
  if (status === 0) return;
  console.error([stdout, stderr, error && `${command}: ${error.message}`].filter(Boolean).join('\n'));
  process.exit(status ?? 1);
}

const modified = (path) => statSync(path).mtimeMs;

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
