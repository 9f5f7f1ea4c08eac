/**
 * `npm test`: everything that CI runs. Works on a fresh clone. What a machine cannot do is skipped, and said; with
 * CI=true the suites fail instead. The last line is the sum.
 */
import { auditDependencies } from './audit.mjs';
import { ensureBuilt, ensureInstalled } from './project.mjs';
import { checkStatically, runTests, Tally } from './tally.mjs';

ensureInstalled();
ensureBuilt();
const tally = new Tally();
await auditDependencies(tally);
await Promise.all([
  checkStatically(tally),
  runTests(tally, ['libs', 'apps', 'test/flows', 'test/golden', 'test/incidents', 'test/properties', 'test/contracts']),
]);
// One file after the other: these measure time, kill processes and make networks.
await runTests(tally, ['test/e2e', 'test/kernel', '--no-file-parallelism']);
tally.end();
