import { EntitySchema } from 'typeorm';
import { label } from './columns.js';

/** A normalised scenario, kept once for all simulations that run it, whatever becomes of the stored scenario. */
export interface SnapshotRow {
  digest: string;
  /** The normalised scenario as JSON. */
  scenario: string;
}

export const snapshotEntity = new EntitySchema<SnapshotRow>({
  name: 'scenario_snapshot',
  tableName: 'scenario_snapshots',
  columns: {
    digest: { ...label({ length: 64 }), primary: true, primaryKeyConstraintName: 'pk_scenario_snapshots' },
    scenario: { type: 'text' },
  },
});
