/** Experiments and comparisons keep the trace context (W3C) of the request that made them, as simulations do. */
import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';

const column = (name: string, length: string) => new TableColumn({ name, type: 'varchar', length, isNullable: true });

export class ExperimentTraces1795738000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('experiments', [column('traceparent', '64'), column('tracestate', '512')]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns('experiments', ['traceparent', 'tracestate']);
  }
}
