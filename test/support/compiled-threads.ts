/**
 * Threads for tests that run from source: vitest transforms what it loads itself, not what a thread loads. So the
 * sources are compiled into a folder that is named by their age: once for all test files, never stale, and without
 * touching `dist`, from which a server may be running.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'hairpin-threads');

/** For `Config.threadFile`. */
export function compiledThread(file: URL): URL {
  return pathToFileURL(join(compiledSources(), relative(root, fileURLToPath(file))));
}

let compiled: string | null = null;

function compiledSources(): string {
  compiled ??= compile();
  return compiled;
}

/** Test files run at the same time: each compiles by itself, and the first to finish gives the folder its name. */
function compile(): string {
  const sources = ['apps', 'libs'].flatMap((folder) => typeScriptIn(join(root, folder)));
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  const folder = join(cache, `${Math.round(newest)}-${sources.length}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  for (const older of readdirSync(cache))
    if (isOld(join(cache, older))) rmSync(join(cache, older), { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ type: 'module', imports: builtImports() }));
  for (const file of sources) {
    const target = join(unfinished, relative(root, file).replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transformSync(readFileSync(file, 'utf8'), { filename: file, sourceMaps: 'inline' }).code);
  }
  try {
    renameSync(unfinished, folder);
  } catch {
    rmSync(unfinished, { recursive: true });
  }
  return folder;
}

function typeScriptIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return typeScriptIn(path);
    return /(?<!\.spec|\.d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** `#sim` and the others as package.json gives them for `dist`, from inside such a folder. */
function builtImports(): Record<string, string> {
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    imports: Record<string, { default: string }>;
  };
  return Object.fromEntries(
    Object.entries(imports).map(([name, { default: path }]) => [name, path.replace('./dist/', './')]),
  );
}

function isOld(path: string): boolean {
  return Date.now() - statSync(path).mtimeMs > 3_600_000;
}
