/** Simulations as jobs. */
import type { DataSource } from 'typeorm';
import type { Lease } from '../queue/job-queue.js';
import { BUSY_OF_TENANT, besideOfTenant, LeasedRows } from './leased-rows.js';
import type { SimulationRow } from './simulation.entity.js';

const WAITING = `FROM "simulations" WHERE "status" = 'queued'`;

/**
 * In SQL: of those tenants that have something waiting the one of which the fewest run, and of several the one that has
 * waited for longest. Goes from tenant to tenant by the index `ix_simulations_waiting`, however many wait.
 */
const FAIREST = `(WITH RECURSIVE "waiting"("who") AS (
    SELECT MIN("tenant") ${WAITING}
    UNION ALL SELECT (SELECT MIN("tenant") ${WAITING} AND "tenant" > "who") FROM "waiting" WHERE "who" IS NOT NULL)
  SELECT "who" FROM "waiting" ${besideOfTenant('simulations', '"who"')} WHERE "who" IS NOT NULL
  ORDER BY ${BUSY_OF_TENANT}, (SELECT MIN("createdAtMs") ${WAITING} AND "tenant" = "who") LIMIT 1)`;

export class SimulationJobs extends LeasedRows<SimulationRow> {
  /** `mostOfTenant`: that run at a time; 0: any number. The next is of the tenant of which the fewest run. */
  constructor(dataSource: DataSource, now?: () => number, mostOfTenant = 0) {
    const table = {
      entity: 'simulation',
      beside: besideOfTenant('simulations'),
      ...(mostOfTenant > 0 ? { claimable: `${BUSY_OF_TENANT} < ${mostOfTenant}` } : {}),
      first: `"tenant" = ${FAIREST}`,
      atClaim: `"progress" = 0, "startedAtMs" = COALESCE("startedAtMs", :now)`,
      atReturn: { progress: 0 },
    };
    super(dataSource, table, now);
  }

  async saveProgress(lease: Lease, progress: number): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, { progress });
  }
}
