/** Webhooks: who is told, what is to be delivered, and how each attempt went. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

type More = Partial<TableColumnOptions>;
const text = (name: string, more: More = {}): TableColumnOptions => ({ name, type: 'text', ...more });
const label = (name: string, length: number, more: More = {}): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
  ...more,
});
const whole = (name: string, more: More = {}): TableColumnOptions => ({ name, type: 'bigint', ...more });
const integer = (name: string, more: More = {}): TableColumnOptions => ({ name, type: 'integer', ...more });
const flag = (name: string, more: More = {}): TableColumnOptions => ({ name, type: 'boolean', ...more });
const key = (constraint: string) => ({ isPrimary: true, primaryKeyConstraintName: constraint });
const nullable = { isNullable: true };

const goesWith = (name: string, column: string, table: string) => ({
  name,
  columnNames: [column],
  referencedTableName: table,
  referencedColumnNames: ['id'],
  onDelete: 'CASCADE',
});

export class Webhooks1795737600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'webhooks',
        columns: [
          label('id', 36, key('pk_webhooks')),
          label('tenant', 64),
          label('scope', 16),
          text('url'),
          text('description'),
          text('events'),
          flag('enabled'),
          text('secret'),
          text('previousSecret', nullable),
          whole('previousSecretUntilMs', nullable),
          text('disabledReason', nullable),
          whole('disabledAtMs', nullable),
          whole('lastSuccessAtMs', nullable),
          whole('createdAtMs'),
          whole('updatedAtMs'),
        ],
        indices: [{ name: 'ix_webhooks_tenant', columnNames: ['tenant', 'scope', 'createdAtMs', 'id'] }],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'webhook_calls',
        columns: [label('subjectId', 36, key('pk_webhook_calls')), label('webhookId', 36, key('pk_webhook_calls'))],
        indices: [{ name: 'ix_webhook_calls_webhook', columnNames: ['webhookId'] }],
        foreignKeys: [goesWith('fk_webhook_calls_webhook', 'webhookId', 'webhooks')],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'webhook_deliveries',
        columns: [
          label('id', 36, key('pk_webhook_deliveries')),
          label('tenant', 64),
          label('webhookId', 36),
          label('type', 64),
          label('subjectId', 36),
          text('payload'),
          label('status', 16),
          text('reason', nullable),
          whole('dueAtMs'),
          integer('attempts'),
          integer('retries'),
          integer('attempt'),
          label('leaseToken', 36, nullable),
          whole('leaseUntilMs', nullable),
          flag('cancelRequested'),
          whole('createdAtMs'),
          whole('finishedAtMs', nullable),
        ],
        indices: [
          { name: 'ix_webhook_deliveries_due', columnNames: ['status', 'dueAtMs', 'id'] },
          { name: 'ix_webhook_deliveries_webhook', columnNames: ['webhookId', 'createdAtMs', 'id'] },
          { name: 'ix_webhook_deliveries_finished', columnNames: ['finishedAtMs'] },
        ],
        foreignKeys: [goesWith('fk_webhook_deliveries_webhook', 'webhookId', 'webhooks')],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'webhook_attempts',
        columns: [
          label('deliveryId', 36, key('pk_webhook_attempts')),
          integer('number', key('pk_webhook_attempts')),
          whole('startedAtMs'),
          { name: 'durationMs', type: 'double precision' },
          text('requestHeaders'),
          integer('status', nullable),
          text('responseHeaders', nullable),
          text('responseBody', nullable),
          integer('responseBytes', nullable),
          flag('responseTruncated', nullable),
          label('errorCode', 64, nullable),
          text('errorMessage', nullable),
        ],
        foreignKeys: [goesWith('fk_webhook_attempts_delivery', 'deliveryId', 'webhook_deliveries')],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['webhook_attempts', 'webhook_deliveries', 'webhook_calls', 'webhooks'])
      await runner.dropTable(table);
  }
}
