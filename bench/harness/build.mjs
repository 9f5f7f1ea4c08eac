/** Compiles the engine (swc) and the peers (g++) into `bench/.work`; `dist` is left alone. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../bin/compile.mjs';
import { compiled, peers, work } from './folders.mjs';

const SOURCES = ['libs', 'bench/engine'];
const CPP = ['hold', 'flow'];

export function buildEngine() {
  compile(SOURCES, compiled);
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
