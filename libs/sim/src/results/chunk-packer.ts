/** Packs columns into the bytes that `codec.ts` describes. */
import { invariant } from '../kernel/invariant.js';
import { bitsFor, packBits, wordsFor } from './bits.js';
import {
  type ChunkHeader,
  type ColumnHeader,
  checkpointsOf,
  headerBytes,
  layOut,
  ROWS_MAX,
  STRIDE,
  writeHeader,
} from './codec.js';
import { type ChunkColumns, CODE_COLUMNS, type CodeColumn, TIME_COLUMNS, type TimeColumn } from './columns.js';
import { exceptionBits, type Frame, narrowFrame, wholeFrame } from './frame.js';

/** Room for one row in its widest form, in words. */
const ROW_WORDS = 2 * TIME_COLUMNS.length + CODE_COLUMNS.length;

/** For chunks of up to `maxRows` rows; keeps the arrays that it works in. */
export class ChunkPacker {
  private readonly differences: Float64Array;
  /** The part of a column that is packed next. */
  private readonly half: Int32Array;
  private readonly places: Int32Array;
  private readonly values: Float64Array;
  /** The columns that are packed, up to `word`. */
  private readonly words: Int32Array;
  private word = 0;

  constructor(maxRows: number) {
    invariant(maxRows > 0 && maxRows <= ROWS_MAX, `chunks of ${maxRows} rows`);
    this.differences = new Float64Array(maxRows);
    this.half = new Int32Array(maxRows);
    this.places = new Int32Array(maxRows);
    this.values = new Float64Array(maxRows);
    this.words = new Int32Array(maxRows * ROW_WORDS + 4 * ROW_WORDS);
  }

  /** The first `rows` rows as bytes. Times: whole numbers from -1 to 2^53 - 2; codes: 0 to 2^31 - 1. */
  pack(columns: ChunkColumns, rows: number): Uint8Array<ArrayBuffer> {
    invariant(rows > 0 && rows <= this.half.length, `a chunk of ${rows} rows`);
    const { atNs, connectNs, latencyNs } = columns;
    this.word = 0;
    const plain = rangeOfTimes('atNs', atNs, rows);
    const between = this.takeDifferences(atNs, rows);
    const differences = bitsFor(between.most - between.least) < bitsFor(plain.most - plain.least);
    const header: ChunkHeader = { rows, differences, columns: [] };
    header.columns.push(
      differences ? this.packTimes(this.differences, rows, between) : this.packTimes(atNs, rows, plain),
    );
    header.columns.push(this.packTimes(connectNs, rows, rangeOfTimes('connectNs', connectNs, rows)));
    header.columns.push(this.packTimes(latencyNs, rows, rangeOfTimes('latencyNs', latencyNs, rows)));
    for (const name of CODE_COLUMNS)
      header.columns.push(this.packCodes(columns[name], rows, rangeOfCodes(name, columns[name], rows)));
    return this.assemble(header, atNs);
  }

  private assemble(header: ChunkHeader, atNs: Float64Array): Uint8Array<ArrayBuffer> {
    const data = new Uint8Array(layOut(header).length);
    writeHeader(new DataView(data.buffer), header);
    const startsAt = headerBytes(header);
    const starts = new Float64Array(data.buffer, startsAt, checkpointsOf(header));
    for (let i = 0; i < starts.length; i++) starts[i] = atNs[i * STRIDE]!;
    new Int32Array(data.buffer).set(this.words.subarray(0, this.word), (startsAt + starts.byteLength) / 4);
    return data;
  }

  private takeDifferences(atNs: Float64Array, rows: number): Range {
    const { differences } = this;
    let least = rows === 1 ? 0 : Number.POSITIVE_INFINITY;
    let most = rows === 1 ? 0 : Number.NEGATIVE_INFINITY;
    for (let i = 1; i < rows; i++) {
      const difference = atNs[i]! - atNs[i - 1]!;
      if (difference < least) least = difference;
      if (difference > most) most = difference;
      differences[i] = difference;
    }
    // The first row has no row before it; what stands there is not read.
    differences[0] = least;
    return { least, most };
  }

  private packTimes(source: Float64Array, rows: number, { least, most }: Range): ColumnHeader {
    let frame = narrowFrame(source, rows, least, most);
    let exceptions = this.splitTimes(source, rows, frame.base, frame.bits);
    if (!pays(frame, rows, exceptions)) {
      frame = wholeFrame(least, most);
      exceptions = this.splitTimes(source, rows, frame.base, frame.bits);
    }
    this.append(this.half, rows, 0, Math.min(frame.bits, 32));
    if (frame.bits > 32) {
      this.splitTops(source, rows, frame.base, frame.bits);
      this.append(this.half, rows, 0, frame.bits - 32);
    }
    for (let i = 0; i < exceptions; i++) this.values[i] = source[this.places[i]!]!;
    return this.appendExceptions(frame, rows, exceptions);
  }

  private packCodes(source: Int32Array, rows: number, { least, most }: Range): ColumnHeader {
    const frame = narrowFrame(source, rows, least, most);
    const exceptions = frame.bits < frame.rangeBits ? this.splitCodes(source, rows, frame.base, frame.bits) : 0;
    if (!pays(frame, rows, exceptions) || exceptions === 0) {
      this.append(source, rows, least, bitsFor(most - least));
      return { ...wholeFrame(least, most), exceptions: 0 };
    }
    this.append(this.half, rows, 0, frame.bits);
    for (let i = 0; i < exceptions; i++) this.values[i] = source[this.places[i]!]!;
    return this.appendExceptions(frame, rows, exceptions);
  }

  private appendExceptions(frame: Frame, rows: number, exceptions: number): ColumnHeader {
    if (exceptions > 0) {
      const { least, rangeBits } = frame;
      this.append(this.places, exceptions, 0, bitsFor(rows - 1));
      this.splitTimes(this.values, exceptions, least, rangeBits);
      this.append(this.half, exceptions, 0, Math.min(rangeBits, 32));
      if (rangeBits > 32) {
        this.splitTops(this.values, exceptions, least, rangeBits);
        this.append(this.half, exceptions, 0, rangeBits - 32);
      }
    }
    return { ...frame, exceptions };
  }

  private append(source: Int32Array, count: number, least: number, bits: number): void {
    if (bits === 0) return;
    packBits(source, count, least, bits, this.words, this.word);
    this.word += wordsFor(count, bits);
  }

  /** Takes the lower 32 bits of each value above `base`, and the places of those that do not fit; returns their number. */
  private splitTimes(source: Float64Array, count: number, base: number, bits: number): number {
    const { half, places } = this;
    const limit = 2 ** bits;
    let outside = 0;
    for (let i = 0; i < count; i++) {
      const value = source[i]! - base;
      if (value >= 0 && value < limit) half[i] = value;
      else {
        half[i] = 0;
        places[outside++] = i;
      }
    }
    return outside;
  }

  /** Takes the bits above the lower 32. */
  private splitTops(source: Float64Array, count: number, base: number, bits: number): void {
    const { half } = this;
    const limit = 2 ** bits;
    for (let i = 0; i < count; i++) {
      const value = source[i]! - base;
      half[i] = value >= 0 && value < limit ? value / 2 ** 32 : 0;
    }
  }

  /** As `splitTimes`; `bits`: at most 30. */
  private splitCodes(source: Int32Array, count: number, base: number, bits: number): number {
    const { half, places } = this;
    const limit = 1 << bits;
    let outside = 0;
    for (let i = 0; i < count; i++) {
      const value = source[i]! - base;
      if (value >= 0 && value < limit) half[i] = value;
      else {
        half[i] = 0;
        places[outside++] = i;
      }
    }
    return outside;
  }
}

interface Range {
  least: number;
  most: number;
}

/** Whether the sample that the frame was chosen by was not unlucky. */
function pays(frame: Frame, rows: number, exceptions: number): boolean {
  return rows * frame.bits + exceptionBits(exceptions, rows, frame.rangeBits) <= rows * frame.rangeBits;
}

function rangeOfTimes(name: TimeColumn, source: Float64Array, rows: number): Range {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let fractions = 0;
  for (let i = 0; i < rows; i++) {
    const value = source[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
    fractions += value - Math.floor(value);
  }
  invariant(fractions === 0 && least >= -1 && most < 2 ** 53 - 1, `${name}: times are whole, from ${least} to ${most}`);
  return { least, most };
}

function rangeOfCodes(name: CodeColumn, source: Int32Array, rows: number): Range {
  let least = source[0]!;
  let most = least;
  for (let i = 1; i < rows; i++) {
    const value = source[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  invariant(least >= 0, `${name}: codes start at 0, not at ${least}`);
  return { least, most };
}
