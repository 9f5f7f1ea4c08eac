/** What of a run's scenario may not be as it was meant stays with the run. */
import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';

export class Warnings1795737700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('simulations', new TableColumn({ name: 'warnings', type: 'text', isNullable: true }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('simulations', 'warnings');
  }
}
