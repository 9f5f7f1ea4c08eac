import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { KeyRing } from './keys/key-ring.js';
import { DELIVERY_QUEUE, JOB_QUEUE, TRIAL_QUEUE } from './queue/job-queue.js';
import { openQueue } from './queue/open-queue.js';
import { RunSignals } from './queue/run-signals.js';
import { ApiKeyStore } from './store/api-key.store.js';
import { dataSourceOptions } from './store/data-source.js';
import { ExperimentStore } from './store/experiment.store.js';
import { openAtStart } from './store/open-at-start.js';
import { ResultStore } from './store/result.store.js';
import { Retention } from './store/retention.js';
import { ScenarioStore } from './store/scenario.store.js';
import { SimulationStore } from './store/simulation.store.js';
import { SimulationJobs } from './store/simulation-jobs.js';
import { TrialJobs, TrialStore } from './store/trial.store.js';
import { TELEMETRY_PROVIDERS, telemetryProviders } from './telemetry/providers.js';
import { WEBHOOK_PROVIDERS, webhookProviders } from './webhooks/providers.js';

/** Injection token of the Config. */
export const CONFIG = 'Config';

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
        // Tried again by whoever opens it, who can tell what may pass.
        useFactory: () => ({ ...dataSourceOptions(config.database), toRetry: () => false }),
        dataSourceFactory: () => openAtStart(config.database),
      }),
    ],
    providers: [
      { provide: CONFIG, useValue: config },
      { provide: RunSignals, useFactory: () => new RunSignals() },
      {
        provide: ScenarioStore,
        inject: fromDatabase,
        useFactory: (db: DataSource) => new ScenarioStore(db, Date.now, config.quotas.scenarios),
      },
      { provide: ApiKeyStore, inject: fromDatabase, useFactory: (db: DataSource) => new ApiKeyStore(db) },
      {
        provide: Retention,
        inject: fromDatabase,
        useFactory: (db: DataSource) => new Retention(db, config.retentionMs),
      },
      {
        provide: KeyRing,
        inject: [ApiKeyStore],
        useFactory: (keys: ApiKeyStore) => new KeyRing(keys, config.apiKeys),
      },
      {
        provide: SimulationJobs,
        inject: fromDatabase,
        useFactory: (db: DataSource) => new SimulationJobs(db, Date.now, config.quotas.running),
      },
      {
        provide: SimulationStore,
        inject: fromDatabase,
        useFactory: (db: DataSource) =>
          new SimulationStore(db, config.idempotencyMs, Date.now, config.quotas.unfinished),
      },
      {
        provide: ResultStore,
        inject: [...fromDatabase, SimulationJobs],
        useFactory: (db: DataSource, jobs: SimulationJobs) => new ResultStore(db, jobs),
      },
      ...telemetryProviders(config),
      {
        provide: ExperimentStore,
        inject: fromDatabase,
        useFactory: (db: DataSource) =>
          new ExperimentStore(db, config.idempotencyMs, Date.now, config.quotas.unfinished),
      },
      {
        provide: TrialJobs,
        inject: fromDatabase,
        useFactory: (db: DataSource) => new TrialJobs(db, Date.now, config.quotas.running),
      },
      {
        provide: TrialStore,
        inject: [...fromDatabase, TrialJobs],
        useFactory: (db: DataSource, jobs: TrialJobs) => new TrialStore(db, jobs),
      },
      { provide: JOB_QUEUE, useFactory: () => openQueue(config, 'simulations') },
      { provide: DELIVERY_QUEUE, useFactory: () => openQueue(config, 'deliveries') },
      ...webhookProviders(config),
      { provide: TRIAL_QUEUE, useFactory: () => openQueue(config, 'trials') },
    ],
    exports: [
      CONFIG,
      RunSignals,
      ScenarioStore,
      ApiKeyStore,
      KeyRing,
      SimulationJobs,
      SimulationStore,
      ResultStore,
      Retention,
      JOB_QUEUE,
      DELIVERY_QUEUE,
      ...TELEMETRY_PROVIDERS,
      ...WEBHOOK_PROVIDERS,
      ExperimentStore,
      TrialJobs,
      TrialStore,
      TRIAL_QUEUE,
    ],
  };
}
