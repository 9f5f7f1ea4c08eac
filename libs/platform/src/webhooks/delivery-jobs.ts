/** Deliveries as jobs. */
import type { DataSource } from 'typeorm';
import { LeasedRows } from '../store/leased-rows.js';
import type { DeliveryRow } from './delivery.entity.js';

/** So many attempts may be under way to one webhook: a receiver that is slow holds up its own deliveries, not others'. */
const AT_ONCE = 4;

/** Those webhooks or tenants that have as many attempts under way as they may. */
const busy = (column: 'webhookId' | 'tenant', most: number) => `SELECT "${column}" FROM "webhook_deliveries"
  WHERE "status" = 'running' AND "leaseUntilMs" >= :now GROUP BY "${column}" HAVING COUNT(*) >= ${most}`;

/** In SQL: its webhook may have one more. */
const WEBHOOK_IS_FREE = `"webhookId" NOT IN (${busy('webhookId', AT_ONCE)})`;

export class DeliveryJobs extends LeasedRows<DeliveryRow> {
  /** `mostOfTenant`: that are under way at a time, to however many webhooks; 0: any number. */
  constructor(dataSource: DataSource, now?: () => number, mostOfTenant = 0) {
    const tenantIsFree = mostOfTenant > 0 ? ` AND "tenant" NOT IN (${busy('tenant', mostOfTenant)})` : '';
    super(dataSource, { entity: 'webhook_delivery', due: true, claimable: `${WEBHOOK_IS_FREE}${tenantIsFree}` }, now);
  }
}
