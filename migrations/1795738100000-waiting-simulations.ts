/** The next simulation is found by its tenant, without a look at all that wait. */
import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';

const WAITING = {
  name: 'ix_simulations_waiting',
  columnNames: ['tenant', 'createdAtMs', 'id'],
  where: `"status" = 'queued'`,
};

export class WaitingSimulations1795738100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('simulations', new TableIndex(WAITING));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('simulations', WAITING.name);
  }
}
