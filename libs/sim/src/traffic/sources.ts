/**
 * Load: requests that arrive by themselves, each source with its own dice.
 *
 * Models: Poisson and evenly spaced arrivals; clients with one or many addresses; destinations that follow the service.
 * Source: open-loop load generators; a Poisson process has exponential gaps.
 * Simplified: clients do not wait for one another.
 * Who could tell: someone with a closed-loop load generator.
 */
import { drawExponential, hashName, Stream } from '../kernel/index.js';
import type { Nanos, Scenario, Traffic } from '../scenario.js';
import { type Connection, type Flow, NO_FLOW } from './connection.js';
import type { Connections } from './connections.js';

export interface FlowBuilder {
  flow(traffic: Traffic, key: number): Flow;
  /** Counts changes after which a flow has to be built anew. */
  flowRevision(): number;
}

interface Source {
  traffic: Traffic;
  key: number;
  flow: Flow;
  revision: number;
  /** Requests so far. */
  sent: number;
  /** When the next one leaves its client. */
  nextNs: Nanos;
  gapNs: number;
}

export class Sources {
  private readonly sources: Source[];
  /** Sources that have an arrival in the queue. */
  private active = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly builder: FlowBuilder,
    private readonly connections: Connections,
    private readonly schedule: (atNs: Nanos, source: number) => void,
  ) {
    this.sources = scenario.traffic.map((traffic) => ({
      traffic,
      key: hashName(`traffic ${traffic.name}`),
      flow: NO_FLOW,
      revision: -1,
      sent: 0,
      nextNs: traffic.startNs,
      gapNs: 1e9 / traffic.ratePerSecond,
    }));
  }

  /** More requests will come. */
  get pending(): boolean {
    return this.active > 0;
  }

  start(): void {
    for (const [index, source] of this.sources.entries()) {
      if (source.traffic.arrivals === 'poisson') source.nextNs = this.followingNs(source);
      this.scheduleNext(index, source);
    }
  }

  /** How many requests all sources will send at most, for progress. */
  expectedRequests(): number {
    return this.scenario.traffic.reduce(
      (sum, { count, startNs, stopNs, ratePerSecond }) =>
        sum + Math.min(count ?? Infinity, (Math.max(0, stopNs - startNs) / 1e9) * ratePerSecond),
      0,
    );
  }

  /** The next request is at its first decision. */
  onArrival(index: number): Connection {
    const source = this.sources[index] as Source;
    const connection = this.connections.open(this.currentFlow(source), source.sent, source.nextNs);
    this.active--;
    source.sent++;
    source.nextNs = this.followingNs(source);
    this.scheduleNext(index, source);
    return connection;
  }

  private scheduleNext(index: number, source: Source): void {
    const { count, stopNs } = source.traffic;
    if (source.nextNs >= stopNs || (count !== null && source.sent >= count)) return;
    this.active++;
    this.schedule(source.nextNs + this.connections.firstHopNs(this.currentFlow(source)), index);
  }

  private currentFlow(source: Source): Flow {
    const flowRevision = this.builder.flowRevision();
    if (source.revision !== flowRevision) {
      source.flow = this.builder.flow(source.traffic, source.key);
      source.revision = flowRevision;
    }
    return source.flow;
  }

  private followingNs({ traffic, key, sent, nextNs, gapNs }: Source): Nanos {
    // From the start, not from the one before: rounding must not add up.
    if (traffic.arrivals === 'constant') return traffic.startNs + Math.round(sent * gapNs);
    const gap = drawExponential(this.scenario.seed, Stream.arrival, key, sent) * gapNs;
    return nextNs + Math.max(1, Math.round(gap));
  }
}
