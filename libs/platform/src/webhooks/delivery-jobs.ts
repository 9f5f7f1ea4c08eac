/** Deliveries as jobs. */
import type { DataSource } from 'typeorm';
import { LeasedRows } from '../store/leased-rows.js';
import type { DeliveryRow } from './delivery.entity.js';

/** So many attempts may be under way to one webhook: a receiver that is slow holds up its own deliveries, not others'. */
export const AT_ONCE = 4;

const BUSY = `SELECT "webhookId" FROM "webhook_deliveries"
  WHERE "status" = 'running' AND "leaseUntilMs" >= :now GROUP BY "webhookId" HAVING COUNT(*) >= ${AT_ONCE}`;

export class DeliveryJobs extends LeasedRows<DeliveryRow> {
  constructor(dataSource: DataSource, now?: () => number) {
    super(dataSource, { entity: 'webhook_delivery', due: true, claimable: `"webhookId" NOT IN (${BUSY})` }, now);
  }
}
