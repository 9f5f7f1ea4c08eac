import { EntitySchema } from 'typeorm';
import { label, tenantColumn, whole } from './columns.js';

/** A scenario as it was sent: its document, which is parsed anew whenever it is used. */
export interface ScenarioRow {
  id: string;
  tenant: string;
  name: string;
  /** 1 when stored, then one more with each replacement. */
  revision: number;
  /** SHA-256 of the normalised scenario: equal for documents that mean the same. */
  digest: string;
  /** The document as JSON. */
  document: string;
  createdAtMs: number;
  updatedAtMs: number;
}

export const scenarioEntity = new EntitySchema<ScenarioRow>({
  name: 'scenario',
  tableName: 'scenarios',
  columns: {
    id: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_scenarios' },
    tenant: tenantColumn(),
    name: { type: 'text' },
    revision: { type: 'integer' },
    digest: label({ length: 64 }),
    document: { type: 'text' },
    createdAtMs: whole(),
    updatedAtMs: whole(),
  },
  indices: [{ name: 'ix_scenarios_created', columns: ['tenant', 'createdAtMs', 'id'] }],
});
