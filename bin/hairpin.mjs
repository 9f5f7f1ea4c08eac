#!/usr/bin/env node
/** `hairpin`: installs and builds what is missing, then does what apps/cli/src/main.ts says. */
import { ensureBuilt, ensureInstalled } from './project.mjs';

ensureInstalled();
ensureBuilt();
await import(new URL('../dist/apps/cli/src/main.js', import.meta.url).href);
