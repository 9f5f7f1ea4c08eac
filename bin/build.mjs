/** `npm run build`: TypeScript to `dist`, by swc; types are checked apart (`npm run types`). */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BUILT, ensureInstalled, program, run } from './project.mjs';

ensureInstalled();
rmSync(dirname(BUILT), { recursive: true, force: true });
run(program('nest'), ['build', '--all']);
mkdirSync(dirname(BUILT), { recursive: true });
writeFileSync(BUILT, '');
