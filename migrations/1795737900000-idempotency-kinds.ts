/**
 * Idempotency keys of experiments and comparisons lie with those of simulations, and remember the webhook of the answer. The
 * column of what was made stays `simulationId`: processes of 0.1.0 that end their work beside new ones write it.
 */
import { type MigrationInterface, type QueryRunner, TableColumn, TableIndex } from 'typeorm';

const label = (name: string, length: number, more: Partial<TableColumn> = {}) =>
  new TableColumn({ name, type: 'varchar', length: String(length), ...more });
const nullable = { isNullable: true };

const KEY = 'pk_idempotency_keys';
const ONCE = {
  name: 'ux_experiments_idempotency',
  columnNames: ['tenant', 'kind', 'idempotencyKey'],
  isUnique: true,
};

export class IdempotencyKinds1795737900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumns('idempotency_keys', [
      label('kind', 16, { default: "'simulation'" }),
      label('webhookId', 36, nullable),
    ]);
    await changeKey(runner, ['tenant', 'kind', 'key']);
    await runner.query(
      `INSERT INTO "idempotency_keys" ("tenant", "kind", "key", "requestHash", "simulationId", "createdAtMs")
        SELECT "tenant", "kind", "idempotencyKey", "requestHash", "id", "createdAtMs" FROM "experiments"
        WHERE "idempotencyKey" IS NOT NULL`,
    );
    await runner.dropIndex('experiments', ONCE.name);
    await runner.dropColumns('experiments', ['idempotencyKey', 'requestHash']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.addColumns('experiments', [
      label('idempotencyKey', 255, nullable),
      label('requestHash', 64, nullable),
    ]);
    const used = (column: string) =>
      `(SELECT u."${column}" FROM "idempotency_keys" u WHERE u."simulationId" = "experiments"."id" AND u."kind" = "experiments"."kind")`;
    await runner.query(
      `UPDATE "experiments" SET "idempotencyKey" = ${used('key')}, "requestHash" = ${used('requestHash')}`,
    );
    await runner.createIndex('experiments', new TableIndex(ONCE));
    await runner.query(`DELETE FROM "idempotency_keys" WHERE "kind" <> 'simulation'`);
    await changeKey(runner, ['tenant', 'key']);
    await runner.dropColumns('idempotency_keys', ['kind', 'webhookId']);
  }
}

async function changeKey(runner: QueryRunner, columnNames: string[]): Promise<void> {
  await runner.dropPrimaryKey('idempotency_keys', KEY);
  await runner.createPrimaryKey('idempotency_keys', columnNames, KEY);
}
