/** Whose a row is: scenarios, their snapshots, simulations and idempotency keys get a tenant. What was there is the default's. */
import { type MigrationInterface, type QueryRunner, TableColumn, TableForeignKey, TableIndex } from 'typeorm';

const TABLES = ['scenarios', 'scenario_snapshots', 'simulations', 'idempotency_keys'] as const;

const tenant = () => new TableColumn({ name: 'tenant', type: 'varchar', length: '64', default: "'default'" });

const snapshotOf = (columnNames: string[]) =>
  new TableForeignKey({
    name: 'fk_simulations_snapshot',
    columnNames,
    referencedTableName: 'scenario_snapshots',
    referencedColumnNames: columnNames,
  });

/** By table: the keys, and the indices that begin with the tenant. */
const KEYS = { scenario_snapshots: 'digest', idempotency_keys: 'key' } as const;
const INDICES = [
  { table: 'scenarios', name: 'ix_scenarios_created', columnNames: ['createdAtMs', 'id'] },
  { table: 'simulations', name: 'ix_simulations_created', columnNames: ['createdAtMs', 'id'] },
  { table: 'simulations', name: 'ix_simulations_digest', columnNames: ['digest'] },
] as const;
const STATUS_OF_TENANT = { name: 'ix_simulations_tenant_status', columnNames: ['tenant', 'status', 'createdAtMs'] };

export class Tenants1795651200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.dropForeignKey('simulations', 'fk_simulations_snapshot');
    for (const table of TABLES) await runner.addColumn(table, tenant());
    for (const [table, column] of Object.entries(KEYS)) await changeKey(runner, table, ['tenant', column]);
    for (const { table, name, columnNames } of INDICES) {
      await runner.dropIndex(table, name);
      await runner.createIndex(table, new TableIndex({ name, columnNames: ['tenant', ...columnNames] }));
    }
    await runner.createIndex('simulations', new TableIndex(STATUS_OF_TENANT));
    await runner.createForeignKey('simulations', snapshotOf(['tenant', 'digest']));
  }

  /** Only while nobody but the default tenant has rows: ids would meet otherwise. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropForeignKey('simulations', 'fk_simulations_snapshot');
    await runner.dropIndex('simulations', STATUS_OF_TENANT.name);
    for (const { table, name, columnNames } of INDICES) {
      await runner.dropIndex(table, name);
      await runner.createIndex(table, new TableIndex({ name, columnNames: [...columnNames] }));
    }
    for (const [table, column] of Object.entries(KEYS)) await changeKey(runner, table, [column]);
    for (const table of TABLES) await runner.dropColumn(table, 'tenant');
    await runner.createForeignKey('simulations', snapshotOf(['digest']));
  }
}

async function changeKey(runner: QueryRunner, table: string, columnNames: string[]): Promise<void> {
  const name = `pk_${table}`;
  await runner.dropPrimaryKey(table, name);
  await runner.createPrimaryKey(table, columnNames, name);
}
