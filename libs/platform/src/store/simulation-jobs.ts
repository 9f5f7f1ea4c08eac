/** Simulations as jobs: claimed with a lease, written under it. */
import type { DataSource, EntityManager } from 'typeorm';
import type { JobRows, Lease, LeaseState, WaitingJob } from '../queue/job-queue.js';
import { dialectOf } from './data-source.js';
import { leaseToken } from './ids.js';
import type { SimulationRow } from './simulation.entity.js';

/** The lease was taken over or the simulation is gone: whoever holds the token has nothing more to say. */
export class LeaseLost extends Error {
  constructor(lease: Lease) {
    super(`the lease on simulation ${lease.id} is lost`);
  }
}

export class SimulationJobs implements JobRows {
  private readonly skipLocked: string;

  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => number = Date.now,
  ) {
    this.skipLocked = dialectOf(dataSource) === 'postgres' ? 'FOR UPDATE SKIP LOCKED' : '';
  }

  async claim(leaseMs: number, id?: string): Promise<Lease | null> {
    const now = this.now();
    const [statement, parameters] = this.dataSource.driver.escapeQueryWithParameters(this.claimStatement(id), {
      id: id ?? '',
      token: leaseToken(),
      now,
      until: now + leaseMs,
    });
    const answer = await this.dataSource.query(statement, parameters);
    // The drivers differ in what they give back for UPDATE … RETURNING: rows, or rows and their number.
    const rows = (this.skipLocked ? answer[0] : answer) as SimulationRow[];
    const row = rows[0];
    if (!row) return null;
    return { id: row.id, token: row.leaseToken!, attempt: row.attempt, cancelRequested: Boolean(row.cancelRequested) };
  }

  /** Jobs whose worker has died come first, then those that wait, in the order of their arrival. */
  private claimStatement(id: string | undefined): string {
    const only = id === undefined ? '' : 'AND "id" = :id';
    const oldest = (condition: string) =>
      `(SELECT "id" FROM "simulations" WHERE ${condition} ${only} ORDER BY "createdAtMs", "id" LIMIT 1 ${this.skipLocked})`;
    return `UPDATE "simulations"
      SET "status" = 'running', "leaseToken" = :token, "leaseUntilMs" = :until, "attempt" = "attempt" + 1,
          "progress" = 0, "startedAtMs" = COALESCE("startedAtMs", :now)
      WHERE "id" = COALESCE(${oldest(`"status" = 'running' AND "leaseUntilMs" < :now`)},
                            ${oldest(`"status" = 'queued'`)})
      RETURNING "id", "leaseToken", "attempt", "cancelRequested"`;
  }

  async waiting(limit: number): Promise<WaitingJob[]> {
    const [statement, parameters] = this.dataSource.driver.escapeQueryWithParameters(
      `SELECT "id", "attempt" FROM "simulations"
        WHERE ("status" = 'running' AND "leaseUntilMs" < :now) OR "status" = 'queued'
        ORDER BY "status" DESC, "createdAtMs", "id" LIMIT :limit`,
      { now: this.now(), limit },
    );
    return this.dataSource.query(statement, parameters);
  }

  async renew(lease: Lease, leaseMs: number): Promise<LeaseState> {
    const held = await this.writeUnderLease(this.dataSource.manager, lease, { leaseUntilMs: this.now() + leaseMs });
    if (!held) return 'lost';
    const row = await this.dataSource.manager.findOne<SimulationRow>('simulation', {
      where: { id: lease.id },
      select: { cancelRequested: true },
    });
    return row?.cancelRequested ? 'cancel-requested' : 'held';
  }

  async giveBack(lease: Lease): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, {
      status: 'queued',
      leaseToken: null,
      leaseUntilMs: null,
      attempt: lease.attempt - 1,
      progress: 0,
    });
  }

  /** Returns whether the lease still held; if not, nothing was written. */
  async writeUnderLease(manager: EntityManager, lease: Lease, values: Partial<SimulationRow>): Promise<boolean> {
    const result = await manager.update<SimulationRow>(
      'simulation',
      { id: lease.id, leaseToken: lease.token, status: 'running' },
      values,
    );
    return result.affected === 1;
  }

  /** Throws LeaseLost, which rolls the transaction of `manager` back. */
  async mustHold(manager: EntityManager, lease: Lease, values: Partial<SimulationRow>): Promise<void> {
    if (!(await this.writeUnderLease(manager, lease, values))) throw new LeaseLost(lease);
  }

  async saveProgress(lease: Lease, progress: number): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, { progress });
  }
}
