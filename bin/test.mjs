/**
 * `npm test`: everything that CI runs. Works on a fresh clone. What a machine cannot do is skipped, and said; with
 * CI=true the suites fail instead. The last line is the sum.
 */
import { ensureBuilt, ensureInstalled, program } from './project.mjs';
import { runTests, STATIC_CHECKS, Tally } from './tally.mjs';

ensureInstalled();
ensureBuilt();
const tally = new Tally();
for (const check of STATIC_CHECKS) tally.check(check);
const vitest = program('vitest');
runTests(tally, vitest, ['libs', 'apps', 'test/flows', 'test/golden', 'test/properties', 'test/contracts']);
// One file after the other: these measure time, kill processes and make networks.
runTests(tally, vitest, ['test/e2e', 'test/kernel', '--no-file-parallelism']);
tally.end();
