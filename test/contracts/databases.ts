/** The databases that the contract suites run on: SQLite always, Postgres where one answers on 127.0.0.1:5432. */

import { randomBytes } from 'node:crypto';
import { type DataSource, type EntitySchema, DataSource as TypeOrmDataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { type DatabaseTarget, dataSourceOptions, openDatabase } from '#platform';

export interface OpenDatabase {
  dataSource: DataSource;
  close(): Promise<void>;
}

const POSTGRES = 'postgres://postgres@127.0.0.1:5432';

/** With `more` entities beside those of the platform. */
export type Open = (more?: EntitySchema<never>[]) => Promise<OpenDatabase>;

function open(target: DatabaseTarget, more: EntitySchema<never>[]): Promise<DataSource> {
  const options = dataSourceOptions(target);
  return openDatabase({ ...options, entities: [...(options.entities as EntitySchema[]), ...more] });
}

async function openSqlite(more: EntitySchema<never>[] = []): Promise<OpenDatabase> {
  const dataSource = await open({ type: 'sqlite', file: ':memory:' }, more);
  return { dataSource, close: () => dataSource.destroy() };
}

/** An empty database of Postgres, to be dropped afterwards. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `hairpin_test_${randomBytes(6).toString('hex')}`;
  const admin = await new TypeOrmDataSource({ type: 'postgres', url: `${POSTGRES}/postgres` }).initialize();
  await admin.query(`CREATE DATABASE ${name}`);
  return {
    url: `${POSTGRES}/${name}`,
    drop: async () => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.destroy();
    },
  };
}

async function openPostgres(more: EntitySchema<never>[] = []): Promise<OpenDatabase> {
  const { url, drop } = await createDatabase();
  const dataSource = await open({ type: 'postgres', url }, more);
  const close = async () => {
    await dataSource.destroy();
    await drop();
  };
  return { dataSource, close };
}

async function postgresAnswers(): Promise<boolean> {
  const probe = new TypeOrmDataSource({ type: 'postgres', url: `${POSTGRES}/postgres`, connectTimeoutMS: 2000 });
  try {
    await probe.initialize();
    await probe.destroy();
    return true;
  } catch {
    console.warn(
      '\n!!! SKIPPED on Postgres: none answers on 127.0.0.1:5432 as user postgres. SQLite is tested alone.\n',
    );
    return false;
  }
}

/** It does not answer here; on CI that is a failure. */
export const postgresIsSkipped = !(await postgresAnswers()) && process.env.CI !== 'true';

const databases: { name: string; open: Open; skip: boolean }[] = [
  { name: 'SQLite', open: openSqlite, skip: false },
  { name: 'Postgres', open: openPostgres, skip: postgresIsSkipped },
];

/** Opened once for all tests of a suite, and empty before each: to open one takes longer than most tests. */
export function emptiedDatabase(open: Open, more?: EntitySchema<never>[]): Pick<OpenDatabase, 'dataSource'> {
  const database = {} as OpenDatabase;
  beforeAll(async () => void Object.assign(database, await open(more)));
  beforeEach(() => empty(database.dataSource));
  afterAll(() => database.close());
  return database;
}

/** Tables come after those that they point to, in the list of entities. */
function empty(dataSource: DataSource): Promise<void> {
  return dataSource.transaction(async (manager) => {
    for (const { tableName } of dataSource.entityMetadatas.toReversed())
      await manager.query(`DELETE FROM "${tableName}"`);
  });
}

/** `describe`, once for each database; skipped, and counted so, where it does not answer. */
export function describeDatabases(title: string, suite: (open: Open) => void): void {
  for (const { name, open, skip } of databases) describe.skipIf(skip)(`${title} on ${name}`, () => suite(open));
}
