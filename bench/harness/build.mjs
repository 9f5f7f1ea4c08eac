/** Compiles the engine (swc) and the peers (g++) into `bench/.work`; `dist` is left alone. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { compiled, peers, root, work } from './folders.mjs';

const SOURCES = ['libs', 'bench/engine'];
const CPP = ['hold', 'flow'];

export function buildEngine() {
  rmSync(compiled, { recursive: true, force: true });
  for (const folder of SOURCES) {
    for (const name of readdirSync(join(root, folder), { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
      const to = join(compiled, folder, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(to), { recursive: true });
      const { code } = transformFileSync(join(root, folder, name), {
        configFile: join(root, '.swcrc'),
        sourceMaps: false,
      });
      writeFileSync(to, code);
    }
  }
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const here = Object.entries(imports).map(([door, paths]) => [door, paths.default.replace('./dist/', './')]);
  writeFileSync(join(compiled, 'package.json'), JSON.stringify({ type: 'module', imports: Object.fromEntries(here) }));
}

export function buildCpp() {
  mkdirSync(work, { recursive: true });
  for (const name of CPP) {
    const flags = ['-O2', '-march=native', '-std=c++17', '-Wall'];
    const { status } = spawnSync('g++', [...flags, join(peers, `${name}.cpp`), '-o', join(work, name)], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`g++ could not compile ${name}.cpp`);
  }
}
