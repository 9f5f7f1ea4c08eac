/** Simulations as jobs. */
import type { DataSource } from 'typeorm';
import type { Lease } from '../queue/job-queue.js';
import { LeasedRows } from './leased-rows.js';
import type { SimulationRow } from './simulation.entity.js';

export class SimulationJobs extends LeasedRows<SimulationRow> {
  constructor(dataSource: DataSource, now?: () => number) {
    const table = {
      entity: 'simulation',
      atClaim: `"progress" = 0, "startedAtMs" = COALESCE("startedAtMs", :now)`,
      atReturn: { progress: 0 },
    };
    super(dataSource, table, now);
  }

  async saveProgress(lease: Lease, progress: number): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, { progress });
  }
}
