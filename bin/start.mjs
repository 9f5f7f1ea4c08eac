/** `npm start`: installs and builds what is missing, then serves; migrations run when the database is opened. */
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './project.mjs';

ensureInstalled();
ensureBuilt();
// npm runs this through a shell, which does not hand a SIGTERM on: when it is gone, so is whoever wanted the server.
const parent = process.ppid;
if (process.env.npm_lifecycle_event === 'start')
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 1000).unref();
// In this process, so that signals reach the server.
await import(new URL(`file://${join(root, 'dist/apps/api/src/main.js')}`).href);
