/** `npm run build`: TypeScript to `dist`, by swc; types are checked apart (`npm run types`). */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempt, BUILT, ensureInstalled, program } from './project.mjs';

ensureInstalled();
rmSync(dirname(BUILT), { recursive: true, force: true });
const { status, stdout, stderr } = attempt(program('nest'), ['build', '--all'], { stdio: 'pipe', encoding: 'utf8' });
if (status !== 0) {
  console.error(stdout, stderr);
  process.exit(status ?? 1);
}
mkdirSync(dirname(BUILT), { recursive: true });
writeFileSync(BUILT, '');
