import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** They leave nothing behind in a module, so a process loads the sources once for all of them. */
const SHARING = ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'test/{flows,golden,incidents,properties}/**/*.spec.ts'];
/** They have databases, servers, processes and networks. */
const ALONE = ['test/{contracts,e2e,kernel}/**/*.spec.ts'];

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
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
  },
});
