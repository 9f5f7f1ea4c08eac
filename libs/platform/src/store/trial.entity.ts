import { EntitySchema } from 'typeorm';
import { label, whole } from './columns.js';
import type { LeasedRow } from './leased-row.js';

/** A piece of an experiment for one worker: runs of one cell with seeds that follow one another. */
export interface TrialRow extends LeasedRow {
  tenant: string;
  experimentId: string;
  cell: number;
  seed: number;
  seeds: number;
  status: 'queued' | 'running' | 'succeeded' | 'cancelled';
  /** 0..1. */
  progress: number;
  /** RunOutcome[] as JSON: of those runs that have ended, also while others of the trial run; null before. */
  result: string | null;
}

/** How one run ended. `figures`: in the order in which the experiment asks for them. `comparison`: of a comparison. */
export type RunOutcome = { seed: number } & (
  | { fingerprint: string; figures: (number | null)[] }
  | { comparison: unknown }
  | { error: { code: string; message: string } }
);

export const trialEntity = new EntitySchema<TrialRow>({
  name: 'trial',
  tableName: 'trials',
  columns: {
    id: { ...label({ length: 48 }), primary: true, primaryKeyConstraintName: 'pk_trials' },
    tenant: label({ length: 64 }),
    experimentId: label({ length: 36 }),
    cell: { type: 'integer' },
    seed: whole(),
    seeds: { type: 'integer' },
    status: label({ length: 16 }),
    createdAtMs: whole(),
    progress: { type: 'double precision' },
    attempt: { type: 'integer' },
    leaseToken: label({ length: 36, nullable: true }),
    leaseUntilMs: whole({ nullable: true }),
    cancelRequested: { type: 'boolean' },
    result: { type: 'text', nullable: true },
  },
  indices: [
    { name: 'ix_trials_status', columns: ['status', 'createdAtMs'] },
    { name: 'ix_trials_experiment', columns: ['experimentId', 'status'] },
  ],
  foreignKeys: [
    {
      name: 'fk_trials_experiment',
      target: 'experiment',
      columnNames: ['experimentId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
