/**
 * The rows of one table as jobs: claimed with a lease, renewed, given back, written under the lease. Every kind of job has
 * such a table, and a queue of its own.
 */
import type { DataSource, EntityManager, FindOptionsWhere, QueryDeepPartialEntity } from 'typeorm';
import type { Backlog, JobRows, Lease, LeaseState } from '../queue/job-queue.js';
import { dialectOf } from './data-source.js';
import { leaseToken } from './ids.js';
import type { LeasedRow } from './leased-row.js';
import { oneByOne } from './one-by-one.js';

export interface LeasedTable<Row extends LeasedRow> {
  /** Name of the entity. */
  entity: string;
  /** Rows have a `dueAtMs`: they are not to be had before, and then in that order. */
  due?: boolean;
  /** What `claimable` and `turn` look at beside the row: in SQL, read once for a claim and not once for every row. */
  beside?: string;
  /** What else must hold of a row that waits, in SQL; `:now` is there. */
  claimable?: string;
  /** Which of those that may be claimed come first, in SQL that need not look at all of them; the others where these are taken. */
  first?: string;
  /** Whose turn it is before that of others, in SQL: goes before the order in which they came. */
  turn?: string;
  /** What else a claim sets, in SQL; `:now` is there. */
  atClaim?: string;
  /** What else a row is set to that is given back. */
  atReturn?: Partial<Row>;
}

/** `beside` of a table whose rows have a tenant: how many of the tenant are under way. */
export function besideOfTenant(table: string, tenant = `"${table}"."tenant"`): string {
  return `LEFT JOIN (SELECT "tenant" AS "busyTenant", COUNT(*) AS "busy" FROM "${table}"
    WHERE "status" = 'running' GROUP BY "tenant") AS "others" ON "busyTenant" = ${tenant}`;
}
export const BUSY_OF_TENANT = 'COALESCE("busy", 0)';

/** The lease was taken over or the row is gone: whoever holds the token has nothing more to say. */
export class LeaseLost extends Error {
  constructor(kind: string, lease: Lease) {
    super(`the lease on ${kind} ${lease.id} is lost`);
  }
}

export class LeasedRows<Row extends LeasedRow> implements JobRows {
  private readonly skipLocked: string;
  private readonly tableName: string;
  /** Its time has come. */
  private readonly isDue: string;
  /** And nothing else forbids to claim it. */
  private readonly isWaiting: string;
  private readonly order: string;

  constructor(
    protected readonly dataSource: DataSource,
    private readonly table: LeasedTable<Row>,
    protected readonly now: () => number = Date.now,
  ) {
    this.tableName = `"${dataSource.getMetadata(table.entity).tableName}"`;
    this.skipLocked = dialectOf(dataSource) === 'postgres' ? `FOR UPDATE OF ${this.tableName} SKIP LOCKED` : '';
    this.isDue = [`"status" = 'queued'`, ...(table.due ? ['"dueAtMs" <= :now'] : [])].join(' AND ');
    this.isWaiting = [this.isDue, ...(table.claimable ? [table.claimable] : [])].join(' AND ');
    const turn = table.turn ? `${table.turn}, ` : '';
    this.order = `${turn}${table.due ? '"dueAtMs"' : '"createdAtMs"'}, "id"`;
  }

  async claim(leaseMs: number): Promise<Lease | null> {
    const now = this.now();
    const [statement, parameters] = this.dataSource.driver.escapeQueryWithParameters(this.claimStatement(), {
      token: leaseToken(),
      now,
      until: now + leaseMs,
    });
    const answer = await this.query(statement, parameters);
    // The drivers differ in what they give back for UPDATE … RETURNING: rows, or rows and their number.
    const rows = (this.skipLocked ? answer[0] : answer) as LeasedRow[];
    const row = rows[0];
    if (!row) return null;
    return { id: row.id, token: row.leaseToken!, attempt: row.attempt, cancelRequested: Boolean(row.cancelRequested) };
  }

  /** Where it counts those that are claimed, whoever claims at the same moment comes after it. */
  private query(statement: string, parameters: unknown[]): Promise<unknown[]> {
    if (!this.skipLocked || !this.table.claimable) return this.dataSource.query(statement, parameters);
    return this.dataSource.transaction(async (manager) => {
      await oneByOne(manager, 'claims in', this.tableName);
      return manager.query(statement, parameters);
    });
  }

  /** Jobs whose worker has died come first, then those that wait, in their order. */
  private claimStatement(): string {
    const from = `${this.tableName} ${this.table.beside ?? ''}`;
    const first = (condition: string) =>
      `(SELECT "id" FROM ${from} WHERE ${condition} ORDER BY ${this.order} LIMIT 1 ${this.skipLocked})`;
    const { isWaiting } = this;
    const waiting = this.table.first ? [`${isWaiting} AND ${this.table.first}`, isWaiting] : [isWaiting];
    const more = this.table.atClaim ? `, ${this.table.atClaim}` : '';
    return `UPDATE ${this.tableName}
      SET "status" = 'running', "leaseToken" = :token, "leaseUntilMs" = :until, "attempt" = "attempt" + 1${more}
      WHERE "id" = COALESCE(${first(`"status" = 'running' AND "leaseUntilMs" < :now`)},
                            ${waiting.map(first).join(', ')})
      RETURNING "id", "leaseToken", "attempt", "cancelRequested"`;
  }

  /** What may not be claimed yet, as others of its kind are under way, waits too. */
  async backlog(): Promise<Backlog> {
    const waits = `(("status" = 'running' AND "leaseUntilMs" < :now) OR (${this.isDue}))`;
    const since = this.table.due ? '"dueAtMs"' : '"createdAtMs"';
    const [statement, parameters] = this.dataSource.driver.escapeQueryWithParameters(
      `SELECT SUM(CASE WHEN ${waits} THEN 1 ELSE 0 END) AS "waiting",
              SUM(CASE WHEN "status" = 'running' AND "leaseUntilMs" >= :now THEN 1 ELSE 0 END) AS "running",
              MIN(CASE WHEN ${waits} THEN ${since} END) AS "since"
        FROM ${this.tableName} WHERE "status" IN ('queued', 'running')`,
      { now: this.now() },
    );
    const [row] = (await this.dataSource.query(statement, parameters)) as Record<string, string | number | null>[];
    const { waiting, running, since: sinceMs } = row!;
    const oldestMs = sinceMs === null ? 0 : Math.max(0, this.now() - Number(sinceMs));
    return { waiting: Number(waiting), running: Number(running), oldestMs };
  }

  async renew(lease: Lease, leaseMs: number): Promise<LeaseState> {
    const held = await this.writeUnderLease(this.dataSource.manager, lease, {
      leaseUntilMs: this.now() + leaseMs,
    } as Partial<Row>);
    if (!held) return 'lost';
    const row = await this.dataSource.manager.findOne<LeasedRow>(this.table.entity, {
      where: { id: lease.id },
      select: { cancelRequested: true },
    });
    return row?.cancelRequested ? 'cancel-requested' : 'held';
  }

  async giveBack(lease: Lease): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, {
      ...this.table.atReturn,
      status: 'queued',
      leaseToken: null,
      leaseUntilMs: null,
      attempt: lease.attempt - 1,
    } as Partial<Row>);
  }

  /** Returns whether the lease still held; if not, nothing was written. */
  async writeUnderLease(manager: EntityManager, lease: Lease, values: Partial<Row>): Promise<boolean> {
    const held = { id: lease.id, leaseToken: lease.token, status: 'running' } as FindOptionsWhere<Row>;
    const result = await manager.update<Row>(this.table.entity, held, values as QueryDeepPartialEntity<Row>);
    return result.affected === 1;
  }

  /** Throws LeaseLost, which rolls the transaction of `manager` back. */
  async mustHold(manager: EntityManager, lease: Lease, values: Partial<Row>): Promise<void> {
    if (!(await this.writeUnderLease(manager, lease, values))) throw new LeaseLost(this.table.entity, lease);
  }
}
