import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { BullQueue } from './queue/bull-queue.js';
import { EmbeddedQueue } from './queue/embedded-queue.js';
import { JOB_QUEUE, type JobQueue } from './queue/job-queue.js';
import { RunSignals } from './queue/run-signals.js';
import { dataSourceOptions, openDatabase } from './store/data-source.js';
import { ResultStore } from './store/result.store.js';
import { ScenarioStore } from './store/scenario.store.js';
import { SIMULATION_STATUSES } from './store/simulation.entity.js';
import { SimulationStore } from './store/simulation.store.js';
import { SimulationJobs } from './store/simulation-jobs.js';
import { Metrics } from './telemetry/metrics.js';

/** Injection token of the Config. */
export const CONFIG = 'Config';

/** How often the queue looks for rows that nobody has told it of. */
const POLL_MS = 1000;

function openQueue({ queue, leaseMs }: Config): JobQueue {
  const logger = new Logger('Queue');
  const onError = (error: unknown) => logger.error(error instanceof Error ? error.stack : String(error));
  const options = { leaseMs, pollMs: POLL_MS, onError };
  return queue.type === 'embedded'
    ? new EmbeddedQueue(options)
    : new BullQueue({ ...options, url: queue.url, name: queue.name });
}

@Module({})
class PlatformModule {}

/** What both apps stand on: configuration, database, stores, queue, metrics. */
export function platformModule(config: Config): DynamicModule {
  const fromDatabase = [getDataSourceToken()];
  return {
    module: PlatformModule,
    global: true,
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => ({ ...dataSourceOptions(config.database), retryAttempts: 3, retryDelay: 1000 }),
        dataSourceFactory: (options) => openDatabase(options!),
      }),
    ],
    providers: [
      { provide: CONFIG, useValue: config },
      { provide: RunSignals, useFactory: () => new RunSignals() },
      { provide: ScenarioStore, inject: fromDatabase, useFactory: (db: DataSource) => new ScenarioStore(db) },
      { provide: SimulationJobs, inject: fromDatabase, useFactory: (db: DataSource) => new SimulationJobs(db) },
      {
        provide: SimulationStore,
        inject: fromDatabase,
        useFactory: (db: DataSource) => new SimulationStore(db, config.idempotencyMs),
      },
      {
        provide: ResultStore,
        inject: [...fromDatabase, SimulationJobs],
        useFactory: (db: DataSource, jobs: SimulationJobs) => new ResultStore(db, jobs),
      },
      {
        provide: Metrics,
        inject: [SimulationStore],
        useFactory: (simulations: SimulationStore) => {
          const metrics = new Metrics();
          metrics.gaugeSimulations(() => simulations.countByStatus(), SIMULATION_STATUSES);
          return metrics;
        },
      },
      {
        provide: JOB_QUEUE,
        useFactory: () => openQueue(config),
      },
    ],
    exports: [CONFIG, RunSignals, ScenarioStore, SimulationJobs, SimulationStore, ResultStore, Metrics, JOB_QUEUE],
  };
}
