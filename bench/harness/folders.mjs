import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const peers = join(root, 'bench', 'peers');
/** Everything that a run of the benchmarks makes; not in git. */
export const work = join(root, 'bench', '.work');
/** The engine and its side of the workloads, compiled; laid out like the repository. */
export const compiled = join(work, 'js');
