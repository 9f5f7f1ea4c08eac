/** TypeScript to JavaScript beside `dist`, for programs that are no part of the build: benchmarks, the conformance run. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { root } from './project.mjs';

/** Compiles folders of the repository into `target`, which is emptied first and where `#sim` and its like then lead. */
export function compile(folders, target) {
  rmSync(target, { recursive: true, force: true });
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true })) {
      const to = join(target, folder, name);
      if (/\.[ch]$/.test(name)) place(to, () => copyFileSync(join(root, folder, name), to));
      if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
      const { code } = transformFileSync(join(root, folder, name), {
        configFile: join(root, '.swcrc'),
        sourceMaps: false,
      });
      const compiled = to.replace(/\.ts$/, '.js');
      place(compiled, () => writeFileSync(compiled, code));
    }
  }
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const here = Object.entries(imports).map(([door, paths]) => [door, paths.default.replace('./dist/', './')]);
  writeFileSync(join(target, 'package.json'), JSON.stringify({ type: 'module', imports: Object.fromEntries(here) }));
}

function place(path, write) {
  mkdirSync(dirname(path), { recursive: true });
  write();
}
