/** Experiments and comparisons from the API's side: accepted, waited for, found, ended. */
import { Inject, Injectable } from '@nestjs/common';
import {
  type AcceptedExperiment,
  AppError,
  CONFIG,
  type Config,
  currentWork,
  type ExperimentKind,
  type ExperimentRow,
  ExperimentStore,
  type IdempotencyClaim,
  type JobQueue,
  Metrics,
  type NewExperiment,
  once,
  type RunNews,
  RunSignals,
  TRIAL_QUEUE,
} from '#platform';
import { COMPARISON_BUDGET } from '#sim';
import { noSuch } from '../http/no-such.js';
import { WaitingCalls } from '../http/waiting-calls.js';
import { ownId } from '../scenarios/always-there.js';
import { ModelThreads } from '../scenarios/model-threads.js';
import { EXAMPLE_ID, type ScenarioChoice, ScenarioSource } from '../scenarios/scenario-source.js';
import { isOver, RunWatch } from '../simulations/run-watch.js';
import type { CellPlan, PreparedCell } from './experiment-cells.js';
import { trialsOf } from './trial-plan.js';

const EXAMPLE_WAIT_MS = 20_000;

/** What is to be run; `seed`: instead of the scenario's own. */
export interface ExperimentAsk {
  kind: ExperimentKind;
  choice: ScenarioChoice;
  plan: CellPlan;
  seed: number | undefined;
  seeds: number;
  settings: { figures: string[] } | { show: number };
}

@Injectable()
export class ExperimentsService {
  constructor(
    private readonly store: ExperimentStore,
    private readonly source: ScenarioSource,
    private readonly threads: ModelThreads,
    private readonly signals: RunSignals,
    private readonly watch: RunWatch,
    private readonly waiting: WaitingCalls,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(TRIAL_QUEUE) private readonly queue: JobQueue,
    private readonly metrics: Metrics,
  ) {}

  /**
   * AppError `invalid-scenario` for a cell that no scenario could be, `model-refused` for what is too large. What a key has
   * made before is answered again, whatever has become of its scenario.
   */
  accept(
    tenant: string,
    ask: ExperimentAsk,
    idempotency: IdempotencyClaim | null,
    id?: string,
  ): Promise<AcceptedExperiment> {
    const earlier = async () => {
      const row = idempotency && (await this.store.earlier(tenant, ask.kind, idempotency));
      return row && { row, replayed: true, trials: [] };
    };
    return once(earlier, () => this.acceptNew(tenant, ask, idempotency, id));
  }

  private async acceptNew(
    tenant: string,
    ask: ExperimentAsk,
    idempotency: IdempotencyClaim | null,
    id?: string,
  ): Promise<AcceptedExperiment> {
    const { kind, choice, seeds } = ask;
    this.refuseTooMany(ask, 1);
    const { document, name } = await this.source.resolve(tenant, choice);
    const cells = await this.threads.cells({ document, plan: ask.plan, limits: this.source.limits });
    this.refuseTooMany(ask, cells.length);
    this.refuseTooLarge(ask, cells);
    const seed = ask.seed ?? cells[0]!.seed;
    const requests = cells.map((cell) => cell.requests);
    const experiment: NewExperiment = {
      ...(id === undefined ? {} : { id }),
      ...{ kind, name, scenarioId: choice.scenarioId ?? null, preset: choice.preset ?? null, seed, seeds },
      settings: JSON.stringify(ask.settings),
      trace: currentWork().trace ?? null,
      cells: cells.map((cell) => ({
        ...{ name: cell.name, digest: cell.digest, scenario: cell.scenario },
        settings: JSON.stringify(cell.settings),
        warnings: JSON.stringify(cell.warnings),
      })),
      trials: kind === 'comparison' ? [{ cell: 0, seed, seeds: 1 }] : trialsOf(requests, seed, seeds),
    };
    const accepted = await this.store.accept(tenant, experiment, idempotency);
    if (!accepted.replayed) {
      this.metrics.experimentsAccepted.inc({ kind });
      this.queue.announce(...accepted.trials);
    }
    return accepted;
  }

  /** AppError `not-found`. `makeExample`: what there is to be under the name that is always there; it has ended when it is found. */
  async find(
    tenant: string,
    kind: ExperimentKind,
    id: string,
    makeExample: () => ExperimentAsk,
  ): Promise<ExperimentRow> {
    const example = ownId(tenant, `${kind}-${EXAMPLE_ID}`);
    const isExample = id === EXAMPLE_ID || id === example;
    const row = await this.store.find(tenant, kind, isExample ? example : id);
    if (row) return isExample ? this.waitForEnd(row, EXAMPLE_WAIT_MS) : row;
    if (!isExample) throw noSuch(kind, id);
    const made = await this.accept(tenant, makeExample(), null, example).catch(
      // Somebody else asked at the same moment and was first.
      async (error: unknown) => ({ row: (await this.store.find(tenant, kind, example)) ?? Promise.reject(error) }),
    );
    return this.waitForEnd(await made.row, EXAMPLE_WAIT_MS);
  }

  /** As it is after `waitS`, or when it has ended. AppError `quota-exceeded`, before anything is stored. */
  acceptAndWait(
    tenant: string,
    ask: ExperimentAsk,
    idempotency: IdempotencyClaim | null,
    waitS: number,
  ): Promise<{ now: ExperimentRow; replayed: boolean }> {
    const run = async () => {
      const { row, replayed } = await this.accept(tenant, ask, idempotency);
      return { now: await this.waitForEnd(row, waitS * 1000), replayed };
    };
    return waitS === 0 ? run() : this.waiting.during(tenant, run);
  }

  async waitForEnd(row: ExperimentRow, forMs: number): Promise<ExperimentRow> {
    const now = await this.watch.untilOver(row, forMs, () => this.store.find(row.tenant, row.kind, row.id));
    if (!now) throw noSuch(row.kind, row.id);
    return now;
  }

  /** Cancels what waits or runs, deletes what has ended. Null: it is deleted. */
  async end(row: ExperimentRow): Promise<ExperimentRow | null> {
    const { tenant, kind, id } = row;
    const running = await this.store.cancel(tenant, kind, id);
    if (running === null) {
      if (await this.store.deleteEnded(tenant, kind, id)) return null;
      throw noSuch(kind, id);
    }
    this.metrics.experimentsEnded.inc({ kind, status: 'cancelled' });
    for (const trial of running) this.queue.cancel(trial);
    const now = await this.store.find(tenant, kind, id);
    if (!now) throw noSuch(kind, id);
    this.signals.tell({ id, status: now.status, attempt: 1, progress: now.runsDone / now.runs });
    return now;
  }

  /** As those see it who follow it. */
  async state(row: ExperimentRow): Promise<RunNews> {
    const progress = isOver(row) ? row.runsDone / row.runs : await this.store.progress(row);
    return { id: row.id, status: row.status, attempt: 1, progress };
  }

  private refuseTooMany({ kind, seeds }: ExperimentAsk, cells: number): void {
    const { runs } = this.config.experimentLimits;
    if (kind === 'comparison' || cells * seeds <= runs) return;
    throw tooLarge(
      'experiment-too-large',
      `${counted(cells, 'cell')} times ${counted(seeds, 'seed')} are ${cells * seeds} runs, and ${runs} may be asked for (MAX_EXPERIMENT_RUNS).`,
      'Take fewer seeds or fewer values; 20 seeds show most differences.',
    );
  }

  /** By what is expected of the traffic; each run is held to its own limits beside. */
  private refuseTooLarge({ kind, seeds }: ExperimentAsk, cells: readonly PreparedCell[]): void {
    const expected = Math.round(cells.reduce((sum, { requests }) => sum + requests, 0) * seeds);
    if (kind === 'comparison' && expected > COMPARISON_BUDGET.requests)
      throw tooLarge(
        'comparison-too-large',
        `All runs together have about ${expected} requests, and a comparison may have ${COMPARISON_BUDGET.requests}.`,
        'Compare fewer variants, or shorten the traffic; an experiment compares figures of larger runs.',
      );
    const { requests } = this.config.experimentLimits;
    if (expected > requests)
      throw tooLarge(
        'experiment-too-large',
        `All runs together have about ${expected} requests, and ${requests} may be asked for (MAX_EXPERIMENT_REQUESTS).`,
        'Take fewer seeds or fewer values, or shorten the traffic.',
      );
  }
}

function tooLarge(code: string, message: string, hint: string): AppError {
  return new AppError('model-refused', message, { issues: [{ code, severity: 'error', path: '', message, hint }] });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
