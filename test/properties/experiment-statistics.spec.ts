/**
 * What an experiment's table promises, held against numbers of which the truth is known: intervals cover the mean as often
 * as they say, and where nothing differs hardly ever anything is called real.
 */
import { describe, expect, it } from 'vitest';
import { type CellRun, experimentTable } from '#sim';
import { sampleOf } from '../../libs/sim/src/comparison/sample.js';
import { draw } from '../../libs/sim/src/kernel/draw.js';

/** By seed, stream and number: what is drawn does not depend on how many tests come before. */
type Draw = (seed: number, stream: number, a: number) => number;
const uniform: Draw = (seed, stream, a) => draw(seed, stream, a, 0);
const normal: Draw = (seed, stream, a) =>
  Math.sqrt(-2 * Math.log(1 - uniform(seed, stream, a))) * Math.cos(2 * Math.PI * draw(seed, stream, a, 1));
const exponential: Draw = (seed, stream, a) => -Math.log(1 - uniform(seed, stream, a));
/** As counts of losses are: mostly none. */
const rare: Draw = (seed, stream, a) => (uniform(seed, stream, a) < 0.1 ? Math.ceil(40 * draw(seed, stream, a, 1)) : 0);
const coin: Draw = (seed, stream, a) => (uniform(seed, stream, a) < 0.5 ? 1 : 0);

const spread = { normal, exponential, rare, coin };
const FIGURES = Object.keys(spread);

/** Runs of `cells` cells; `shift` is added to every figure of cell 1. */
function runsOf(trial: number, cells: number, seeds: number, shift = 0): CellRun[] {
  return Array.from({ length: cells * seeds }, (_, n) => {
    const [cell, seed] = [n % cells, Math.floor(n / cells)];
    const figures = Object.values(spread).map(
      (figure, f) => figure(trial, f, seed * cells + cell) + (cell === 1 ? shift : 0),
    );
    return { cell, seed, figures };
  });
}

describe('an interval of 95 %', () => {
  it.each([2, 3, 5, 20, 100])('of %i values covers the mean 95 times in 100', (n) => {
    const REPEATED = 8000;
    let covered = 0;
    for (let trial = 0; trial < REPEATED; trial++) {
      const { ci95 } = sampleOf(Array.from({ length: n }, (_, i) => 7 + normal(trial, n, i)));
      if (ci95!.from <= 7 && 7 <= ci95!.to) covered++;
    }
    // Four standard errors of that many repetitions.
    expect(Math.abs(covered / REPEATED - 0.95)).toBeLessThan(0.01);
  });

  it.each([6, 10, 30])('of the difference of %i pairs covers it at least as often, however figures are spread', (n) => {
    const REPEATED = 2000;
    const covered = FIGURES.map(() => 0);
    for (let trial = 0; trial < REPEATED; trial++) {
      const [, cell] = experimentTable(2, FIGURES, runsOf(trial, 2, n, 3));
      for (const [f, name] of FIGURES.entries()) {
        const { from, to } = cell!.figures[name]!.differs!.ci95!;
        if (from <= 3 + 1e-9 && 3 - 1e-9 <= to) covered[f]!++;
      }
    }
    for (const [f, name] of FIGURES.entries()) expect(covered[f]! / REPEATED, name).toBeGreaterThan(0.94);
  });
});

describe('where nothing differs', () => {
  it.each([2, 3, 5, 6, 8, 10, 20, 50])(
    'hardly ever anything of 20 differences over %i seeds is called real',
    (seeds) => {
      const REPEATED = 600;
      let alarms = 0;
      for (let trial = 0; trial < REPEATED; trial++) {
        const table = experimentTable(6, FIGURES, runsOf(trial, 6, seeds));
        if (table.some(({ figures }) => Object.values(figures).some(({ differs }) => differs?.real))) alarms++;
      }
      expect(alarms / REPEATED).toBeLessThanOrEqual(0.05);
    },
  );

  it.each(FIGURES)('a single %s figure is called real one time in twenty at most', (name) => {
    const f = FIGURES.indexOf(name);
    const worst = [3, 6, 7, 8, 10, 20].map((seeds) => {
      const REPEATED = 3000;
      let alarms = 0;
      for (let trial = 0; trial < REPEATED; trial++) {
        const runs = runsOf(trial, 2, seeds).map((run) => ({ ...run, figures: [run.figures![f]!] }));
        if (experimentTable(2, [name], runs)[1]!.figures[name]!.differs!.real) alarms++;
      }
      return alarms / REPEATED;
    });
    // Three standard errors above 0.05.
    expect(Math.max(...worst)).toBeLessThan(0.062);
  });
});

it('what differs by as much as one run from the next is found with 30 seeds', () => {
  const REPEATED = 300;
  let found = 0;
  for (let trial = 0; trial < REPEATED; trial++) {
    const runs = runsOf(trial, 2, 30, 1).map((run) => ({ ...run, figures: run.figures!.slice(0, 1) }));
    const [, cell] = experimentTable(2, ['normal'], runs);
    if (cell!.figures.normal!.differs!.real) found++;
  }
  expect(found / REPEATED).toBeGreaterThan(0.9);
});
