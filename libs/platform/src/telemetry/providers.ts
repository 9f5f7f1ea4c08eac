import type { Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { JOB_QUEUE, type JobQueue } from '../queue/job-queue.js';
import { Shutdown } from '../shutdown.js';
import { checkMigrations } from '../store/data-source.js';
import { EXPERIMENT_KINDS } from '../store/experiment.entity.js';
import { ExperimentStore } from '../store/experiment.store.js';
import { SIMULATION_STATUSES } from '../store/simulation.entity.js';
import { SimulationStore } from '../store/simulation.store.js';
import { SimulationJobs } from '../store/simulation-jobs.js';
import { TrialJobs } from '../store/trial.store.js';
import { DELIVERY_STATUSES } from '../webhooks/delivery.entity.js';
import { DeliveryStore } from '../webhooks/delivery.store.js';
import { DeliveryJobs } from '../webhooks/delivery-jobs.js';
import { Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

export const TELEMETRY_PROVIDERS = [Metrics, Readiness, Shutdown];

/** What tells how the process is. */
export function telemetryProviders({ drainMs }: Pick<Config, 'drainMs'>): Provider[] {
  return [
    { provide: Shutdown, useFactory: () => new Shutdown(drainMs) },
    {
      provide: Readiness,
      inject: [getDataSourceToken(), JOB_QUEUE, Shutdown],
      useFactory: (db: DataSource, queue: JobQueue, shutdown: Shutdown) =>
        new Readiness(
          [
            { name: 'database', title: 'The database (DATABASE_URL)', check: () => db.query('SELECT 1') },
            { name: 'migrations', title: 'The migrations of the database', check: () => checkMigrations(db) },
            { name: 'queue', title: 'The queue (QUEUE_URL)', check: () => queue.check() },
          ],
          shutdown,
        ),
    },
    {
      provide: Metrics,
      inject: [Readiness, SimulationStore, SimulationJobs, ExperimentStore, TrialJobs, DeliveryStore, DeliveryJobs],
      useFactory: (
        readiness: Readiness,
        simulations: SimulationStore,
        simulationJobs: SimulationJobs,
        experiments: ExperimentStore,
        trialJobs: TrialJobs,
        deliveries: DeliveryStore,
        deliveryJobs: DeliveryJobs,
      ) => {
        const metrics = new Metrics();
        for (const { name, check } of readiness.dependencies) metrics.gaugeDependency(name, check);
        metrics.gaugeSimulations(() => simulations.countByStatus(), SIMULATION_STATUSES);
        metrics.gaugeQueue('simulations', () => simulationJobs.backlog());
        for (const kind of EXPERIMENT_KINDS)
          metrics.gaugeExperiments(kind, () => experiments.countByStatus(kind), SIMULATION_STATUSES);
        metrics.gaugeQueue('trials', () => trialJobs.backlog());
        metrics.gaugeDeliveries(() => deliveries.countByStatus(), DELIVERY_STATUSES);
        metrics.gaugeQueue('deliveries', () => deliveryJobs.backlog());
        return metrics;
      },
    },
  ];
}
