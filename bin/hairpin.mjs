#!/usr/bin/env node
/** `hairpin`: installs and builds what is missing, then does what apps/cli/src/main.ts says. */
import { readFileSync } from 'node:fs';
import { ensureBuilt, ensureInstalled } from './project.mjs';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const asks = (option) => process.argv.slice(2).includes(option);

// For these nothing needs to be there.
if (asks('--help')) process.stdout.write(read('hairpin.txt'));
else if (asks('--version')) console.log(JSON.parse(read('../package.json')).version);
else {
  ensureInstalled();
  ensureBuilt();
  await import(new URL('../dist/apps/cli/src/main.js', import.meta.url).href);
}
