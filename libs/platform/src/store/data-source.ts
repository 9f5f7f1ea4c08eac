/** Opens the database: SQLite in a file or in memory, or Postgres; brings its tables up to date. */

import { DataSource, type DataSourceOptions } from 'typeorm';
import { MIGRATIONS } from '#migrations';
import type { DatabaseTarget } from '../config.js';
import { attemptEntity, deliveryEntity } from '../webhooks/delivery.entity.js';
import { webhookCallEntity, webhookEntity } from '../webhooks/webhook.entity.js';
import { apiKeyEntity } from './api-key.entity.js';
import { chunkEntity } from './chunk.entity.js';
import type { Dialect } from './columns.js';
import { experimentCellEntity, experimentEntity } from './experiment.entity.js';
import { idempotencyEntity } from './idempotency.entity.js';
import { ImpatientClient } from './impatient-client.js';
import { makePrivate } from './private-file.js';
import { resultDocumentEntity } from './result-document.entity.js';
import { scenarioEntity } from './scenario.entity.js';
import { simulationEntity } from './simulation.entity.js';
import { snapshotEntity } from './snapshot.entity.js';
import { serializeSqlite } from './sqlite-serializer.js';
import { trialEntity } from './trial.entity.js';

const entities = (dialect: Dialect) => [
  scenarioEntity,
  snapshotEntity,
  simulationEntity,
  resultDocumentEntity,
  chunkEntity(dialect),
  idempotencyEntity,
  webhookEntity,
  webhookCallEntity,
  deliveryEntity,
  attemptEntity,
  apiKeyEntity,
  experimentEntity,
  experimentCellEntity,
  trialEntity,
];

/** How long Postgres may take. */
export interface Patience {
  /** For a session: a new one, or one that is free. */
  connectMs: number;
  /** For one statement, waiting for locks included; then Postgres ends it. */
  statementMs: number;
  /** For an answer; then Postgres is not there, as it would have ended the statement. */
  answerMs: number;
}

/** Chunks take well under a second; whoever waits for an answer over HTTP has one within half a minute. */
const PATIENCE: Patience = { connectMs: 10_000, statementMs: 15_000, answerMs: 18_000 };

/** Of a process; Postgres has 100 unless it is told otherwise. */
const SESSIONS = 10;

export function dataSourceOptions(target: DatabaseTarget, patience = PATIENCE): DataSourceOptions {
  const shared = { entities: entities(target.type), migrations: MIGRATIONS, logging: false } as const;
  if (target.type === 'postgres')
    return {
      ...shared,
      ...{ type: 'postgres', url: target.url, installExtensions: false },
      ...{ poolSize: SESSIONS, connectTimeoutMS: patience.connectMs },
      extra: {
        Client: ImpatientClient,
        keepAlive: true,
        statement_timeout: patience.statementMs,
        query_timeout: patience.answerMs,
        // A process that stands still in the middle of a transaction holds up others no longer than that.
        idle_in_transaction_session_timeout: patience.answerMs,
      },
    };
  return {
    ...shared,
    type: 'better-sqlite3',
    database: target.file,
    enableWAL: target.file !== ':memory:',
    // WAL with NORMAL: a killed process loses nothing; a power cut may lose the last commits, never the file.
    prepareDatabase: (database: { pragma(text: string): unknown }) => {
      // Only a file without tables takes this: what is deleted can be given back (`retention.ts`).
      database.pragma('auto_vacuum = INCREMENTAL');
      database.pragma('synchronous = NORMAL');
      database.pragma('busy_timeout = 5000');
      database.pragma('cache_size = -32000');
    },
  };
}

/** Connects, keeps SQLite's transactions apart and runs what is missing of the migrations. */
export async function openDatabase(options: DataSourceOptions): Promise<DataSource> {
  if (options.type === 'postgres') await migratePostgres(options);
  else if (options.type === 'better-sqlite3' && options.database !== ':memory:') await makePrivate(options.database);
  const dataSource = await new DataSource(options).initialize();
  if (options.type === 'better-sqlite3') {
    serializeSqlite(dataSource);
    await dataSource.runMigrations({ transaction: 'each' });
  }
  return dataSource;
}

/** Any number that nobody else uses: whoever holds this lock of the database changes its tables. */
const MIGRATION_LOCK = 0x6861_6972;

/** Processes that start at once take turns; whoever comes second finds nothing to do. However long that takes. */
async function migratePostgres(options: DataSourceOptions & { type: 'postgres' }): Promise<void> {
  const patient = await new DataSource({ ...options, extra: { keepAlive: true } }).initialize();
  try {
    const session = patient.createQueryRunner();
    await session.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await patient.runMigrations({ transaction: 'each' });
    await session.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await session.release();
  } finally {
    // With its sessions the lock is gone.
    await patient.destroy();
  }
}

/** Rejects where the database is not the one that was opened: older, put back from a backup, or empty. */
export async function checkMigrations(dataSource: DataSource): Promise<void> {
  const rows = (await dataSource.query('SELECT "name" FROM "migrations"')) as { name: string }[];
  const done = new Set(rows.map(({ name }) => name));
  const missing = MIGRATIONS.map(({ name }) => name).filter((name) => !done.has(name));
  if (missing.length > 0) throw new Error(`not run: ${missing.join(', ')}`);
}

export function dialectOf(dataSource: DataSource): Dialect {
  return dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite';
}
