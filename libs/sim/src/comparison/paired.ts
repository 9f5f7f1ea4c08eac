/**
 * Which differences are more than chance: paired by seed, since runs with the same dice share what chance did to them.
 *
 * The test is Student's t for the mean of the differences. It knows no scale below which it doubts: three runs that differ by
 * exactly the same give a p of 0. Chance alone gives n differences the same sign once in 2^(n-1) times, so no p is taken
 * for less than that. Many questions at once are corrected after Holm: of all that are called real, with 95 %
 * confidence none is chance.
 */

import { tailsOf } from '../results/student-t.js';
import { type Interval, meanInterval, momentsOf } from './sample.js';

export interface Difference {
  /** Seeds of which both runs have the figure. */
  pairs: number;
  /** Of this cell's value minus that of the baseline with the same dice. */
  mean: number | null;
  ci95: Interval | null;
  /** How often chance alone would make such a difference; null: too few pairs. */
  p: number | null;
  /** The same, corrected for all the differences that the table asks about. */
  pAdjusted: number | null;
  /** `pAdjusted` is below 0.05. */
  real: boolean;
}

const SIGNIFICANT = 0.05;

/** Of the figures of two cells, by seed. Not corrected yet. */
export function pairedDifference(
  base: readonly (number | null)[],
  other: readonly (number | null)[],
): Pick<Difference, 'pairs' | 'mean' | 'ci95' | 'p'> {
  const differences = other.flatMap((value, seed) => {
    const before = base[seed] ?? null;
    return value === null || before === null ? [] : [value - before];
  });
  const pairs = differences.length;
  if (pairs === 0) return { pairs, mean: null, ci95: null, p: null };
  const { mean, sd } = momentsOf(differences);
  return { pairs, mean, ci95: meanInterval(pairs, mean, sd), p: pairs < 2 ? null : chanceOf(pairs, mean, sd) };
}

function chanceOf(pairs: number, mean: number, sd: number): number {
  if (mean === 0) return 1;
  const byT = sd === 0 ? 0 : tailsOf((mean / sd) * Math.sqrt(pairs), pairs - 1);
  return Math.max(byT, 2 ** (1 - pairs));
}

/** Adjusted p values, in the order of `values`; those that are null were not asked. */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const asked = values.flatMap((p, at) => (p === null ? [] : [{ p, at }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = values.map(() => null);
  let least = 0;
  for (const [rank, { p, at }] of asked.entries()) {
    least = Math.max(least, Math.min(1, p * (asked.length - rank)));
    adjusted[at] = least;
  }
  return adjusted;
}

export function isReal(pAdjusted: number | null): boolean {
  return pAdjusted !== null && pAdjusted < SIGNIFICANT;
}

/** With so few pairs not even differences that are all the same are real, where so many are asked about. */
export function leastPairs(questions: number): number {
  let pairs = 2;
  while (questions * 2 ** (1 - pairs) >= SIGNIFICANT) pairs++;
  return pairs;
}
