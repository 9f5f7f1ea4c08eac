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

  readonly httpSeconds = this.histogram(
    'hairpin_http_request_duration_seconds',
    'Time to answer an HTTP request, by method, route and status',
    QUICK,
    ['method', 'route', 'status'],
  );
  readonly httpUnderWay = this.gauge(
    'hairpin_http_requests_under_way',
    'HTTP requests that are being answered, open event streams among them',
  );
  readonly accepted = this.counter('hairpin_simulations_accepted_total', 'Simulations that were accepted');
  readonly ended = this.counter(
    'hairpin_simulations_ended_total',
    'Simulations that this process has brought to an end, by status',
    ['status'],
  );
  readonly waitSeconds = this.histogram(
    'hairpin_simulation_wait_seconds',
    'Time from accepting a simulation to the first time that a worker takes it',
    LONG,
  );
  readonly runSeconds = this.histogram(
    'hairpin_simulation_duration_seconds',
    'Time from taking a simulation to its end',
    LONG,
  );
  readonly experimentsAccepted = this.counter(
    'hairpin_experiments_accepted_total',
    'Experiments and comparisons that were accepted, by kind',
    ['kind'],
  );
  readonly experimentsEnded = this.counter(
    'hairpin_experiments_ended_total',
    'Experiments and comparisons that this process has brought to an end, by kind and status',
    ['kind', 'status'],
  );
  readonly experimentWaitSeconds = this.histogram(
    'hairpin_experiment_wait_seconds',
    'Time from accepting an experiment or comparison to the first time that a worker takes a trial of it',
    LONG,
    ['kind'],
  );
  readonly experimentSeconds = this.histogram(
    'hairpin_experiment_duration_seconds',
    'Time from taking the first trial of an experiment or comparison to the end of the last one',
    LONGER,
    ['kind'],
  );
  readonly trialSeconds = this.histogram(
    'hairpin_trial_duration_seconds',
    'Time from taking a trial to its end, by the kind of what it is a piece of',
    LONG,
    ['kind'],
  );
  readonly trialRuns = this.counter(
    'hairpin_trial_runs_total',
    'Runs of trials that have ended, each once, by kind and outcome: succeeded, or the code of its error',
    ['kind', 'outcome'],
  );
  readonly simulatedRequests = this.counter(
    'hairpin_simulated_requests_total',
    'Requests in simulations that succeeded',
  );
  readonly simulatedEvents = this.counter(
    'hairpin_simulated_events_total',
    'Events that simulations have handled, counted while they run',
  );
  readonly webhookDeliveries = this.counter(
    'hairpin_webhook_deliveries_total',
    'Attempts to deliver to a webhook, by what followed: succeeded, retried (later), failed (for good)',
    ['outcome'],
  );
  readonly webhookSeconds = this.histogram(
    'hairpin_webhook_attempt_duration_seconds',
    'Time of an attempt to deliver to a webhook, by how it ended',
    [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10],
    ['outcome'],
  );
  readonly webhooksDisabled = this.counter(
    'hairpin_webhooks_disabled_total',
    'Webhooks that were disabled because nothing got through to them, or they wanted no more',
  );
  private readonly simulations = this.gauge('hairpin_simulations', 'Simulations stored in the database, by status', [
    'status',
  ]);
  private readonly experiments = this.gauge(
    'hairpin_experiments',
    'Experiments and comparisons stored in the database, by kind and status',
    ['kind', 'status'],
  );
  private readonly deliveries = this.gauge(
    'hairpin_webhook_deliveries',
    'Deliveries to webhooks stored in the database, by status',
    ['status'],
  );
  private readonly jobs = this.gauge(
    'hairpin_queue_jobs',
    'Jobs in the database that wait for a worker, or are held by one, by queue and state',
    ['queue', 'state'],
  );
  private readonly oldestJob = this.gauge(
    'hairpin_queue_oldest_job_age_seconds',
    'How long the first of the jobs that wait has waited, by queue; 0 where none waits',
    ['queue'],
  );
  private readonly dependencyUp = this.gauge(
    'hairpin_dependency_up',
    'Whether what the process depends on answers as it should (1) or not (0), by dependency',
    ['dependency'],
  );
  /** Done whenever somebody reads the metrics; none of them rejects. */
  private readonly lookUps: (() => Promise<void>)[] = [];

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    const labels = ['version', 'model_version', 'node_version'] as const;
    this.gauge('hairpin_build_info', 'Always 1; its labels say what runs', labels).set(
      { version: VERSION, model_version: MODEL_VERSION, node_version: process.version },
      1,
    );
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

  private counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: this.registers });
  }

  private gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: this.registers });
  }

  /** `buckets`: their upper ends, s. */
  private histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: this.registers });
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
