/** The next trial is found by its experiment, of those that have not ended, without a look at all that wait. */
import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';

const OPEN = { name: 'ix_experiments_open', columnNames: ['createdAtMs', 'id'], where: '"finishedAtMs" IS NULL' };

export class OpenExperiments1795738200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('experiments', new TableIndex(OPEN));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('experiments', OPEN.name);
  }
}
