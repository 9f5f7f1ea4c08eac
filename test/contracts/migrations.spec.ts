import { afterEach, beforeEach, expect, it } from 'vitest';
import { MIGRATIONS } from '#migrations';
import { checkMigrations, dataSourceOptions, openDatabase } from '#platform';
import { createDatabase, describeDatabases, type OpenDatabase, postgresIsSkipped } from './databases.js';

const AT = { createdAtMs: 1, updatedAtMs: 2 };

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
    for (const _ of MIGRATIONS) await dataSource.undoLastMigration({ transaction: 'each' });
    expect(await hasSimulations()).toBe(false);
    await dataSource.runMigrations({ transaction: 'each' });
    expect(await hasSimulations()).toBe(true);
  });

  it('keep what was stored before there were tenants, as the default tenant’s', async () => {
    const { dataSource } = database;
    for (const _ of MIGRATIONS.slice(1)) await dataSource.undoLastMigration({ transaction: 'each' });
    const fill = async (table: string, row: Record<string, string | number | boolean>) => {
      const columns = Object.keys(row).map((name) => `"${name}"`);
      const values = Object.values(row).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
      await dataSource.query(`INSERT INTO "${table}" (${columns}) VALUES (${values})`);
    };
    await fill('scenarios', { ...{ id: 's', name: 'n', revision: 3, digest: 'd', document: '{}' }, ...AT });
    await fill('scenario_snapshots', { digest: 'd', scenario: '{"a":1}' });
    const simulation = { id: 'r', status: 'succeeded', name: 'n', digest: 'd', seed: 7, createdAtMs: 1, progress: 1 };
    await fill('simulations', { ...simulation, attempt: 1, cancelRequested: false });
    await fill('result_documents', { simulationId: 'r', kind: 'healthz', body: '{}' });
    await fill('idempotency_keys', { key: 'k', requestHash: 'h', simulationId: 'r', createdAtMs: 1 });

    await dataSource.runMigrations({ transaction: 'each' });

    const { manager } = dataSource;
    const tenant = 'default';
    expect(await manager.findOneBy('scenario', { tenant, id: 's' })).toMatchObject({ revision: 3, createdAtMs: 1 });
    expect(await manager.findOneBy('simulation', { tenant, id: 'r' })).toMatchObject({ status: 'succeeded', seed: 7 });
    expect(await manager.findOneBy('scenario_snapshot', { tenant, digest: 'd' })).toMatchObject({
      scenario: '{"a":1}',
    });
    expect(await manager.findOneBy('result_document', { simulationId: 'r' })).toMatchObject({ body: '{}' });
    expect(await manager.findOneBy('idempotency_key', { tenant, key: 'k' })).toMatchObject({ requestHash: 'h' });
  });
});

it('a database that is up to date stays as it is', async () => {
  const dataSource = await openDatabase(dataSourceOptions({ type: 'sqlite', file: ':memory:' }));
  expect(await dataSource.runMigrations()).toEqual([]);
  await dataSource.destroy();
});

it.skipIf(postgresIsSkipped)(
  'four processes that start at once on an empty Postgres run each migration once',
  async () => {
    const { url, drop } = await createDatabase();
    // As many connections as four processes have; the lock knows no processes, only sessions.
    const opened = await Promise.all(
      [1, 2, 3, 4].map(() => openDatabase(dataSourceOptions({ type: 'postgres', url }))),
    );
    try {
      const rows = (await opened[0]!.query('SELECT "name" FROM "migrations" ORDER BY "id"')) as { name: string }[];
      expect(rows.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
      for (const dataSource of opened) await checkMigrations(dataSource);
      const [{ held }] = await opened[0]!.query(
        `SELECT COUNT(*)::int AS held FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(held).toBe(0);
    } finally {
      for (const dataSource of opened) await dataSource.destroy();
      await drop();
    }
  },
);

it('a database whose migrations have been taken away is not ready', async () => {
  const dataSource = await openDatabase(dataSourceOptions({ type: 'sqlite', file: ':memory:' }));
  await checkMigrations(dataSource);
  const last = MIGRATIONS.at(-1)!.name;
  await dataSource.query('DELETE FROM "migrations" WHERE "name" = ?', [last]);
  await expect(checkMigrations(dataSource)).rejects.toThrow(`not run: ${last}`);
  await dataSource.destroy();
});
