/** `npm run check`: types, lint, imports, unit and flow tests; under a minute, before every commit. */
import { ensureInstalled, program } from './project.mjs';
import { runTests, STATIC_CHECKS, Tally } from './tally.mjs';

ensureInstalled();
const tally = new Tally();
for (const check of STATIC_CHECKS) tally.check(check);
runTests(tally, program('vitest'), ['libs', 'apps', 'test/flows', 'test/golden']);
tally.end();
