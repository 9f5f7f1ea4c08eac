/** `npm start`: installs and builds what is missing, then serves; migrations run when the database is opened. */
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './project.mjs';

ensureInstalled();
ensureBuilt();
// In this process, so that signals reach the server.
await import(new URL(`file://${join(root, 'dist/apps/api/src/main.js')}`).href);
