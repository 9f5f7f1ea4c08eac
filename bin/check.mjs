/** `npm run check`: types, lint, imports, unit and flow tests; under a minute on two cores, before every commit. */
import { ensureInstalled } from './project.mjs';
import { checkStatically, runTests, Tally } from './tally.mjs';

ensureInstalled();
const tally = new Tally();
await Promise.all([checkStatically(tally), runTests(tally, ['libs', 'apps', 'test/flows', 'test/golden'])]);
tally.end();
