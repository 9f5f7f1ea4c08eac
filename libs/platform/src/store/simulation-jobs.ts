/** Simulations as jobs. */
import type { DataSource } from 'typeorm';
import type { Lease } from '../queue/job-queue.js';
import { LeasedRows } from './leased-rows.js';
import type { SimulationRow } from './simulation.entity.js';

const RUNNING_OF_TENANT = `(SELECT COUNT(*) FROM "simulations" AS "others"
  WHERE "others"."tenant" = "simulations"."tenant" AND "others"."status" = 'running')`;

export class SimulationJobs extends LeasedRows<SimulationRow> {
  /** `mostOfTenant`: that run at a time; 0: any number. */
  constructor(dataSource: DataSource, now?: () => number, mostOfTenant = 0) {
    const table = {
      entity: 'simulation',
      ...(mostOfTenant > 0 ? { claimable: `${RUNNING_OF_TENANT} < ${mostOfTenant}` } : {}),
      atClaim: `"progress" = 0, "startedAtMs" = COALESCE("startedAtMs", :now)`,
      atReturn: { progress: 0 },
    };
    super(dataSource, table, now);
  }

  async saveProgress(lease: Lease, progress: number): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, { progress });
  }
}
