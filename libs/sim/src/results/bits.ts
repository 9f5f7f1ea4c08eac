/**
 * Whole numbers of a fixed width, one behind the other in 32-bit words, lowest bit first. Any one of them can be read
 * by itself. A reader looks one word ahead, so the words must be followed by at least one more.
 */

/** Bits that hold 0 … `range`; at most 53. */
export function bitsFor(range: number): number {
  return range < 2 ** 32 ? 32 - Math.clz32(range) : 64 - Math.clz32(range / 2 ** 32);
}

export function wordsFor(count: number, bits: number): number {
  return Math.ceil((count * bits) / 32);
}

/** Writes `source[i] - least` for `count` entries from word `word` on. `bits`: 1 … 32. */
export function packBits(
  source: Int32Array,
  count: number,
  least: number,
  bits: number,
  words: Int32Array,
  word: number,
): void {
  let place = word;
  let gathered = 0;
  let filled = 0;
  for (let i = 0; i < count; i++) {
    const value = (source[i]! - least) | 0;
    gathered |= value << filled;
    filled += bits;
    if (filled >= 32) {
      words[place++] = gathered;
      filled -= 32;
      gathered = filled === 0 ? 0 : value >>> (bits - filled);
    }
  }
  if (filled > 0) words[place] = gathered;
}

/** Reads entries `from` … `to - 1` into `target`, `least` added. `bits`: 1 … 32; 32 gives signed numbers. */
export function unpackBits(
  words: Int32Array,
  word: number,
  bits: number,
  from: number,
  to: number,
  least: number,
  target: Int32Array,
): void {
  const mask = bits === 32 ? -1 : (1 << bits) - 1;
  const count = to - from;
  let bit = from * bits;
  for (let i = 0; i < count; i++) {
    const place = word + (bit >>> 5);
    const shift = bit & 31;
    const value = (words[place]! >>> shift) | ((words[place + 1]! << (31 - shift)) << 1);
    target[i] = (value & mask) + least;
    bit += bits;
  }
}

/** The same for doubles: adds `factor` times each number, here unsigned, to what `target` holds. */
export function addBits(
  words: Int32Array,
  word: number,
  bits: number,
  from: number,
  to: number,
  factor: number,
  target: Float64Array,
): void {
  const mask = bits === 32 ? -1 : (1 << bits) - 1;
  const count = to - from;
  let bit = from * bits;
  for (let i = 0; i < count; i++) {
    const place = word + (bit >>> 5);
    const shift = bit & 31;
    const value = (words[place]! >>> shift) | ((words[place + 1]! << (31 - shift)) << 1);
    target[i]! += ((value & mask) >>> 0) * factor;
    bit += bits;
  }
}

/** Entry `index` alone, unsigned. */
export function bitsAt(words: Int32Array, word: number, bits: number, index: number): number {
  const bit = index * bits;
  const place = word + (bit >>> 5);
  const shift = bit & 31;
  const value = (words[place]! >>> shift) | ((words[place + 1]! << (31 - shift)) << 1);
  return (bits === 32 ? value : value & ((1 << bits) - 1)) >>> 0;
}
