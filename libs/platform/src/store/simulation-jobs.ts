/** Simulations as jobs. */
import type { DataSource } from 'typeorm';
import type { Lease } from '../queue/job-queue.js';
import { BUSY_OF_TENANT, besideOfTenant, LeasedRows } from './leased-rows.js';
import type { SimulationRow } from './simulation.entity.js';

export class SimulationJobs extends LeasedRows<SimulationRow> {
  /** `mostOfTenant`: that run at a time; 0: any number. The next is of the tenant of which the fewest run. */
  constructor(dataSource: DataSource, now?: () => number, mostOfTenant = 0) {
    const table = {
      entity: 'simulation',
      beside: besideOfTenant('simulations'),
      ...(mostOfTenant > 0 ? { claimable: `${BUSY_OF_TENANT} < ${mostOfTenant}` } : {}),
      turn: BUSY_OF_TENANT,
      atClaim: `"progress" = 0, "startedAtMs" = COALESCE("startedAtMs", :now)`,
      atReturn: { progress: 0 },
    };
    super(dataSource, table, now);
  }

  async saveProgress(lease: Lease, progress: number): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, { progress });
  }
}
