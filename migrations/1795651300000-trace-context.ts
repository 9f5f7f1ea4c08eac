/** Simulations keep the trace context (W3C) of the request that made them, for the worker and for those who are told. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = { traceparent: 'varchar(64)', tracestate: 'varchar(512)' };

/**
 * By statements that both databases know: for the schema API's way of adding a column SQLite's table is made anew, and
 * dropping the old one takes along what points to it.
 */
export class TraceContext1795651300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, type] of Object.entries(COLUMNS))
      await runner.query(`ALTER TABLE "simulations" ADD COLUMN "${name}" ${type}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(COLUMNS)) await runner.query(`ALTER TABLE "simulations" DROP COLUMN "${name}"`);
  }
}
