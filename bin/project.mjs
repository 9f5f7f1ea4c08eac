/** What the commands in this folder share. Only node's own modules: nothing may be installed yet. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the build is made of. */
const SOURCES = ['apps', 'libs', 'migrations', '.swcrc', 'package.json'];
/** Written last by the build, so that a build that was cut off counts for nothing. */
export const BUILT = join(root, 'dist', '.built');

/** Runs a command with its output shown; ends this process with its exit code where it fails. */
export function run(command, args, options = {}) {
  const { status, error } = attempt(command, args, options);
  if (error) {
    console.error(`${command}: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs a command with its output shown. */
export function attempt(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32', ...options });
}

/** A program of an installed package. */
export const program = (name) => join(root, 'node_modules', '.bin', name);

/** `npm ci` where nothing is installed, or something older than the lockfile. */
export function ensureInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && modified(installed) >= modified(join(root, 'package-lock.json'))) return;
  console.log('Installing dependencies (npm ci); the first time this takes a minute or two.');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

export function ensureBuilt() {
  if (existsSync(BUILT) && modified(BUILT) >= Math.max(...SOURCES.map((name) => newest(join(root, name))))) return;
  run(process.execPath, [join(root, 'bin', 'build.mjs')]);
}

const modified = (path) => statSync(path).mtimeMs;

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // The folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
