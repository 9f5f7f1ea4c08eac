/**
 * Takes one trial from its lease to its end: its runs one after the other, each in a thread, of which only figures are
 * kept. A run that fails is an outcome like others. What has ended is saved while the rest runs, so that whoever takes a
 * trial over does only what is left; where a process died too often, the run that it was at is the one that fails.
 */
import {
  type Config,
  type ExperimentKind,
  type ExperimentRow,
  type Lease,
  LeaseLost,
  type Metrics,
  type RunOutcome,
  type RunSignals,
  type TrialJobs,
  type TrialStore,
  type TrialWork,
  traceOf,
  withWork,
} from '#platform';
import { MODEL_VERSION } from '#sim';
import type { RunThreads } from './run-threads.js';
import type { ComparisonTask, ThreadMessage, TrialTask } from './thread-protocol.js';

const SAVE_PROGRESS_MS = 1_000;

export interface TrialParts {
  config: Pick<Config, 'maxAttempts'>;
  threads: RunThreads;
  trials: TrialStore;
  jobs: TrialJobs;
  signals: RunSignals;
  metrics: Metrics;
  /** Hears what went wrong and was dealt with. */
  warn: (message: string) => void;
  /** Hears what was done. */
  log: (message: string, fields: Record<string, unknown>) => void;
}

export class TrialProcessor {
  constructor(private readonly parts: TrialParts) {}

  /** A JobHandler: resolves when the trial has ended, was given up or must be left to others. */
  async process(lease: Lease, signal: AbortSignal): Promise<void> {
    const work = await this.parts.trials.work(lease);
    if (!work) return;
    const { experiment } = work;
    const subject = { kind: experiment.kind, id: experiment.id };
    await withWork({ subject, trace: traceOf(experiment) }, () => this.runToEnd(work, lease, signal));
  }

  private async runToEnd(work: TrialWork, lease: Lease, signal: AbortSignal): Promise<void> {
    const { trials, signals, warn } = this.parts;
    const beganMs = performance.now();
    try {
      if (work.experiment.status === 'cancelled') return await trials.cancel(lease);
      if (!signal.aborted && (await trials.begin(work))) this.tellWait(work.experiment);
      const outcomes = await new TrialRun(this.parts, work, lease, signal).toTheEnd();
      if (outcomes === null) {
        if (signal.reason === 'cancelled') await trials.cancel(lease);
        return;
      }
      const now = await trials.finish(lease, work, outcomes, MODEL_VERSION);
      this.count(now.kind, outcomes, performance.now() - beganMs);
      if (now.openTrials === 0) this.tellEnd(now);
      signals.tell({ id: now.id, status: now.status, attempt: 1, progress: now.runsDone / now.runs });
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      warn(`${error.message}: somebody else has taken it over, or it was deleted`);
    }
  }

  /** By whoever has written the end, those of its forerunners too: a run that was lost with its process counts once. */
  private count(kind: ExperimentKind, outcomes: readonly RunOutcome[], tookMs: number): void {
    const { trialSeconds, trialRuns } = this.parts.metrics;
    trialSeconds.observe({ kind }, tookMs / 1000);
    for (const outcome of outcomes)
      trialRuns.inc({ kind, outcome: 'error' in outcome ? outcome.error.code : 'succeeded' });
  }

  private tellWait({ kind, createdAtMs }: ExperimentRow): void {
    this.parts.metrics.experimentWaitSeconds.observe({ kind }, Math.max(0, Date.now() - createdAtMs) / 1000);
  }

  /** One that was cancelled has ended before its last trial has, and whoever cancelled it has told so. */
  private tellEnd({ kind, status, startedAtMs, finishedAtMs, runs, runsFailed: failed }: ExperimentRow): void {
    const { metrics, log } = this.parts;
    if (status === 'cancelled') return;
    const seconds = Math.max(0, (finishedAtMs ?? 0) - (startedAtMs ?? 0)) / 1000;
    metrics.experimentsEnded.inc({ kind, status });
    metrics.experimentSeconds.observe({ kind }, seconds);
    const name = kind === 'experiment' ? 'Experiment' : 'Comparison';
    log(`${name} ${status} after ${seconds} s`, { status, seconds, runs, failed });
  }
}

/** One attempt at a trial. */
class TrialRun {
  private readonly outcomes: RunOutcome[];
  private savedMs = performance.now();

  constructor(
    private readonly parts: TrialParts,
    private readonly work: TrialWork,
    private readonly lease: Lease,
    private readonly signal: AbortSignal,
  ) {
    this.outcomes = JSON.parse(work.trial.result ?? '[]') as RunOutcome[];
  }

  /** Null: it was stopped. */
  async toTheEnd(): Promise<RunOutcome[] | null> {
    const { seed, seeds } = this.work.trial;
    const { config, jobs } = this.parts;
    const deaths = this.lease.attempt - 1;
    if (deaths >= config.maxAttempts && this.outcomes.length < seeds)
      this.add(this.failed('worker-died', `The process that ran it died ${deaths} times (MAX_ATTEMPTS).`));
    while (this.outcomes.length < seeds) {
      if (this.signal.aborted) break;
      const outcome = await this.outcomeOf(seed + this.outcomes.length);
      if (outcome === null) break;
      this.add(outcome);
      this.saveNowAndThen(0);
    }
    if (this.outcomes.length === seeds) return this.outcomes;
    // For whoever goes on with it.
    await jobs.saveProgress(this.lease, this.outcomes.length / seeds, this.outcomes);
    return null;
  }

  private add(outcome: RunOutcome): void {
    this.outcomes.push(outcome);
    if (!('error' in outcome)) return;
    const { experiment } = this.work;
    this.parts.warn(`${experiment.kind} ${experiment.id}, seed ${outcome.seed} failed: ${outcome.error.message}`);
  }

  private async outcomeOf(seed: number): Promise<RunOutcome | null> {
    const { experiment } = this.work;
    const onMessage = (message: ThreadMessage) => {
      if (message.kind === 'progress') this.saveNowAndThen(message.progress);
    };
    const { threads, metrics } = this.parts;
    const thread = threads.start(this.task(seed), this.signal, onMessage);
    const end = await thread.ended.finally(() => thread.close());
    if (end.kind === 'stopped') return null;
    if (end.kind === 'failed') return this.failed(end.code, end.message);
    metrics.simulatedRequests.inc(end.requests);
    metrics.simulatedEvents.inc(end.events);
    if ('comparison' in end) return { seed, comparison: end.comparison };
    if ('figures' in end) return { seed, fingerprint: end.fingerprint, figures: end.figures };
    throw new Error(`${experiment.kind} ${experiment.id} has ended as a simulation does`);
  }

  private task(seed: number): TrialTask | ComparisonTask {
    const { experiment, cells } = this.work;
    const settings = JSON.parse(experiment.settings) as { figures: string[]; show: number };
    if (experiment.kind === 'comparison') return { kind: 'comparison', scenarios: cells, seed, show: settings.show };
    return { kind: 'trial', scenario: cells[0]!.scenario, seed, figures: settings.figures };
  }

  /** With what is needed to see it again. */
  private failed(code: string, message: string): RunOutcome {
    const seed = this.work.trial.seed + this.outcomes.length;
    const digests = this.work.cells.map(({ digest }) => digest).join(' ');
    return { seed, error: { code, message: `${message} To reproduce: digest ${digests}, seed ${seed}.` } };
  }

  /** `running`: how far the run is that is under way. */
  private saveNowAndThen(running: number): void {
    if (performance.now() - this.savedMs < SAVE_PROGRESS_MS) return;
    this.savedMs = performance.now();
    const { jobs, signals, warn } = this.parts;
    const { experiment, trial } = this.work;
    const progress = (this.outcomes.length + running) / trial.seeds;
    const told = (experiment.runsDone + progress * trial.seeds) / experiment.runs;
    signals.tell({ id: experiment.id, status: 'running', attempt: 1, progress: told });
    jobs.saveProgress(this.lease, progress, this.outcomes).catch((error: unknown) => warn(String(error)));
  }
}
