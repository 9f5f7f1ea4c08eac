/** Simulations keep the trace context (W3C) of the request that made them, for the worker and for those who are told. */
import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';

const column = (name: string, length: string) => new TableColumn({ name, type: 'varchar', length, isNullable: true });

export class TraceContext1795651300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('simulations', [column('traceparent', '64'), column('tracestate', '512')]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumns('simulations', ['traceparent', 'tracestate']);
  }
}
