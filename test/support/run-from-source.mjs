/**
 * Lets threads run from source in tests: vitest transforms what it loads itself, not what a thread loads.
 * Given to a thread as `--import`.
 */
import { register } from 'node:module';

register('./source-hooks.mjs', import.meta.url);
