/** What can be said of a figure that was measured a few times. */
import { tOf95 } from '../results/student-t.js';

export interface Interval {
  from: number;
  to: number;
}

/** Null where `n` is too small to say it. */
export interface Sample {
  n: number;
  mean: number | null;
  /** Of single values, not of the mean. */
  sd: number | null;
  min: number | null;
  p10: number | null;
  p50: number | null;
  p90: number | null;
  max: number | null;
  /** Where the mean of ever more runs would come to lie, with 95 % confidence. */
  ci95: Interval | null;
}

export function sampleOf(values: readonly number[]): Sample {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const { mean, sd } = momentsOf(sorted);
  const quantile = (q: number) => (n === 0 ? null : quantileOf(sorted, q));
  return {
    n,
    mean: n === 0 ? null : mean,
    sd: n < 2 ? null : sd,
    min: quantile(0),
    p10: quantile(0.1),
    p50: quantile(0.5),
    p90: quantile(0.9),
    max: quantile(1),
    ci95: meanInterval(n, mean, sd),
  };
}

export function momentsOf(values: ArrayLike<number>): { mean: number; sd: number } {
  const numbers = Array.from(values);
  const n = numbers.length;
  const mean = numbers.reduce((sum, value) => sum + value, 0) / n;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (n - 1)) };
}

export function meanInterval(n: number, mean: number, sd: number): Interval | null {
  if (n < 2) return null;
  const half = (tOf95(n - 1) * sd) / Math.sqrt(n);
  return { from: mean - half, to: mean + half };
}

/** Between the two nearest values, in proportion: as NumPy, pandas and R do where nothing else is asked for. */
function quantileOf(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}
