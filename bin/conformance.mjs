/** `npm run conformance`: random clusters in the Linux kernel; see test/kernel/random/main.ts, and --help. */
import { join } from 'node:path';
import { ensureInstalled, root } from './project.mjs';

ensureInstalled();
const { compile } = await import('./compile.mjs');
const work = join(root, 'test', 'kernel', '.work');
compile(['libs/sim/src', 'libs/scenario/src', 'test/kernel'], work);
await import(new URL(`file://${join(work, 'test/kernel/random/main.js')}`).href);
