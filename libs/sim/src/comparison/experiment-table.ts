/** An experiment's answer: each cell with its figures over the seeds, and which of them really differ from the baseline's. */
import { type Difference, holm, isReal, pairedDifference } from './paired.js';
import { type Sample, sampleOf } from './sample.js';

/** One run: a cell of the grid with one seed. `figures`: in the order in which they were asked for; null: it failed. */
export interface CellRun {
  cell: number;
  seed: number;
  figures: readonly (number | null)[] | null;
}

/** `differs`: null for the baseline itself. */
export type CellFigure = Sample & { differs: Difference | null };

export interface CellResult {
  done: number;
  failed: number;
  /** By name. */
  figures: Record<string, CellFigure>;
}

/** Cell 0 is the baseline. Of those runs that have ended. */
export function experimentTable(cells: number, figures: readonly string[], runs: readonly CellRun[]): CellResult[] {
  const seeds = new Map([...new Set(runs.map(({ seed }) => seed))].map((seed, at) => [seed, at]));
  const values = Array.from({ length: cells }, () =>
    figures.map(() => Array.from({ length: seeds.size }, (): number | null => null)),
  );
  const counts = Array.from({ length: cells }, () => ({ done: 0, failed: 0 }));
  for (const { cell, seed, figures: measured } of runs) {
    if (measured === null) counts[cell]!.failed++;
    else counts[cell]!.done++;
    for (const [figure, value] of measured?.entries() ?? []) values[cell]![figure]![seeds.get(seed)!] = value;
  }
  const differences = values.slice(1).map((cell) => cell.map((column, f) => pairedDifference(values[0]![f]!, column)));
  const adjusted = holm(differences.flat().map(({ p }) => p));
  const differs = (cell: number, f: number): Difference | null => {
    if (cell === 0) return null;
    const pAdjusted = adjusted[(cell - 1) * figures.length + f] ?? null;
    return { ...differences[cell - 1]![f]!, pAdjusted, real: isReal(pAdjusted) };
  };
  return values.map((columns, cell) => ({
    ...counts[cell]!,
    figures: Object.fromEntries(
      columns.map((column, f) => {
        const sample = sampleOf(column.filter((value) => value !== null));
        return [figures[f]!, { ...sample, differs: differs(cell, f) }];
      }),
    ),
  }));
}
