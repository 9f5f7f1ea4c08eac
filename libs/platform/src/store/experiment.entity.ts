import { EntitySchema } from 'typeorm';
import { label, whole } from './columns.js';
import type { SimulationStatus } from './simulation.entity.js';

/** `comparison`: one trial that runs all cells with one seed and joins their requests. */
export const EXPERIMENT_KINDS = ['experiment', 'comparison'] as const;
export type ExperimentKind = (typeof EXPERIMENT_KINDS)[number];

/** Cells of a grid, each run with the same seeds. The rows of its trials are the truth; this one adds them up. */
export interface ExperimentRow {
  id: string;
  tenant: string;
  kind: ExperimentKind;
  /** `failed`: not one run has come to its end. */
  status: SimulationStatus;
  /** Of the scenario. */
  name: string;
  scenarioId: string | null;
  preset: string | null;
  /** The first of `seeds` that follow one another. */
  seed: number;
  seeds: number;
  /** What was asked for, as JSON: of an experiment its figures, of a comparison how many requests to show. */
  settings: string;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  /** In all, and how many have ended, and how many of these have failed. */
  runs: number;
  runsDone: number;
  runsFailed: number;
  /** Trials that have not ended. */
  openTrials: number;
  modelVersion: string | null;
  /** The trace context (W3C) of the request that made it. */
  traceparent: string | null;
  tracestate: string | null;
}

export const experimentEntity = new EntitySchema<ExperimentRow>({
  name: 'experiment',
  tableName: 'experiments',
  columns: {
    id: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_experiments' },
    tenant: label({ length: 64 }),
    kind: label({ length: 16 }),
    status: label({ length: 16 }),
    name: { type: 'text' },
    scenarioId: label({ length: 36, nullable: true }),
    preset: label({ nullable: true }),
    seed: whole(),
    seeds: { type: 'integer' },
    settings: { type: 'text' },
    createdAtMs: whole(),
    startedAtMs: whole({ nullable: true }),
    finishedAtMs: whole({ nullable: true }),
    runs: { type: 'integer' },
    runsDone: { type: 'integer' },
    runsFailed: { type: 'integer' },
    openTrials: { type: 'integer' },
    modelVersion: label({ length: 64, nullable: true }),
    traceparent: label({ length: 64, nullable: true }),
    tracestate: label({ length: 512, nullable: true }),
  },
  indices: [
    { name: 'ix_experiments_created', columns: ['tenant', 'kind', 'createdAtMs', 'id'] },
    { name: 'ix_experiments_open', columns: ['createdAtMs', 'id'], where: '"finishedAtMs" IS NULL' },
  ],
});

/** One cell of the grid: a scenario of its own. */
export interface ExperimentCellRow {
  experimentId: string;
  /** 0 is the baseline. */
  cell: number;
  tenant: string;
  name: string;
  /** What it sets, by the name of the varied field; as JSON. */
  settings: string;
  /** Of a `scenario_snapshots` row. */
  digest: string;
  /** Issues as JSON; of cells after the first those that the first has not. */
  warnings: string;
}

export const experimentCellEntity = new EntitySchema<ExperimentCellRow>({
  name: 'experiment_cell',
  tableName: 'experiment_cells',
  columns: {
    experimentId: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_experiment_cells' },
    cell: { type: 'integer', primary: true, primaryKeyConstraintName: 'pk_experiment_cells' },
    tenant: label({ length: 64 }),
    name: { type: 'text' },
    settings: { type: 'text' },
    digest: label({ length: 64 }),
    warnings: { type: 'text' },
  },
  indices: [{ name: 'ix_experiment_cells_digest', columns: ['tenant', 'digest'] }],
  foreignKeys: [
    {
      name: 'fk_experiment_cells_experiment',
      target: 'experiment',
      columnNames: ['experimentId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
    {
      name: 'fk_experiment_cells_snapshot',
      target: 'scenario_snapshot',
      columnNames: ['tenant', 'digest'],
      referencedColumnNames: ['tenant', 'digest'],
    },
  ],
});
