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
await Promise.all([checkStatically(tally), runTests(tally, [])]);
tally.end();
