/**
 * Takes one simulation from its lease to its end: loads the scenario, runs it in a thread, stores chunks as they come
 * and the rest with the end, all under the lease. What happens to it twice happens once: an attempt that lost its
 * lease can write nothing, and a new attempt removes what the last one left.
 */
import {
  type Config,
  type JobQueue,
  type Lease,
  LeaseLost,
  type Metrics,
  type ResultStore,
  type RunEnd,
  type RunSignals,
  type SimulationJobs,
  type SimulationRow,
  type SimulationStore,
  traceOf,
  withWork,
} from '#platform';
import { ChunkWriter } from './chunk-writer.js';
import type { RunThreads } from './run-threads.js';
import type { SimulationTask, ThreadEnd, ThreadMessage } from './thread-protocol.js';

const SAVE_PROGRESS_MS = 1_000;

export interface ProcessorParts {
  config: Pick<Config, 'maxAttempts'>;
  threads: RunThreads;
  simulations: SimulationStore;
  jobs: SimulationJobs;
  results: ResultStore;
  signals: RunSignals;
  /** Hears of what is to be delivered now. */
  deliveries: Pick<JobQueue, 'announce'>;
  metrics: Metrics;
  /** Hears what went wrong and was dealt with. */
  warn: (message: string) => void;
  /** Hears what was done. */
  log: (message: string, fields: Record<string, unknown>) => void;
}

export class SimulationProcessor {
  constructor(private readonly parts: ProcessorParts) {}

  /** A JobHandler: resolves when the simulation has ended, was given up or must be left to others. */
  async process(lease: Lease, signal: AbortSignal): Promise<void> {
    const row = await this.parts.simulations.findLeased(lease);
    if (!row) return;
    const subject = { kind: 'simulation', id: row.id } as const;
    await withWork({ subject, trace: traceOf(row) }, () => this.runToEnd(row, lease, signal));
  }

  private async runToEnd(row: SimulationRow, lease: Lease, signal: AbortSignal): Promise<void> {
    const { results, metrics, warn, log } = this.parts;
    if (lease.attempt === 1) metrics.waitSeconds.observe(Math.max(0, Date.now() - row.createdAtMs) / 1000);
    const beganMs = performance.now();
    try {
      const end = await this.endOf(row, lease, signal);
      if (end === null) return;
      for (const id of await results.finish(lease, end)) this.parts.deliveries.announce(id);
      metrics.ended.inc({ status: end.status });
      const seconds = Math.round(performance.now() - beganMs) / 1000;
      metrics.runSeconds.observe(seconds);
      if (end.status === 'failed') warn(`simulation ${row.id} failed: ${end.errorCode}. ${end.errorMessage}`);
      else
        log(`Simulation ${end.status} after ${seconds} s`, {
          status: end.status,
          seconds,
          attempt: lease.attempt,
        });
      this.parts.signals.tell({
        id: row.id,
        status: end.status,
        attempt: lease.attempt,
        progress: end.status === 'succeeded' ? 1 : row.progress,
      });
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      warn(`${error.message}: somebody else has taken it over, or it was deleted`);
    }
  }

  /** Null: the run was stopped, and it is not for this attempt to say how it ended. */
  private async endOf(row: SimulationRow, lease: Lease, signal: AbortSignal): Promise<RunEnd | null> {
    if (signal.aborted) return stoppedBy(signal);
    if (lease.attempt > this.parts.config.maxAttempts)
      return failed(row, 'worker-died', `The process that ran it died ${lease.attempt - 1} times (MAX_ATTEMPTS).`);
    const scenario = await this.parts.simulations.scenario(row.tenant, row.digest);
    if (scenario === null) return failed(row, 'scenario-lost', 'The scenario that it runs is not stored any more.');
    await this.parts.results.beginAttempt(lease);
    this.parts.signals.tell({ id: row.id, status: 'running', attempt: lease.attempt, progress: 0 });
    return this.runInThread(row, lease, scenario, signal);
  }

  private async runInThread(
    row: SimulationRow,
    lease: Lease,
    scenario: string,
    signal: AbortSignal,
  ): Promise<RunEnd | null> {
    const { results, threads } = this.parts;
    const writer = new ChunkWriter(
      results,
      lease,
      (chunks) => thread.stored(chunks),
      () => thread.stop(),
    );
    const task: SimulationTask = { kind: 'simulation', scenario, seed: row.seed };
    const countEvents = this.eventCounter();
    const thread = threads.start(task, signal, this.listener(row.id, lease, writer, countEvents));
    try {
      const end = await thread.ended.finally(() => writer.settle());
      if (end.kind === 'succeeded') await writer.finish(end.chunks);
      // Stopped although nobody asked for it: a chunk could not be stored.
      else if (end.kind === 'stopped' && !signal.aborted) await writer.finish(0);
      if (end.kind === 'succeeded') countEvents(end.events);
      return this.runEnd(row, end, signal);
    } finally {
      thread.close();
    }
  }

  /** Told how many there have been until now, in whatever order the messages come. */
  private eventCounter(): (total: number) => void {
    let counted = 0;
    return (total) => {
      this.parts.metrics.simulatedEvents.inc(Math.max(0, total - counted));
      counted = Math.max(counted, total);
    };
  }

  private listener(
    id: string,
    lease: Lease,
    writer: ChunkWriter,
    countEvents: (total: number) => void,
  ): (message: ThreadMessage) => void {
    const { jobs, signals, warn } = this.parts;
    let savedMs = performance.now();
    return (message) => {
      if (message.kind === 'chunk') writer.add(message.chunk, message.progress);
      else countEvents(message.events);
      signals.tell({ id, status: 'running', attempt: lease.attempt, progress: message.progress });
      if (performance.now() - savedMs < SAVE_PROGRESS_MS) return;
      savedMs = performance.now();
      jobs.saveProgress(lease, message.progress).catch((error) => warn(String(error)));
    };
  }

  private runEnd(row: SimulationRow, end: ThreadEnd<SimulationTask>, signal: AbortSignal): RunEnd | null {
    if (end.kind === 'stopped') return stoppedBy(signal);
    if (end.kind === 'failed') return failed(row, end.code, end.message);
    const { kind, chunks, events, ...results } = end;
    this.parts.metrics.simulatedRequests.inc(end.requests);
    return { status: 'succeeded', ...results };
  }
}

function stoppedBy(signal: AbortSignal): RunEnd | null {
  return signal.reason === 'cancelled' ? { status: 'cancelled' } : null;
}

/** With what is needed to see it again. */
function failed(row: SimulationRow, errorCode: string, message: string): RunEnd {
  return {
    status: 'failed',
    errorCode,
    errorMessage: `${message} To reproduce: digest ${row.digest}, seed ${row.seed}.`,
  };
}
