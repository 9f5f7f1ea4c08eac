/**
 * Student's t distribution: how far the mean of a few numbers may be from where it would be with many.
 *
 * By the regularised incomplete beta function, in its continued fraction (Press et al., Numerical Recipes, section 6.4).
 */

const ENOUGH = 1e-14;
const MOST_TERMS = 500;
const TINY = 1e-300;

/** The chance that a t of `df` degrees of freedom is as far from 0 as `t` or farther, on either side. */
export function tailsOf(t: number, df: number): number {
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

const remembered = new Map<number, number>();

/** So far from 0 that only one t in twenty of `df` degrees of freedom is farther. */
export function tOf95(df: number): number {
  const known = remembered.get(df);
  if (known !== undefined) return known;
  let [low, high] = [0, 1];
  while (tailsOf(high, df) > 0.05) high *= 2;
  while (high - low > ENOUGH * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (tailsOf(middle, df) > 0.05) low = middle;
    else high = middle;
  }
  remembered.set(df, high);
  return high;
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on one side of the mean, and the other follows from it.
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

/** Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  const nonZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < ENOUGH) break;
  }
  return fraction;
}

/** Lanczos' approximation, g = 7. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** For x of at least 0.5. */
function logGamma(x: number): number {
  const at = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, i) => (i === 0 ? coefficient : total + coefficient / (at + i)), 0);
  const t = at + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (at + 0.5) * Math.log(t) - t + Math.log(sum);
}
