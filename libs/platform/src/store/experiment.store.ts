/** Experiments and comparisons as the API sees them: accepted, listed, cancelled, deleted. A tenant sees its own. */
import { type DataSource, type EntityManager, In, Not } from 'typeorm';
import { AppError } from '../errors.js';
import type { TraceContext } from '../telemetry/trace-context.js';
import { announceExperiment } from '../webhooks/experiment-event.js';
import { tryAgain } from './constraint.js';
import type { ExperimentCellRow, ExperimentKind, ExperimentRow } from './experiment.entity.js';
import { type IdempotencyClaim, IdempotencyKeys, wasDeleted } from './idempotency-keys.js';
import { timeOrderedId } from './ids.js';
import { newestFirst, type Position } from './newest-first.js';
import { oneByOne } from './one-by-one.js';
import type { SimulationStatus } from './simulation.entity.js';
import { keepSnapshots } from './snapshots.js';
import type { TrialRow } from './trial.entity.js';

export interface NewExperiment
  extends Pick<ExperimentRow, 'kind' | 'name' | 'scenarioId' | 'preset' | 'seed' | 'seeds' | 'settings'> {
  /** Default: a time-ordered one. */
  id?: string;
  /** The first is the baseline. `scenario`: normalised, as JSON. */
  cells: (Pick<ExperimentCellRow, 'name' | 'settings' | 'digest' | 'warnings'> & { scenario: string })[];
  /** In the order in which they are to be done. */
  trials: Pick<TrialRow, 'cell' | 'seed' | 'seeds'>[];
  /** Of the request that makes it. */
  trace?: TraceContext | null;
}

export interface AcceptedExperiment {
  row: ExperimentRow;
  /** An earlier request with the same Idempotency-Key has made it. */
  replayed: boolean;
  /** Trials that wait for a worker. */
  trials: string[];
}

const OPEN: SimulationStatus[] = ['queued', 'running'];
/** SQLite takes at most 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 1000;

export class ExperimentStore {
  private readonly keys: IdempotencyKeys;

  constructor(
    private readonly dataSource: DataSource,
    idempotencyMs: number,
    private readonly now: () => number = Date.now,
    private readonly mostUnfinished = Number.POSITIVE_INFINITY,
  ) {
    this.keys = new IdempotencyKeys(idempotencyMs, now);
  }

  /** Stores it with its trials as `queued`: with the commit it is accepted. A key and AppErrors as of simulations. */
  async accept(
    tenant: string,
    experiment: NewExperiment,
    idempotency: IdempotencyClaim | null = null,
  ): Promise<AcceptedExperiment> {
    // Two requests with one key or one new digest may meet in the middle: the second finds the first when it tries again.
    return tryAgain(() =>
      this.dataSource.transaction((manager) => this.acceptOnce(manager, tenant, experiment, idempotency)),
    );
  }

  private async acceptOnce(
    manager: EntityManager,
    tenant: string,
    experiment: NewExperiment,
    idempotency: IdempotencyClaim | null,
  ): Promise<AcceptedExperiment> {
    const { cells, trials, trace = null, id = timeOrderedId(this.now()), ...columns } = experiment;
    await oneByOne(manager, 'experiments of', tenant);
    const earlier = idempotency && (await this.earlier(tenant, columns.kind, idempotency, manager));
    if (earlier) return { row: earlier, replayed: true, trials: [] };
    await this.makeSureOfRoom(manager, tenant);
    const createdAtMs = this.now();
    const row: ExperimentRow = {
      ...EMPTY_ROW,
      ...columns,
      ...trace,
      ...{ id, tenant, createdAtMs, openTrials: trials.length },
      runs: trials.reduce((sum, { seeds }) => sum + seeds, 0),
    };
    await manager.insert<ExperimentRow>('experiment', row);
    const made = { subjectId: id, webhookId: null };
    if (idempotency) await this.keys.use(manager, { tenant, kind: row.kind }, idempotency, made);
    await keepSnapshots(manager, tenant, cells);
    for (const [cell, { scenario: _scenario, ...more }] of cells.entries())
      await manager.insert<ExperimentCellRow>('experiment_cell', { ...more, experimentId: id, cell, tenant });
    const rows = trials.map((trial, n) => ({
      ...EMPTY_TRIAL,
      ...trial,
      ...{ id: trialId(id, n), tenant, experimentId: id, createdAtMs },
    }));
    for (let from = 0; from < rows.length; from += ROWS_PER_INSERT)
      await manager.insert<TrialRow>('trial', rows.slice(from, from + ROWS_PER_INSERT));
    return { row, replayed: false, trials: rows.map((trial) => trial.id) };
  }

  private async makeSureOfRoom(manager: EntityManager, tenant: string): Promise<void> {
    if ((await manager.countBy<ExperimentRow>('experiment', { tenant, status: In(OPEN) })) < this.mostUnfinished)
      return;
    throw new AppError(
      'quota-exceeded',
      `${this.mostUnfinished} experiments and comparisons wait or run already (MAX_UNFINISHED); try again when some have ended.`,
      { headers: { 'retry-after': '10' } },
    );
  }

  /** What an earlier request with this key has made; null: none has. AppErrors as of `accept`. */
  async earlier(
    tenant: string,
    kind: ExperimentKind,
    claim: IdempotencyClaim,
    manager = this.dataSource.manager,
  ): Promise<ExperimentRow | null> {
    const used = await this.keys.find(manager, { tenant, kind }, claim);
    if (!used) return null;
    const row = await manager.findOneBy<ExperimentRow>('experiment', { tenant, kind, id: used.subjectId });
    if (!row) throw wasDeleted(used);
    return row;
  }

  find(tenant: string, kind: ExperimentKind, id: string): Promise<ExperimentRow | null> {
    return this.dataSource.manager.findOneBy<ExperimentRow>('experiment', { tenant, kind, id });
  }

  /** In their order. */
  cells(tenant: string, experimentId: string): Promise<ExperimentCellRow[]> {
    const { manager } = this.dataSource;
    return manager.find<ExperimentCellRow>('experiment_cell', {
      where: { tenant, experimentId },
      order: { cell: 'ASC' },
    });
  }

  /** What has come of those trials of which anything has, in their order. */
  async results(tenant: string, experimentId: string): Promise<Pick<TrialRow, 'cell' | 'result'>[]> {
    return this.dataSource.manager.find<TrialRow>('trial', {
      select: { id: true, cell: true, result: true },
      where: { tenant, experimentId },
      order: { id: 'ASC' },
    });
  }

  /** Whether what has come of its runs may still change. */
  hasOpenTrials(experimentId: string): Promise<boolean> {
    return this.dataSource.manager.existsBy<TrialRow>('trial', { experimentId, status: In(['queued', 'running']) });
  }

  /** How far it is, 0..1, with what is under way. */
  async progress({ id, runs }: Pick<ExperimentRow, 'id' | 'runs'>): Promise<number> {
    const answer = await this.dataSource.manager
      .createQueryBuilder<TrialRow>('trial', 't')
      .select('SUM(t.seeds * t.progress)', 'done')
      .where('t.experimentId = :id', { id })
      .getRawOne<{ done: number | null }>();
    return Math.min(1, Number(answer?.done ?? 0) / runs);
  }

  /** Of all tenants. */
  async countByStatus(kind: ExperimentKind): Promise<Record<string, number>> {
    const rows = await this.dataSource.manager
      .createQueryBuilder<ExperimentRow>('experiment', 'e')
      .select('e.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .where('e.kind = :kind', { kind })
      .groupBy('e.status')
      .getRawMany<{ status: string; count: string | number }>();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** Newest first, from after `position` on. */
  list(
    tenant: string,
    kind: ExperimentKind,
    filter: { status?: SimulationStatus | undefined },
    position: Position | null,
    limit: number,
  ): Promise<ExperimentRow[]> {
    const query = this.dataSource.manager.createQueryBuilder<ExperimentRow>('experiment', 'e');
    query.where('e.tenant = :tenant AND e.kind = :kind', { tenant, kind });
    if (filter.status !== undefined) query.andWhere('e.status = :status', { status: filter.status });
    return newestFirst(query, position, limit).getMany();
  }

  /**
   * Cancels what waits, and asks the workers of what runs to stop: gives the ids of those trials. Null: there is nothing to
   * cancel any more. Trials before the experiment, in the order in which a trial's end locks them.
   */
  async cancel(tenant: string, kind: ExperimentKind, id: string): Promise<string[] | null> {
    const now = this.now();
    return this.dataSource.transaction(async (manager) => {
      if (!(await manager.existsBy<ExperimentRow>('experiment', { tenant, kind, id, status: In(OPEN) }))) return null;
      // One statement: a trial that is claimed or given back meanwhile is seen as what it is then.
      await manager.update<TrialRow>(
        'trial',
        { experimentId: id, status: In(OPEN) },
        { cancelRequested: true, status: () => `CASE WHEN "status" = 'queued' THEN 'cancelled' ELSE "status" END` },
      );
      const ended = await manager.update<ExperimentRow>(
        'experiment',
        { id, status: In(OPEN) },
        { status: 'cancelled', finishedAtMs: now },
      );
      if (ended.affected !== 1) return null;
      await announceExperiment(manager, await manager.findOneByOrFail<ExperimentRow>('experiment', { id }), now);
      const running = await manager.find<TrialRow>('trial', {
        select: { id: true },
        where: { experimentId: id, status: 'running' },
      });
      return running.map((trial) => trial.id);
    });
  }

  /** With all its trials, if it has ended. Returns whether there was one. */
  async deleteEnded(tenant: string, kind: ExperimentKind, id: string): Promise<boolean> {
    const where = { tenant, kind, id, status: Not(In(OPEN)) };
    const result = await this.dataSource.manager.delete<ExperimentRow>('experiment', where);
    return result.affected === 1;
  }
}

/** Sorts as `n` does: trials that came together are done in that order. */
function trialId(experimentId: string, n: number): string {
  return `${experimentId}.${String(n).padStart(6, '0')}`;
}

const EMPTY_ROW = {
  status: 'queued',
  startedAtMs: null,
  finishedAtMs: null,
  runsDone: 0,
  runsFailed: 0,
  modelVersion: null,
  traceparent: null,
  tracestate: null,
} as const;

const EMPTY_TRIAL = {
  status: 'queued',
  progress: 0,
  attempt: 0,
  leaseToken: null,
  leaseUntilMs: null,
  cancelRequested: false,
  result: null,
} as const;
