/** Experiments as the API shows them. */
import { z } from 'zod';
import { type ExperimentRow, SIMULATION_STATUSES } from '#platform';
import { Issue } from '../http/problem.filter.js';
import { Count, Timestamp } from '../http/shapes.js';
import { RunFailure } from '../simulations/run-failure.js';

const Interval = z.object({ from: z.number(), to: z.number() }).nullable();
const Figure = z.number().nullable();

const Difference = z
  .object({
    pairs: Count.describe('Seeds of which both cells have the figure.'),
    mean: Figure.describe("This cell's value minus the baseline's, on the same dice."),
    ci95: Interval,
    p: Figure.describe('Of a paired t test, and never below 2^(1-pairs).'),
    pAdjusted: Figure.describe('The same, corrected after Holm for all differences of the table.'),
    real: z.boolean().describe('`pAdjusted` is below 0.05.'),
  })
  .meta({ id: 'FigureDifference' });

const CellFigure = z
  .object({
    n: Count.describe('Runs that have the figure.'),
    mean: Figure,
    sd: Figure,
    min: Figure,
    p10: Figure,
    p50: Figure,
    p90: Figure,
    max: Figure,
    ci95: Interval.describe('Of the mean.'),
    differs: Difference.nullable().describe('From the baseline; null for itself.'),
  })
  .meta({ id: 'CellFigure' });

const Runs = { done: Count, failed: Count };
const Cell = z
  .object({
    name: z.string(),
    settings: z.record(z.string(), z.unknown()).describe('What it sets, by field.'),
    digest: z.string().describe('Of its scenario.'),
    warnings: z.array(Issue).describe('Of cells after the first, what the first does not warn of.'),
    runs: z.object(Runs),
    failures: z
      .array(RunFailure.extend({ seeds: z.array(Count), count: Count }))
      .describe('Why runs have failed, each reason once with its first seeds.'),
    figures: z.record(z.string(), CellFigure),
  })
  .meta({ id: 'ExperimentCell' });

export const ExperimentOutline = z
  .object({
    id: z.string(),
    status: z.enum(SIMULATION_STATUSES).describe('`failed`: not one run has come to its end.'),
    progress: z.number().min(0).max(1),
    name: z.string().describe('Of the scenario.'),
    scenarioId: z.string().nullable(),
    preset: z.string().nullable(),
    seed: Count.describe('The first.'),
    seeds: Count,
    createdAt: Timestamp,
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    runs: z.object({ total: Count, ...Runs }),
    modelVersion: z.string().nullable(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'ExperimentOutline' });

export const Experiment = ExperimentOutline.extend({
  figures: z.array(z.object({ name: z.string(), unit: z.enum(['share', 'count', 'us', 's']), text: z.string() })),
  cells: z.array(Cell).describe('The first is the baseline. Of the runs that have ended.'),
}).meta({ id: 'Experiment' });
export type Experiment = z.infer<typeof Experiment>;

export const ExperimentPage = z
  .object({ items: z.array(ExperimentOutline), next: z.string().nullable().describe('The cursor of the next page.') })
  .meta({ id: 'ExperimentPage' });

/** What experiments and comparisons have in common. */
export function outlineOf(row: ExperimentRow, progress: number): z.infer<typeof ExperimentOutline> {
  const self = `/v1/${row.kind}s/${row.id}`;
  return {
    id: row.id,
    status: row.status,
    progress,
    name: row.name,
    scenarioId: row.scenarioId,
    preset: row.preset,
    seed: row.seed,
    seeds: row.seeds,
    createdAt: new Date(row.createdAtMs).toISOString(),
    startedAt: timeOf(row.startedAtMs),
    finishedAt: timeOf(row.finishedAtMs),
    runs: { total: row.runs, done: row.runsDone - row.runsFailed, failed: row.runsFailed },
    modelVersion: row.modelVersion,
    links: { self, events: `${self}/events` },
  };
}

const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
