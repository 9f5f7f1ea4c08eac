/** Simulations as the API sees them: accepted, listed, cancelled, deleted. A tenant sees its own. */
import { type DataSource, type EntityManager, In, Not } from 'typeorm';
import { AppError } from '../errors.js';
import type { Lease } from '../queue/job-queue.js';
import type { TraceContext } from '../telemetry/trace-context.js';
import { announceSimulation } from '../webhooks/simulation-event.js';
import { attachCall, type PreparedCall } from '../webhooks/webhook.store.js';
import { tryAgain } from './constraint.js';
import { type IdempotencyClaim, IdempotencyKeys, wasDeleted } from './idempotency-keys.js';
import { timeOrderedId } from './ids.js';
import { newestFirst, type Position } from './newest-first.js';
import { oneByOne } from './one-by-one.js';
import type { SimulationRow, SimulationStatus } from './simulation.entity.js';
import type { SnapshotRow } from './snapshot.entity.js';
import { keepSnapshots } from './snapshots.js';

export interface NewSimulation {
  /** Default: a time-ordered one. */
  id?: string;
  name: string;
  scenarioId: string | null;
  preset: string | null;
  digest: string;
  /** The normalised scenario as JSON. */
  scenario: string;
  seed: number;
  /** Whom to tell of its end, beside those who want to hear of all. */
  webhook?: PreparedCall;
  /** Issues as JSON. */
  warnings?: string;
  /** Of the request that makes it. */
  trace?: TraceContext | null;
}

export interface AcceptedSimulation {
  row: SimulationRow;
  /** An earlier request with the same Idempotency-Key has made it. */
  replayed: boolean;
  /** Who is told of its end because the request says so. */
  webhookId: string | null;
}

export type CancelOutcome = 'cancelled' | 'requested' | 'finished' | 'missing';

const KIND = 'simulation';

export class SimulationStore {
  private readonly keys: IdempotencyKeys;

  constructor(
    private readonly dataSource: DataSource,
    idempotencyMs: number,
    private readonly now: () => number = Date.now,
    private readonly mostUnfinished = Number.POSITIVE_INFINITY,
  ) {
    this.keys = new IdempotencyKeys(idempotencyMs, now);
  }

  /**
   * Stores a simulation as `queued`: with the commit it is accepted. A key that was used before gives the simulation of
   * then (`replayed`); AppError where it was used for something else, or where that simulation has been deleted, or
   * `quota-exceeded`.
   */
  async accept(
    tenant: string,
    simulation: NewSimulation,
    idempotency: IdempotencyClaim | null = null,
  ): Promise<AcceptedSimulation> {
    // Two requests with one key or one new digest may meet in the middle: the second finds the first when it tries again.
    return tryAgain(() =>
      this.dataSource.transaction((manager) => this.acceptOnce(manager, tenant, simulation, idempotency)),
    );
  }

  private async acceptOnce(
    manager: EntityManager,
    tenant: string,
    simulation: NewSimulation,
    idempotency: IdempotencyClaim | null,
  ): Promise<AcceptedSimulation> {
    const { scenario, webhook, id = timeOrderedId(this.now()), trace = null, ...columns } = simulation;
    await oneByOne(manager, 'simulations of', tenant);
    const earlier = idempotency && (await this.earlier(tenant, idempotency, manager));
    if (earlier) return earlier;
    await this.makeSureOfRoom(manager, tenant);
    await keepSnapshots(manager, tenant, [simulation]);
    const row: SimulationRow = { ...EMPTY_ROW, ...columns, ...trace, tenant, id, createdAtMs: this.now() };
    await manager.insert<SimulationRow>('simulation', row);
    if (webhook) await attachCall(manager, tenant, id, webhook);
    const webhookId = webhook?.webhookId ?? null;
    if (idempotency) await this.keys.use(manager, { tenant, kind: KIND }, idempotency, { subjectId: id, webhookId });
    return { row, replayed: false, webhookId };
  }

  private async makeSureOfRoom(manager: EntityManager, tenant: string): Promise<void> {
    const status = In<SimulationStatus>(['queued', 'running']);
    if ((await manager.countBy<SimulationRow>('simulation', { tenant, status })) < this.mostUnfinished) return;
    throw new AppError(
      'quota-exceeded',
      `${this.mostUnfinished} simulations wait or run already (MAX_UNFINISHED); try again when some have ended.`,
      { headers: { 'retry-after': '10' } },
    );
  }

  /** What an earlier request with this key has made; null: none has. AppErrors as of `accept`. */
  async earlier(
    tenant: string,
    claim: IdempotencyClaim,
    manager = this.dataSource.manager,
  ): Promise<AcceptedSimulation | null> {
    const used = await this.keys.find(manager, { tenant, kind: KIND }, claim);
    if (!used) return null;
    const row = await manager.findOneBy<SimulationRow>('simulation', { tenant, id: used.subjectId });
    if (!row) throw wasDeleted(used);
    return { row, replayed: true, webhookId: used.webhookId };
  }

  find(tenant: string, id: string): Promise<SimulationRow | null> {
    return this.dataSource.manager.findOneBy<SimulationRow>('simulation', { tenant, id });
  }

  /** Whosever it is: for the worker, to which a lease has named it. */
  findLeased({ id }: Pick<Lease, 'id'>): Promise<SimulationRow | null> {
    return this.dataSource.manager.findOneBy<SimulationRow>('simulation', { id });
  }

  /** Newest first, from after `position` on. */
  list(
    tenant: string,
    filter: { status?: SimulationStatus | undefined; scenarioId?: string | undefined },
    position: Position | null,
    limit: number,
  ): Promise<SimulationRow[]> {
    const query = this.dataSource.manager.createQueryBuilder<SimulationRow>('simulation', 's');
    query.where('s.tenant = :tenant', { tenant });
    if (filter.status !== undefined) query.andWhere('s.status = :status', { status: filter.status });
    if (filter.scenarioId !== undefined)
      query.andWhere('s.scenarioId = :scenarioId', { scenarioId: filter.scenarioId });
    return newestFirst(query, position, limit).getMany();
  }

  /** `requested`: it runs, and its worker will be told; `finished`: there is nothing to cancel any more. */
  async requestCancel(tenant: string, id: string): Promise<CancelOutcome> {
    if (await this.cancelWaiting(tenant, id)) return 'cancelled';
    const running = await this.dataSource.manager.update<SimulationRow>(
      'simulation',
      { tenant, id, status: 'running' },
      { cancelRequested: true },
    );
    if (running.affected === 1) return 'requested';
    return (await this.find(tenant, id)) ? 'finished' : 'missing';
  }

  private async cancelWaiting(tenant: string, id: string): Promise<boolean> {
    const waiting = { tenant, id, status: 'queued' } as const;
    const now = this.now();
    return this.dataSource.transaction(async (manager) => {
      const end = { status: 'cancelled', finishedAtMs: now } as const;
      const { affected } = await manager.update<SimulationRow>('simulation', waiting, end);
      if (affected === 1) await announceSimulation(manager, id, now);
      return affected === 1;
    });
  }

  /** With all its results. Returns whether there was one. */
  async delete(tenant: string, id: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const result = await manager.delete<SimulationRow>('simulation', { tenant, id });
      return result.affected === 1;
    });
  }

  /** The same, if it has ended; one that was given back meanwhile stays. */
  async deleteEnded(tenant: string, id: string): Promise<boolean> {
    const result = await this.dataSource.manager.delete<SimulationRow>('simulation', {
      tenant,
      id,
      status: Not(In<SimulationStatus>(['queued', 'running'])),
    });
    return result.affected === 1;
  }

  async scenario(tenant: string, digest: string): Promise<string | null> {
    const row = await this.dataSource.manager.findOneBy<SnapshotRow>('scenario_snapshot', { tenant, digest });
    return row?.scenario ?? null;
  }

  /** Of all tenants. */
  async countByStatus(): Promise<Record<string, number>> {
    const rows = await this.dataSource.manager
      .createQueryBuilder<SimulationRow>('simulation', 's')
      .select('s.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .groupBy('s.status')
      .getRawMany<{ status: string; count: string | number }>();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** Drops idempotency keys that are past their time, and snapshots that nothing runs any more. */
  async tidy(): Promise<void> {
    const { manager } = this.dataSource;
    await this.keys.tidy(manager);
    await manager
      .createQueryBuilder()
      .delete()
      .from('scenario_snapshot')
      .where(['simulations', 'experiment_cells'].map(isUsedNowhereIn).join(' AND '))
      .execute();
  }
}

const isUsedNowhereIn = (table: string) =>
  `NOT EXISTS (SELECT 1 FROM "${table}" AS u WHERE u."tenant" = "scenario_snapshots"."tenant" AND u."digest" = "scenario_snapshots"."digest")`;

const EMPTY_ROW: Omit<
  SimulationRow,
  'id' | 'tenant' | 'name' | 'scenarioId' | 'preset' | 'digest' | 'seed' | 'createdAtMs'
> = {
  status: 'queued',
  startedAtMs: null,
  finishedAtMs: null,
  progress: 0,
  attempt: 0,
  leaseToken: null,
  leaseUntilMs: null,
  cancelRequested: false,
  warnings: null,
  traceparent: null,
  tracestate: null,
  errorCode: null,
  errorMessage: null,
  modelVersion: null,
  fingerprint: null,
  requests: null,
  summary: null,
  expectations: null,
};
