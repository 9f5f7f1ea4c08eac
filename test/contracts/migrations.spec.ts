import { afterEach, beforeEach, expect, it } from 'vitest';
import { dataSourceOptions, openDatabase } from '#platform';
import { describeDatabases, type OpenDatabase } from './databases.js';

describeDatabases('the migrations', (open) => {
  let database: OpenDatabase;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.close());

  it('make exactly the tables that the entities describe', async () => {
    const drift = await database.dataSource.driver.createSchemaBuilder().log();
    expect(drift.upQueries.map((query) => query.query)).toEqual([]);
  });

  it('can be undone and done again', async () => {
    const { dataSource } = database;
    const hasSimulations = () => dataSource.createQueryRunner().hasTable('simulations');
    await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await hasSimulations()).toBe(false);
    await dataSource.runMigrations({ transaction: 'each' });
    expect(await hasSimulations()).toBe(true);
  });
});

it('a database that is up to date stays as it is', async () => {
  const dataSource = await openDatabase(dataSourceOptions({ type: 'sqlite', file: ':memory:' }));
  expect(await dataSource.runMigrations()).toEqual([]);
  await dataSource.destroy();
});
