import { describe, expect, it } from 'vitest';
import { tailsOf, tOf95 } from '../results/student-t.js';
import { holm, isReal, leastPairs, pairedDifference } from './paired.js';
import { sampleOf } from './sample.js';

describe("Student's t", () => {
  it.each([
    [1, 12.7062047364],
    [2, 4.30265272991],
    [5, 2.57058183661],
    [10, 2.22813885198],
    [30, 2.0422724563],
    [1000, 1.96233908082],
    [100_000, 1.95998770996],
  ])('of %i degrees of freedom has the quantile of the tables', (df, quantile) => {
    expect(tOf95(df)).toBeCloseTo(quantile, 8);
  });

  it.each([
    [2, 10, 0.0733880347707],
    [5, 3, 0.0153924249],
    [1, 1, 0.5],
    [0, 7, 1],
  ])('puts a t of %d with %i degrees of freedom where it belongs', (t, df, p) => {
    expect(tailsOf(t, df)).toBeCloseTo(p, 6);
    expect(tailsOf(-t, df)).toBeCloseTo(p, 6);
  });
});

describe('a sample', () => {
  it('has mean, deviation, quantiles and interval', () => {
    const sample = sampleOf([4, 1, 3, 2, 5]);
    expect(sample).toMatchObject({ n: 5, mean: 3, min: 1, p50: 3, max: 5 });
    expect(sample.sd).toBeCloseTo(1.5811388, 6);
    expect([sample.p10, sample.p90]).toEqual([1.4, 4.6]);
    // 3 -+ 2.776445 * 1.5811388 / sqrt(5)
    expect(sample.ci95!.from).toBeCloseTo(1.0367568, 6);
    expect(sample.ci95!.to).toBeCloseTo(4.9632432, 6);
  });

  it('of one says nothing about others, and of none nothing at all', () => {
    expect(sampleOf([7])).toEqual({ n: 1, mean: 7, sd: null, min: 7, p10: 7, p50: 7, p90: 7, max: 7, ci95: null });
    expect(Object.values(sampleOf([])).filter((value) => value !== null)).toEqual([0]);
  });
});

describe('a difference', () => {
  it('is taken seed by seed, where both runs have the figure', () => {
    const { pairs, mean, p } = pairedDifference([10, 20, null, 40], [11, 22, 30, null]);
    expect([pairs, mean]).toEqual([2, 1.5]);
    expect(p).toBeCloseTo(0.5, 10);
  });

  it('is seen through what the dice do to both', () => {
    const noise = Array.from({ length: 10 }, (_, seed) => 1000 * Math.sin(seed));
    const shifted = noise.map((value, seed) => value + 1 + (seed % 2) / 10);
    expect(pairedDifference(noise, shifted).p).toBeLessThan(0.01);
  });

  it('is not believed further than its seeds reach, however alike they are', () => {
    const same = (n: number, by: number) => pairedDifference(Array(n).fill(1), Array(n).fill(1 + by));
    expect(same(3, 1).p).toBe(0.25);
    expect(same(6, 1).p).toBe(1 / 32);
    expect(same(20, 0).p).toBe(1);
    expect([same(1, 1).p, same(0, 1).mean]).toEqual([null, null]);
  });
});

describe('many questions at once', () => {
  it('are corrected after Holm', () => {
    expect(holm([0.01, null, 0.04, 0.03, 0.005])).toEqual([0.03, null, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });

  it.each([1, 6, 25, 600])('%i take so many pairs that differences which are all the same are real', (questions) => {
    const isRealWith = (pairs: number) => {
      const { p } = pairedDifference(Array(pairs).fill(1), Array(pairs).fill(2));
      return isReal(holm([p, ...Array(questions - 1).fill(1)])[0]!);
    };
    const least = leastPairs(questions);
    expect([isRealWith(least - 1), isRealWith(least)]).toEqual([false, true]);
  });
});
