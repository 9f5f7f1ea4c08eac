import { EntitySchema } from 'typeorm';
import { label, tenantColumn, whole } from './columns.js';

export const SIMULATION_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type SimulationStatus = (typeof SIMULATION_STATUSES)[number];

/** One run of one scenario: the job, its lease and its small results. The row is the truth; a queue only points to it. */
export interface SimulationRow {
  id: string;
  tenant: string;
  status: SimulationStatus;
  /** Of the scenario. */
  name: string;
  /** Where the scenario came from; both null: it was in the request. */
  scenarioId: string | null;
  preset: string | null;
  /** Of the scenario that is run: a `scenario_snapshots` row. */
  digest: string;
  seed: number;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  /** 0..1. */
  progress: number;
  /** How many times a worker has taken it. */
  attempt: number;
  leaseToken: string | null;
  leaseUntilMs: number | null;
  cancelRequested: boolean;
  /** What of the scenario may not be as it was meant: issues as JSON; null of what was accepted before they were kept. */
  warnings: string | null;
  /** The trace context (W3C) of the request that made it. */
  traceparent: string | null;
  tracestate: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** From here on: set when it has succeeded. */
  modelVersion: string | null;
  fingerprint: string | null;
  requests: number | null;
  /** RunSummary and ExpectationResult[] as JSON. */
  summary: string | null;
  expectations: string | null;
}

export const simulationEntity = new EntitySchema<SimulationRow>({
  name: 'simulation',
  tableName: 'simulations',
  columns: {
    id: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_simulations' },
    tenant: tenantColumn(),
    status: label({ length: 16 }),
    name: { type: 'text' },
    scenarioId: label({ length: 36, nullable: true }),
    preset: label({ nullable: true }),
    digest: label({ length: 64 }),
    seed: whole(),
    createdAtMs: whole(),
    startedAtMs: whole({ nullable: true }),
    finishedAtMs: whole({ nullable: true }),
    progress: { type: 'double precision' },
    attempt: { type: 'integer' },
    leaseToken: label({ length: 36, nullable: true }),
    leaseUntilMs: whole({ nullable: true }),
    cancelRequested: { type: 'boolean' },
    warnings: { type: 'text', nullable: true },
    traceparent: label({ length: 64, nullable: true }),
    tracestate: label({ length: 512, nullable: true }),
    errorCode: label({ length: 64, nullable: true }),
    errorMessage: { type: 'text', nullable: true },
    modelVersion: label({ length: 64, nullable: true }),
    fingerprint: label({ length: 16, nullable: true }),
    requests: whole({ nullable: true }),
    summary: { type: 'text', nullable: true },
    expectations: { type: 'text', nullable: true },
  },
  indices: [
    { name: 'ix_simulations_status', columns: ['status', 'createdAtMs'] },
    { name: 'ix_simulations_created', columns: ['tenant', 'createdAtMs', 'id'] },
    { name: 'ix_simulations_digest', columns: ['tenant', 'digest'] },
    {
      name: 'ix_simulations_waiting',
      columns: ['tenant', 'createdAtMs', 'id'],
      where: `"status" = 'queued'`,
    },
    { name: 'ix_simulations_tenant_status', columns: ['tenant', 'status', 'createdAtMs'] },
  ],
  foreignKeys: [
    {
      name: 'fk_simulations_snapshot',
      target: 'scenario_snapshot',
      columnNames: ['tenant', 'digest'],
      referencedColumnNames: ['tenant', 'digest'],
    },
  ],
});
