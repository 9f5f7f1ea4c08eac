/**
 * From 32 random bits to an exponential, by inversion, with a logarithm of our own: Math.log is not promised to give the
 * same last digit in every version of an engine, and one digit is enough to make two runs differ.
 *
 * Only +, -, * and / of doubles, which IEEE 754 fixes to the last bit.
 */

const CELLS = 128;
const LN2 = logBySeries(2);
/** For the m of each cell of [1, 2): 1 / c and ln c, c being the cell's middle. */
const inverses = new Float64Array(CELLS);
const logs = new Float64Array(CELLS);
for (let cell = 0; cell < CELLS; cell++) {
  const middle = 1 + (cell + 0.5) / CELLS;
  inverses[cell] = 1 / middle;
  logs[cell] = logBySeries(middle);
}
/** By the number of leading zeros of the 32 bits: what brings them into [1, 2), and ln of the power of two left behind. */
const scales = Float64Array.from({ length: 33 }, (_, zeros) => 2 ** (zeros - 31));
const powers = Float64Array.from({ length: 33 }, (_, zeros) => (zeros + 1) * LN2);

/** -ln((bits + 0.5) / 2^32), `bits` taken as unsigned: mean 1, between 1.1e-10 and 22.9. */
export function exponentialOf(bits: number): number {
  const zeros = Math.clz32(bits);
  const m = ((bits >>> 0) + 0.5) * scales[zeros]!;
  const cell = ((m - 1) * CELLS) | 0;
  const r = m * inverses[cell]! - 1;
  // |r| < 2^-8: the term after the last one here is below 2^-50.
  const log1p = r * (1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5)))));
  return powers[zeros]! - logs[cell]! - log1p;
}

/** ln x = 2 artanh((x - 1) / (x + 1)), x in [1, 2]; only at loading. */
function logBySeries(x: number): number {
  const y = (x - 1) / (x + 1);
  let sum = 0;
  for (let k = 41; k >= 1; k -= 2) sum = sum * y * y + 1 / k;
  return 2 * y * sum;
}
