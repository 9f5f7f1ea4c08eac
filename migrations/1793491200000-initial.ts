/** The first tables: scenarios, their snapshots, simulations with their results, idempotency keys. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const text = (name: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'text',
  ...more,
});
const label = (name: string, length: number, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
  ...more,
});
const whole = (name: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'bigint',
  ...more,
});
const integer = (name: string, more: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'integer',
  ...more,
});
const key = (constraint: string) => ({ isPrimary: true, primaryKeyConstraintName: constraint });
const nullable = { isNullable: true };

export class Initial1793491200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const bytes = runner.dataSource.options.type === 'postgres' ? 'bytea' : 'blob';
    await runner.createTable(
      new Table({
        name: 'scenarios',
        columns: [
          label('id', 36, key('pk_scenarios')),
          text('name'),
          integer('revision'),
          label('digest', 64),
          text('document'),
          whole('createdAtMs'),
          whole('updatedAtMs'),
        ],
        indices: [{ name: 'ix_scenarios_created', columnNames: ['createdAtMs', 'id'] }],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'scenario_snapshots',
        columns: [label('digest', 64, key('pk_scenario_snapshots')), text('scenario')],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'simulations',
        columns: [
          label('id', 36, key('pk_simulations')),
          label('status', 16),
          text('name'),
          label('scenarioId', 36, nullable),
          label('preset', 255, nullable),
          label('digest', 64),
          whole('seed'),
          whole('createdAtMs'),
          whole('startedAtMs', nullable),
          whole('finishedAtMs', nullable),
          { name: 'progress', type: 'double precision' },
          integer('attempt'),
          label('leaseToken', 36, nullable),
          whole('leaseUntilMs', nullable),
          { name: 'cancelRequested', type: 'boolean' },
          label('errorCode', 64, nullable),
          text('errorMessage', nullable),
          label('modelVersion', 64, nullable),
          label('fingerprint', 16, nullable),
          whole('requests', nullable),
          text('summary', nullable),
          text('expectations', nullable),
        ],
        indices: [
          { name: 'ix_simulations_status', columnNames: ['status', 'createdAtMs'] },
          { name: 'ix_simulations_created', columnNames: ['createdAtMs', 'id'] },
          { name: 'ix_simulations_digest', columnNames: ['digest'] },
        ],
        foreignKeys: [
          {
            name: 'fk_simulations_snapshot',
            columnNames: ['digest'],
            referencedTableName: 'scenario_snapshots',
            referencedColumnNames: ['digest'],
          },
        ],
      }),
    );
    const ofSimulation = (name: string) => ({
      name,
      columnNames: ['simulationId'],
      referencedTableName: 'simulations',
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    });
    await runner.createTable(
      new Table({
        name: 'result_documents',
        columns: [
          label('simulationId', 36, key('pk_result_documents')),
          label('kind', 16, key('pk_result_documents')),
          text('body'),
        ],
        foreignKeys: [ofSimulation('fk_result_documents_simulation')],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'request_chunks',
        columns: [
          label('simulationId', 36, key('pk_request_chunks')),
          integer('first', key('pk_request_chunks')),
          integer('rows'),
          text('stats'),
          { name: 'data', type: bytes },
        ],
        foreignKeys: [ofSimulation('fk_request_chunks_simulation')],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'idempotency_keys',
        columns: [
          label('key', 255, key('pk_idempotency_keys')),
          label('requestHash', 64),
          label('simulationId', 36),
          whole('createdAtMs'),
        ],
        indices: [{ name: 'ix_idempotency_keys_created', columnNames: ['createdAtMs'] }],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'idempotency_keys',
      'request_chunks',
      'result_documents',
      'simulations',
      'scenario_snapshots',
      'scenarios',
    ])
      await runner.dropTable(table);
  }
}
