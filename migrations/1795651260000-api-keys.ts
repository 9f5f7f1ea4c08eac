/** API keys: who they are of, what they may do, and the hash of their secret. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

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
const nullable = { isNullable: true };

export class ApiKeys1795651260000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'api_keys',
        columns: [
          label('id', 36, { isPrimary: true, primaryKeyConstraintName: 'pk_api_keys' }),
          label('tenant', 64),
          label('name', 64),
          label('scope', 16),
          label('hash', 64),
          label('previousHash', 64, nullable),
          whole('previousUntilMs', nullable),
          label('createdBy', 255, nullable),
          whole('createdAtMs'),
          whole('expiresAtMs', nullable),
          whole('lastUsedAtMs', nullable),
          whole('revokedAtMs', nullable),
        ],
        indices: [{ name: 'ix_api_keys_created', columnNames: ['tenant', 'createdAtMs', 'id'] }],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('api_keys');
  }
}
