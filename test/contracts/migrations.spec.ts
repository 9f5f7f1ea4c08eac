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

  const undoFrom = async (first: (typeof MIGRATIONS)[number]) => {
    for (const _ of MIGRATIONS.slice(MIGRATIONS.indexOf(first)))
      await database.dataSource.undoLastMigration({ transaction: 'each' });
  };
  const fill = async (table: string, row: Record<string, string | number | boolean>) => {
    const columns = Object.keys(row).map((name) => `"${name}"`);
    const values = Object.values(row).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
    await database.dataSource.query(`INSERT INTO "${table}" (${columns}) VALUES (${values})`);
  };

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
    await undoFrom(MIGRATIONS[1]!);
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
    expect(await manager.findOneBy('idempotency_key', { tenant, kind: 'simulation', key: 'k' })).toMatchObject({
      ...{ requestHash: 'h', subjectId: 'r', webhookId: null, createdAtMs: 1 },
    });
  });

  it('keep the Idempotency-Keys of experiments and comparisons, their trials, and the way back', async () => {
    const { dataSource } = database;
    const migration = MIGRATIONS.find(({ name }) => name.startsWith('IdempotencyKinds'))!;
    await undoFrom(migration);
    const empty = { status: 'queued', name: 'n', seed: 1, seeds: 1, settings: '{}', createdAtMs: 5, runs: 1 };
    const counts = { runsDone: 0, runsFailed: 0, openTrials: 1 };
    const keyed = { tenant: 'a', idempotencyKey: 'k' };
    await fill('experiments', { id: 'e', kind: 'experiment', ...keyed, requestHash: 'h', ...empty, ...counts });
    await fill('experiments', { id: 'c', kind: 'comparison', ...keyed, requestHash: 'i', ...empty, ...counts });
    await fill('experiments', { id: 'u', kind: 'experiment', tenant: 'a', ...empty, ...counts });
    const trial = { id: 't', tenant: 'a', experimentId: 'e', cell: 0, seed: 1, seeds: 1, status: 'queued' };
    await fill('trials', { ...trial, createdAtMs: 5, progress: 0, attempt: 0, cancelRequested: false });
    await fill('idempotency_keys', { tenant: 'a', key: 'k', requestHash: 'j', simulationId: 's', createdAtMs: 6 });
    const before = await dataSource.query('SELECT * FROM "experiments" ORDER BY "id"');

    await dataSource.runMigrations({ transaction: 'each' });

    const { manager } = dataSource;
    const key = { tenant: 'a', key: 'k', webhookId: null };
    expect(await manager.find('idempotency_key', { order: { kind: 'ASC' } })).toEqual([
      { ...key, kind: 'comparison', requestHash: 'i', subjectId: 'c', createdAtMs: 5 },
      { ...key, kind: 'experiment', requestHash: 'h', subjectId: 'e', createdAtMs: 5 },
      { ...key, kind: 'simulation', requestHash: 'j', subjectId: 's', createdAtMs: 6 },
    ]);
    expect(await manager.countBy('trial', { experimentId: 'e' })).toBe(1);
    await undoFrom(migration);
    expect(await dataSource.query('SELECT * FROM "experiments" ORDER BY "id"')).toEqual(before);
    await dataSource.runMigrations({ transaction: 'each' });
    await manager.delete('experiment', { id: 'e' });
    expect(await manager.count('trial')).toBe(0);
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
