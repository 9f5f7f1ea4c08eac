/**
 * `npm run backup -- [FILE]` copies the SQLite database of the environment (`DATA_DIR`, `DATABASE_URL`), also while
 * servers use it; `npm run restore -- FILE` puts a copy back, with the servers stopped.
 */
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './project.mjs';

const POSTGRES = {
  backup: 'DATABASE_URL is Postgres: use pg_dump --format=custom --file=hairpin.dump "$DATABASE_URL"',
  restore: 'DATABASE_URL is Postgres: use pg_restore --clean --if-exists --dbname="$DATABASE_URL" hairpin.dump',
};

const [verb, file, ...more] = process.argv.slice(2);
ensureInstalled();
ensureBuilt();
const { BackupError, backUp, ConfigError, loadConfig, restore } = await import(
  new URL(`file://${join(root, 'dist/libs/platform/src/index.js')}`).href
);

try {
  if (more.length > 0 || (verb === 'restore' && file === undefined))
    throw new BackupError('Usage: npm run backup -- [FILE]   or   npm run restore -- FILE');
  const { database } = loadConfig(process.env);
  if (database.type !== 'sqlite') throw new BackupError(POSTGRES[verb]);
  if (database.file === ':memory:') throw new BackupError('A database in memory cannot be copied from here.');
  if (verb === 'restore') {
    const { kept, ...content } = await restore(file, database.file);
    console.log(`${told(content)} restored to ${database.file}.${kept ? ` What was there is now ${kept}.` : ''}`);
  } else {
    const into = file ?? `${database.file}.backup-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    console.log(`${told(await backUp(database.file, into))} copied to ${into}.`);
  }
} catch (error) {
  if (!(error instanceof BackupError || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function told({ scenarios, simulations, bytes }) {
  return `${scenarios} scenarios and ${simulations} simulations (${(bytes / 2 ** 20).toFixed(1)} MB)`;
}
