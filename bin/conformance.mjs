/** `npm run conformance`: random clusters in the Linux kernel; see test/kernel/random/main.ts, and --help. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './project.mjs';

ensureInstalled();
const { compile } = await import('./compile.mjs');
// Each run has its own, so that one may go on while another is asked for.
const work = join(root, 'test', 'kernel', '.work', String(process.pid));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
compile(['libs/sim/src', 'libs/scenario/src', 'test/kernel'], work);
await import(new URL(`file://${join(work, 'test/kernel/random/main.js')}`).href);
