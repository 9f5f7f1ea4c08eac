import { describe, expect, it } from 'vitest';
import { experimentTable } from '#sim';
import { experimentText } from './experiment-text.js';

const FIGURE = experimentTable(1, ['ok'], [{ cell: 0, seed: 1, figures: [1] }])[0]!.figures.ok!;

/** Two cells, of which the second loses ten more, with every seed. */
function textWith(seeds: number): string {
  const runs = [0, 1].flatMap((cell) =>
    Array.from({ length: seeds }, (_, seed) => ({ cell, seed, figures: [seed + cell * 10] })),
  );
  const cells = experimentTable(2, ['lost'], runs).map(({ figures }, cell) => ({
    ...{ name: `version=${cell}`, warnings: [], failures: [] },
    figures: figures,
  }));
  return experimentText({
    ...{ status: 'succeeded', seeds, cells },
    runs: { total: 2 * seeds, done: 2 * seeds, failed: 0 },
    figures: [{ name: 'lost', unit: 'count' }],
  });
}

describe('the table of an experiment', () => {
  it('tells of a mean what its interval tells', () => {
    const text = (mean: number, half: number) => {
      const cell = { figures: { ok: { ...FIGURE, mean, ci95: { from: mean - half, to: mean + half } } } };
      return experimentText({
        ...{ status: 'succeeded', seeds: 9, cells: [{ name: 'a', warnings: [], failures: [], ...cell }] },
        runs: { total: 9, done: 9, failed: 0 },
        figures: [{ name: 'ok', unit: 'share' }],
      });
    };
    expect(text(0.9997, 0.00003)).toContain(' 99.970 ±0.003 %');
    expect(text(1, 0.00003)).toContain(' 100.000 ±0.003 %');
    expect(text(0.5004, 0.123)).toContain(' 50.0 ±12.3 %');
    expect(text(1, 0)).toContain(' 100 ±0 %');
  });

  it('has a star where a difference is real', () => {
    expect(textWith(6)).toMatch(/^version=1 .* \*$/m);
    expect(textWith(6)).not.toContain('So few seeds');
  });

  it('counts one seed as one', () => {
    expect(textWith(1)).toContain('2 of 2 runs, 1 seed each: succeeded.');
    expect(textWith(2)).toContain('4 of 4 runs, 2 seeds each: succeeded.');
  });

  it('tells how many seeds it takes where so few can tell nothing', () => {
    expect(textWith(5)).not.toMatch(/ \*$/m);
    expect(textWith(5)).toContain('So few seeds can tell no difference from chance, however great: 6 can.');
  });
});
