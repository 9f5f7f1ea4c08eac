/** Experiments and comparisons: what is run, in cells and trials, and what has come of it. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const column = (name: string, type: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type,
  ...more,
});
const label = (name: string, length: number, more: Partial<TableColumnOptions> = {}) =>
  column(name, 'varchar', { length: String(length), ...more });
const key = (constraint: string) => ({ isPrimary: true, primaryKeyConstraintName: constraint });
const nullable = { isNullable: true };

export class Experiments1795737800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'experiments',
        columns: [
          label('id', 36, key('pk_experiments')),
          label('tenant', 64),
          label('kind', 16),
          label('status', 16),
          column('name', 'text'),
          label('scenarioId', 36, nullable),
          label('preset', 255, nullable),
          column('seed', 'bigint'),
          column('seeds', 'integer'),
          column('settings', 'text'),
          column('createdAtMs', 'bigint'),
          column('startedAtMs', 'bigint', nullable),
          column('finishedAtMs', 'bigint', nullable),
          column('runs', 'integer'),
          column('runsDone', 'integer'),
          column('runsFailed', 'integer'),
          column('openTrials', 'integer'),
          label('modelVersion', 64, nullable),
          label('idempotencyKey', 255, nullable),
          label('requestHash', 64, nullable),
        ],
        indices: [
          { name: 'ix_experiments_created', columnNames: ['tenant', 'kind', 'createdAtMs', 'id'] },
          {
            name: 'ux_experiments_idempotency',
            columnNames: ['tenant', 'kind', 'idempotencyKey'],
            isUnique: true,
          },
        ],
      }),
    );
    const ofExperiment = (name: string) => ({
      name,
      columnNames: ['experimentId'],
      referencedTableName: 'experiments',
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    });
    await runner.createTable(
      new Table({
        name: 'experiment_cells',
        columns: [
          label('experimentId', 36, key('pk_experiment_cells')),
          column('cell', 'integer', key('pk_experiment_cells')),
          label('tenant', 64),
          column('name', 'text'),
          column('settings', 'text'),
          label('digest', 64),
          column('warnings', 'text'),
        ],
        indices: [{ name: 'ix_experiment_cells_digest', columnNames: ['tenant', 'digest'] }],
        foreignKeys: [
          ofExperiment('fk_experiment_cells_experiment'),
          {
            name: 'fk_experiment_cells_snapshot',
            columnNames: ['tenant', 'digest'],
            referencedTableName: 'scenario_snapshots',
            referencedColumnNames: ['tenant', 'digest'],
          },
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'trials',
        columns: [
          label('id', 48, key('pk_trials')),
          label('tenant', 64),
          label('experimentId', 36),
          column('cell', 'integer'),
          column('seed', 'bigint'),
          column('seeds', 'integer'),
          label('status', 16),
          column('createdAtMs', 'bigint'),
          column('progress', 'double precision'),
          column('attempt', 'integer'),
          label('leaseToken', 36, nullable),
          column('leaseUntilMs', 'bigint', nullable),
          column('cancelRequested', 'boolean'),
          column('result', 'text', nullable),
        ],
        indices: [
          { name: 'ix_trials_status', columnNames: ['status', 'createdAtMs'] },
          { name: 'ix_trials_experiment', columnNames: ['experimentId', 'status'] },
        ],
        foreignKeys: [ofExperiment('fk_trials_experiment')],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['trials', 'experiment_cells', 'experiments']) await runner.dropTable(table);
  }
}
