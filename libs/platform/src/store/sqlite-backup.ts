/**
 * A copy of the SQLite database while servers use it, and its way back. The copy is one transaction's view, whole and
 * compact; whoever has been answered before it began finds all of it there.
 * Source: https://sqlite.org/lang_vacuum.html#vacuuminto, https://sqlite.org/wal.html
 */
import { copyFile, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '#migrations';
import { makePrivate } from './private-file.js';

/** It cannot be done; the message says why and what to do. */
export class BackupError extends Error {}

export interface BackupContent {
  bytes: number;
  scenarios: number;
  simulations: number;
}

/** Copies the database `file` to `into`, which must not exist. The copy appears when it is whole and checked. */
export async function backUp(file: string, into: string): Promise<BackupContent> {
  if (!(await exists(file))) throw new BackupError(`There is no database at ${file}: nothing has been stored yet.`);
  if (await exists(into)) throw new BackupError(`${into} exists. Name a file that does not, or remove it.`);
  const unfinished = `${into}.unfinished`;
  await rm(unfinished, { force: true });
  try {
    // VACUUM takes an empty file for none.
    await makePrivate(unfinished);
    await withDatabase(file, (database) => database.query('VACUUM INTO ?', [unfinished]));
    const content = await check(unfinished);
    await putInPlace(unfinished, into);
    return content;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Makes the backup `from` the database `file`; what was there is kept beside it: its new name, or null. */
export async function restore(from: string, file: string): Promise<BackupContent & { kept: string | null }> {
  if (!(await exists(from))) throw new BackupError(`There is no backup at ${from}.`);
  const content = await check(from);
  const replaces = await exists(file);
  if (replaces) await mustBeUnused(file);
  if (replaces) await makePrivate(file);
  const unfinished = `${file}.unfinished`;
  await rm(unfinished, { force: true });
  await makePrivate(unfinished);
  await copyFile(from, unfinished);
  // A copy has the permissions of what it was made from.
  await makePrivate(unfinished);
  const kept = replaces ? `${file}.before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}` : null;
  if (kept !== null) await rename(file, kept);
  await putInPlace(unfinished, file);
  return { ...content, kept };
}

/** Throws BackupError unless it is a sound database of this version of Hairpin or of one before. */
async function check(file: string): Promise<BackupContent> {
  try {
    return await withDatabase(file, async (database) => {
      const [{ integrity_check: verdict }] = await database.query('PRAGMA integrity_check(1)');
      if (verdict !== 'ok') throw new BackupError(`${file} is damaged: ${verdict}`);
      const known = new Set(MIGRATIONS.map(({ name }) => name));
      const done: { name: string }[] = await database.query('SELECT name FROM migrations');
      const unknown = done.find(({ name }) => !known.has(name));
      if (unknown) throw new BackupError(`${file} is of a newer Hairpin (${unknown.name}): restore it with that one.`);
      const count = async (table: string) => Number((await database.query(`SELECT COUNT(*) n FROM ${table}`))[0].n);
      const { size } = await stat(file);
      return { bytes: size, scenarios: await count('scenarios'), simulations: await count('simulations') };
    });
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`${file} is no database of Hairpin: ${(error as Error).message}`);
  }
}

/** Leaving WAL needs the file for itself: that fails as long as anybody has it open. */
async function mustBeUnused(file: string): Promise<void> {
  try {
    await withDatabase(file, (database) => database.query('PRAGMA journal_mode = DELETE'));
  } catch (error) {
    throw new BackupError(`A server has ${file} open (${(error as Error).message}). Stop it first.`);
  }
}

async function withDatabase<Value>(file: string, use: (database: DataSource) => Promise<Value>): Promise<Value> {
  const database = await new DataSource({ type: 'better-sqlite3', database: file, timeout: 2000 }).initialize();
  try {
    return await use(database);
  } finally {
    await database.destroy();
  }
}

/** Under its own name only when its bytes are on the disk. */
async function putInPlace(unfinished: string, file: string): Promise<void> {
  const handle = await open(unfinished, 'r+');
  await handle.sync();
  await handle.close();
  await rename(unfinished, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync();
  await folder.close();
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
