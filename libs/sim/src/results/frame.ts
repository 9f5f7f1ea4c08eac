/**
 * How narrow a column can be stored. All its values lie in a range, most of them often in a much smaller one: one
 * request in a hundred that waited for a timeout would make every latency 5 bits longer. So the few outside the frame
 * are stored apart, as exceptions, with their place.
 */
import { bitsFor } from './bits.js';

export interface Frame {
  /** The least of all values, and the bits that hold any of them above it. */
  least: number;
  rangeBits: number;
  /** Values from `base` to `base + 2^bits - 1` are stored in place. */
  base: number;
  bits: number;
}

/** With fewer rows a sample says nothing, and there is nothing to win. */
const SAMPLES = 64;

/** The frame without exceptions. */
export function wholeFrame(least: number, most: number): Frame {
  const bits = bitsFor(most - least);
  return { least, rangeBits: bits, base: least, bits };
}

/** The frame that takes least room, as far as a sample can tell. */
export function narrowFrame(values: ArrayLike<number>, rows: number, least: number, most: number): Frame {
  const whole = wholeFrame(least, most);
  if (whole.bits === 0 || rows < 2 * SAMPLES) return whole;
  const sample = new Float64Array(SAMPLES);
  for (let i = 0; i < SAMPLES; i++) sample[i] = values[Math.floor((i * rows) / SAMPLES)]!;
  sample.sort();
  let best = whole;
  let bestBits = rows * whole.bits;
  for (const [base, below] of edges(least, sample[0]!, sample[2]!)) {
    for (const [top, above] of edges(most, sample[SAMPLES - 1]!, sample[SAMPLES - 3]!)) {
      const bits = bitsFor(top - base);
      const size = rows * bits + exceptionBits(rows * (below + above), rows, whole.rangeBits);
      if (size >= bestBits) continue;
      best = { ...whole, base, bits };
      bestBits = size;
    }
  }
  return best;
}

/** Room for `exceptions` values with their places. */
export function exceptionBits(exceptions: number, rows: number, rangeBits: number): number {
  return exceptions * (bitsFor(rows - 1) + rangeBits);
}

/** Three edges of a frame, and the share of the rows that each probably leaves outside. */
function edges(outer: number, first: number, third: number): [edge: number, outside: number][] {
  return [
    [outer, 0],
    [first, 0.5 / SAMPLES],
    [third, 2 / SAMPLES],
  ];
}
