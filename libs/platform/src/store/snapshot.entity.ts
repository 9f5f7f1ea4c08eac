import { EntitySchema } from 'typeorm';
import { label, tenantColumn } from './columns.js';

/** A normalised scenario, kept once for all simulations of a tenant that run it, whatever becomes of the stored scenario. */
export interface SnapshotRow {
  tenant: string;
  digest: string;
  /** The normalised scenario as JSON. */
  scenario: string;
}

export const snapshotEntity = new EntitySchema<SnapshotRow>({
  name: 'scenario_snapshot',
  tableName: 'scenario_snapshots',
  columns: {
    tenant: tenantColumn({ primary: true, primaryKeyConstraintName: 'pk_scenario_snapshots' }),
    digest: { ...label({ length: 64 }), primary: true, primaryKeyConstraintName: 'pk_scenario_snapshots' },
    scenario: { type: 'text' },
  },
});
