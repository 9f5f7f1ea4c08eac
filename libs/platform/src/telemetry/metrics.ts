import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Everything that `/metrics` tells, each name once. */
export class Metrics {
  readonly registry = new Registry();

  readonly httpSeconds = new Histogram({
    name: 'hairpin_http_request_duration_seconds',
    help: 'Time to answer an HTTP request, by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly accepted = new Counter({
    name: 'hairpin_simulations_accepted_total',
    help: 'Simulations that were accepted',
    registers: [this.registry],
  });
  readonly ended = new Counter({
    name: 'hairpin_simulations_ended_total',
    help: 'Simulations that this process has brought to an end, by status',
    labelNames: ['status'],
    registers: [this.registry],
  });
  readonly runSeconds = new Histogram({
    name: 'hairpin_simulation_duration_seconds',
    help: 'Time from taking a simulation to its end',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
    registers: [this.registry],
  });
  readonly simulatedRequests = new Counter({
    name: 'hairpin_simulated_requests_total',
    help: 'Requests in simulations that succeeded',
    registers: [this.registry],
  });
  readonly simulatedEvents = new Counter({
    name: 'hairpin_simulated_events_total',
    help: 'Events in simulations that succeeded',
    registers: [this.registry],
  });
  readonly webhookDeliveries = new Counter({
    name: 'hairpin_webhook_deliveries_total',
    help: 'Attempts to deliver to a webhook, by what followed: succeeded, retried (later), failed (for good)',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly webhookSeconds = new Histogram({
    name: 'hairpin_webhook_attempt_duration_seconds',
    help: 'Time of an attempt to deliver to a webhook, by how it ended',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  readonly webhooksDisabled = new Counter({
    name: 'hairpin_webhooks_disabled_total',
    help: 'Webhooks that were disabled because nothing got through to them, or they wanted no more',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'hairpin_' });
  }

  /** The number of deliveries by status, asked for whenever somebody reads the metrics. */
  gaugeDeliveries(countByStatus: () => Promise<Record<string, number>>, statuses: readonly string[]): void {
    new Gauge({
      name: 'hairpin_webhook_deliveries',
      help: 'Deliveries to webhooks stored, by status',
      labelNames: ['status'],
      registers: [this.registry],
      async collect() {
        const counts = await countByStatus();
        for (const status of statuses) this.set({ status }, counts[status] ?? 0);
      },
    });
  }

  /** The number of simulations by status, asked for whenever somebody reads the metrics. */
  gaugeSimulations(countByStatus: () => Promise<Record<string, number>>, statuses: readonly string[]): void {
    new Gauge({
      name: 'hairpin_simulations',
      help: 'Simulations stored, by status',
      labelNames: ['status'],
      registers: [this.registry],
      async collect() {
        const counts = await countByStatus();
        for (const status of statuses) this.set({ status }, counts[status] ?? 0);
      },
    });
  }
}
