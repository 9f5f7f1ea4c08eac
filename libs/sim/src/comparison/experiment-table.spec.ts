import { describe, expect, it } from 'vitest';
import { type CellRun, experimentTable } from './experiment-table.js';

const SEEDS = 12;
/** Cell 1 is 5 more than cell 0 with the same dice, cell 2 is the same, cell 3 has failed. */
const runs: CellRun[] = Array.from({ length: SEEDS }, (_, seed) => {
  const chance = (seed * 7919) % 13;
  return [
    { cell: 0, seed, figures: [chance, 1] },
    { cell: 1, seed, figures: [chance + 5 + (seed % 3) / 10, 1] },
    { cell: 2, seed, figures: [chance, 1] },
    { cell: 3, seed, figures: null },
  ];
}).flat();

describe('the table of an experiment', () => {
  it('says of each cell what its figures are, and which differ from the baseline', () => {
    const [base, more, same, failed] = experimentTable(4, ['lost', 'ok'], runs);
    expect(base).toMatchObject({ done: SEEDS, failed: 0, figures: { lost: { n: SEEDS, differs: null } } });
    expect(more!.figures.lost!.differs).toMatchObject({ pairs: SEEDS, real: true });
    expect(more!.figures.lost!.differs!.mean).toBeCloseTo(5.1, 10);
    expect(more!.figures.ok!.differs).toMatchObject({ mean: 0, p: 1, real: false });
    expect(same!.figures.lost!.differs).toMatchObject({ mean: 0, real: false });
    expect(failed).toMatchObject({ done: 0, failed: SEEDS, figures: { lost: { n: 0, mean: null } } });
    expect(failed!.figures.lost!.differs).toMatchObject({ pairs: 0, p: null, pAdjusted: null, real: false });
  });

  it('does not depend on the order in which runs end', () => {
    const shuffled = [...runs].sort((a, b) => ((a.seed * 31 + a.cell * 17) % 11) - ((b.seed * 31 + b.cell * 17) % 11));
    const rounded = (list: CellRun[]) =>
      JSON.parse(JSON.stringify(experimentTable(4, ['lost', 'ok'], list)), (_key, value: unknown) =>
        typeof value === 'number' ? Number(value.toPrecision(12)) : value,
      ) as unknown;
    expect(rounded(shuffled)).toEqual(rounded(runs));
  });

  it('pairs what is there while it runs', () => {
    const partial = runs.filter(({ cell, seed }) => cell === 0 || (cell === 1 && seed < 3));
    const [, more] = experimentTable(4, ['lost', 'ok'], partial);
    expect(more!.figures.lost).toMatchObject({ n: 3, differs: { pairs: 3, real: false } });
  });
});
