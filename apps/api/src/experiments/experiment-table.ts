/** The answer that an experiment is, from what is stored of its runs: parsing and statistics, which many runs make long. */
import type { z } from 'zod';
import type { ExperimentCellRow, RunOutcome, TrialRow } from '#platform';
import { experimentCsv, experimentText } from '#report';
import { type CellRun, experimentTable, FIGURES } from '#sim';
import { runFailure } from '../simulations/run-failure.js';
import type { Experiment, ExperimentOutline } from './experiment-shapes.js';

export type ExperimentFormat = 'json' | 'text' | 'csv';

export interface ExperimentSources {
  outline: z.infer<typeof ExperimentOutline>;
  /** Their names, in the order in which runs have them. */
  figures: string[];
  cells: Pick<ExperimentCellRow, 'name' | 'settings' | 'digest' | 'warnings'>[];
  trials: Pick<TrialRow, 'cell' | 'result'>[];
}

export function renderExperiment(format: ExperimentFormat, sources: ExperimentSources): string {
  const experiment = experimentOf(sources);
  if (format === 'json') return JSON.stringify(experiment);
  return format === 'csv' ? experimentCsv(experiment) : experimentText(experiment);
}

function experimentOf({ outline, figures: names, cells, trials }: ExperimentSources): Experiment {
  const outcomes = trials.flatMap(({ cell, result }) =>
    (JSON.parse(result ?? '[]') as RunOutcome[]).map((outcome) => ({ cell, ...outcome })),
  );
  const runs = outcomes.map((outcome): CellRun => {
    const { cell, seed } = outcome;
    return { cell, seed, figures: 'figures' in outcome ? outcome.figures : null };
  });
  const table = experimentTable(cells.length, names, runs);
  const sum = (of: 'done' | 'failed') => table.reduce((total, cell) => total + cell[of], 0);
  return {
    ...outline,
    // Trials under way have runs that have ended, which the outline does not count yet.
    runs: { total: outline.runs.total, done: sum('done'), failed: sum('failed') },
    figures: names.map((name) => ({ name, ...FIGURES.get(name)! })),
    cells: cells.map(({ name, settings, digest, warnings }, cell) => ({
      ...{ name, digest, settings: JSON.parse(settings), warnings: JSON.parse(warnings) },
      runs: { done: table[cell]!.done, failed: table[cell]!.failed },
      failures: failuresOf(outcomes.filter((outcome) => outcome.cell === cell)),
      figures: table[cell]!.figures,
    })),
  };
}

const MOST_SEEDS_NAMED = 5;

/** Messages differ in the seed that they name; the first stands for its code. */
function failuresOf(outcomes: readonly RunOutcome[]): Experiment['cells'][number]['failures'] {
  const byCode = new Map<string, Experiment['cells'][number]['failures'][number]>();
  for (const outcome of outcomes) {
    if (!('error' in outcome)) continue;
    const { code, message } = outcome.error;
    const failure = byCode.get(code) ?? { ...runFailure(code, message), seeds: [], count: 0 };
    byCode.set(code, failure);
    failure.count++;
    if (failure.seeds.length < MOST_SEEDS_NAMED) failure.seeds.push(outcome.seed);
  }
  return [...byCode.values()];
}
