import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** They leave nothing behind in a module, so a process loads the sources once for all of them. */
const SHARING = ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'test/{flows,golden,incidents,properties}/**/*.spec.ts'];
/** They have databases, servers, processes and networks: each file has a process of its own. */
const ALONE = ['test/{contracts,e2e,kernel}/**/*.spec.ts'];
/** They hold an answer to a time: after all others, one file after the other. */
const TIMED = [
  'test/e2e/{events,kill,many-workers,observability,report-in-browser,responsive,shutdown,simulations,start-up,traces}.spec.ts',
  'test/e2e/security-{limits,occupy,streams}.spec.ts',
  'test/kernel/facts.spec.ts',
];

export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    testTimeout: 20_000,
    // Sources that have not changed are not transformed again.
    experimental: { fsModuleCache: true, fsModuleCachePath: '.work/vitest' },
    // Left to itself vitest keeps a core free: of two that is half.
    maxWorkers: availableParallelism(),
    projects: [
      { extends: true, test: { name: 'sharing', include: SHARING, isolate: false } },
      { extends: true, test: { name: 'alone', include: ALONE, exclude: TIMED } },
      { extends: true, test: { name: 'timed', include: TIMED, maxWorkers: 1 } },
    ],
  },
});
