import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { MODEL_VERSION } from '#sim';
import type { Backlog } from '../queue/job-queue.js';
import { VERSION } from '../version.js';
import { inTime } from './readiness.js';

/** Seconds, for what people wait for: from a look into memory to a simulation of minutes. */
const QUICK = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const LONG = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900];
/** Many runs. */
const LONGER = [...LONG, 3600, 14_400];

/** Gauges of the library that are called like counters; the same by kind, without the ending, stay. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

type CountByStatus = () => Promise<Record<string, number>>;

/**
 * Everything that `/metrics` tells, each name once. Counters and histograms are of this process, to be summed. Gauges of
 * rows are of the database, the same from every process on it: take the largest, not the sum.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  readonly httpSeconds = new Histogram({
    name: 'hairpin_http_request_duration_seconds',
    help: 'Time to answer an HTTP request, by method, route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: QUICK,
    registers: this.registers,
  });
  readonly httpUnderWay = new Gauge({
    name: 'hairpin_http_requests_under_way',
    help: 'HTTP requests that are being answered, open event streams among them',
    registers: this.registers,
  });
  readonly accepted = new Counter({
    name: 'hairpin_simulations_accepted_total',
    help: 'Simulations that were accepted',
    registers: this.registers,
  });
  readonly ended = new Counter({
    name: 'hairpin_simulations_ended_total',
    help: 'Simulations that this process has brought to an end, by status',
    labelNames: ['status'],
    registers: this.registers,
  });
  readonly waitSeconds = new Histogram({
    name: 'hairpin_simulation_wait_seconds',
    help: 'Time from accepting a simulation to the first time that a worker takes it',
    buckets: LONG,
    registers: this.registers,
  });
  readonly runSeconds = new Histogram({
    name: 'hairpin_simulation_duration_seconds',
    help: 'Time from taking a simulation to its end',
    buckets: LONG,
    registers: this.registers,
  });
  readonly experimentsAccepted = new Counter({
    name: 'hairpin_experiments_accepted_total',
    help: 'Experiments and comparisons that were accepted, by kind',
    labelNames: ['kind'],
    registers: this.registers,
  });
  readonly experimentsEnded = new Counter({
    name: 'hairpin_experiments_ended_total',
    help: 'Experiments and comparisons that this process has brought to an end, by kind and status',
    labelNames: ['kind', 'status'],
    registers: this.registers,
  });
  readonly experimentWaitSeconds = new Histogram({
    name: 'hairpin_experiment_wait_seconds',
    help: 'Time from accepting an experiment or comparison to the first time that a worker takes a trial of it',
    labelNames: ['kind'],
    buckets: LONG,
    registers: this.registers,
  });
  readonly experimentSeconds = new Histogram({
    name: 'hairpin_experiment_duration_seconds',
    help: 'Time from taking the first trial of an experiment or comparison to the end of the last one',
    labelNames: ['kind'],
    buckets: LONGER,
    registers: this.registers,
  });
  readonly trialSeconds = new Histogram({
    name: 'hairpin_trial_duration_seconds',
    help: 'Time from taking a trial to its end, by the kind of what it is a piece of',
    labelNames: ['kind'],
    buckets: LONG,
    registers: this.registers,
  });
  readonly trialRuns = new Counter({
    name: 'hairpin_trial_runs_total',
    help: 'Runs of trials that have ended, by kind and outcome: succeeded, or the code of its error',
    labelNames: ['kind', 'outcome'],
    registers: this.registers,
  });
  readonly simulatedRequests = new Counter({
    name: 'hairpin_simulated_requests_total',
    help: 'Requests in simulations that succeeded',
    registers: this.registers,
  });
  readonly simulatedEvents = new Counter({
    name: 'hairpin_simulated_events_total',
    help: 'Events that simulations have handled, counted while they run',
    registers: this.registers,
  });
  readonly webhookDeliveries = new Counter({
    name: 'hairpin_webhook_deliveries_total',
    help: 'Attempts to deliver to a webhook, by what followed: succeeded, retried (later), failed (for good)',
    labelNames: ['outcome'],
    registers: this.registers,
  });
  readonly webhookSeconds = new Histogram({
    name: 'hairpin_webhook_attempt_duration_seconds',
    help: 'Time of an attempt to deliver to a webhook, by how it ended',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10],
    registers: this.registers,
  });
  readonly webhooksDisabled = new Counter({
    name: 'hairpin_webhooks_disabled_total',
    help: 'Webhooks that were disabled because nothing got through to them, or they wanted no more',
    registers: this.registers,
  });
  private readonly simulations = new Gauge({
    name: 'hairpin_simulations',
    help: 'Simulations stored in the database, by status',
    labelNames: ['status'],
    registers: this.registers,
  });
  private readonly experiments = new Gauge({
    name: 'hairpin_experiments',
    help: 'Experiments and comparisons stored in the database, by kind and status',
    labelNames: ['kind', 'status'],
    registers: this.registers,
  });
  private readonly deliveries = new Gauge({
    name: 'hairpin_webhook_deliveries',
    help: 'Deliveries to webhooks stored in the database, by status',
    labelNames: ['status'],
    registers: this.registers,
  });
  private readonly jobs = new Gauge({
    name: 'hairpin_queue_jobs',
    help: 'Jobs in the database that wait for a worker, or are held by one, by queue and state',
    labelNames: ['queue', 'state'],
    registers: this.registers,
  });
  private readonly oldestJob = new Gauge({
    name: 'hairpin_queue_oldest_job_age_seconds',
    help: 'How long the first of the jobs that wait has waited, by queue; 0 where none waits',
    labelNames: ['queue'],
    registers: this.registers,
  });
  private readonly dependencyUp = new Gauge({
    name: 'hairpin_dependency_up',
    help: 'Whether what the process depends on answers as it should (1) or not (0), by dependency',
    labelNames: ['dependency'],
    registers: this.registers,
  });
  /** Done whenever somebody reads the metrics; none of them rejects. */
  private readonly lookUps: (() => Promise<void>)[] = [];

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    new Gauge({
      name: 'hairpin_build_info',
      help: 'Always 1; its labels say what runs',
      labelNames: ['version', 'model_version', 'node_version'],
      registers: this.registers,
    }).set({ version: VERSION, model_version: MODEL_VERSION, node_version: process.version }, 1);
  }

  /** In Prometheus' text format. What does not answer in time is left out, so that the rest can be read all the same. */
  async text(): Promise<string> {
    await Promise.all(this.lookUps.map((lookUp) => lookUp()));
    return this.registry.metrics();
  }

  gaugeSimulations(countByStatus: CountByStatus, statuses: readonly string[]): void {
    this.gaugeStatuses(this.simulations, countByStatus, statuses);
  }

  gaugeExperiments(kind: string, countByStatus: CountByStatus, statuses: readonly string[]): void {
    this.gaugeStatuses(this.experiments, countByStatus, statuses, { kind });
  }

  gaugeDeliveries(countByStatus: CountByStatus, statuses: readonly string[]): void {
    this.gaugeStatuses(this.deliveries, countByStatus, statuses);
  }

  private gaugeStatuses(
    gauge: Gauge,
    countByStatus: CountByStatus,
    statuses: readonly string[],
    more: Record<string, string> = {},
  ): void {
    this.lookUps.push(async () => {
      const counts = await answer(countByStatus());
      for (const status of statuses) {
        const labels = { ...more, status };
        gauge.remove(labels);
        if (counts) gauge.set(labels, counts[status] ?? 0);
      }
    });
  }

  gaugeQueue(queue: string, readBacklog: () => Promise<Backlog>): void {
    this.lookUps.push(async () => {
      const backlog = await answer(readBacklog());
      this.oldestJob.remove({ queue });
      if (backlog) this.oldestJob.set({ queue }, backlog.oldestMs / 1000);
      for (const state of ['waiting', 'running'] as const) {
        this.jobs.remove({ queue, state });
        if (backlog) this.jobs.set({ queue, state }, backlog[state]);
      }
    });
  }

  gaugeDependency(dependency: string, check: () => Promise<unknown>): void {
    this.lookUps.push(async () => {
      const isUp = (await answer(check().then(() => true))) === true;
      this.dependencyUp.set({ dependency }, isUp ? 1 : 0);
    });
  }
}

/** Null: none, or none in time. */
function answer<Answer>(asked: Promise<Answer>): Promise<Answer | null> {
  return inTime(asked).catch(() => null);
}
