/** Reads packed chunks: any column, whole or in part, without unpacking the rest. */
import { addBits, bitsAt, bitsFor, unpackBits, wordsFor } from './bits.js';
import { AT, checkpointsOf, headerBytes, layOut, readHeader, STRIDE, type StoredColumn } from './codec.js';
import { CODE_COLUMNS, type CodeColumn, NOT_NOTED, TIME_COLUMNS, type TimeColumn } from './columns.js';

export class PackedChunk {
  readonly rows: number;
  private readonly words: Int32Array;
  private readonly columns: StoredColumn[];
  /** atNs of every STRIDE-th row; empty where atNs is stored plain. */
  private readonly starts: Float64Array;

  /** Throws ChunkFormatError. Keeps the bytes (a copy if they are not aligned to 8): they must not change. */
  constructor(bytes: Uint8Array) {
    const data = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    const header = readHeader(data);
    this.rows = header.rows;
    this.columns = layOut(header).columns;
    this.starts = new Float64Array(data.buffer, data.byteOffset + headerBytes(header), checkpointsOf(header));
    this.words = new Int32Array(data.buffer, data.byteOffset, data.length / 4);
  }

  /** Rows `from` … `to - 1` of a column, into the start of `into` if given, which must be long enough. */
  codes(name: CodeColumn, from = 0, to = this.rows, into: Int32Array = new Int32Array(to - from)): Int32Array {
    this.checkWindow(from, to);
    const column = this.columns[TIME_COLUMNS.length + CODE_COLUMNS.indexOf(name)];
    if (column === undefined) return into.fill(NOT_NOTED, 0, to - from);
    if (column.bits === 0) into.fill(column.base, 0, to - from);
    else unpackBits(this.words, column.rowsAt, column.bits, from, to, column.base, into);
    if (column.exceptions > 0) this.putExceptions(column, from, to, into);
    return into;
  }

  /** The same for a column of times. */
  times(name: TimeColumn, from = 0, to = this.rows, into: Float64Array = new Float64Array(to - from)): Float64Array {
    this.checkWindow(from, to);
    const column = TIME_COLUMNS.indexOf(name);
    this.stored(this.columns[column]!, from, to, into);
    if (column === AT && this.starts.length > 0) this.addUp(from, to, into);
    return into;
  }

  /** Bounds of a column, as narrow as its width tells, without reading it. */
  bounds(name: 'connectNs' | 'latencyNs'): { least: number; most: number } {
    const { least, rangeBits } = this.columns[TIME_COLUMNS.indexOf(name)]!;
    return { least, most: least + 2 ** rangeBits - 1 };
  }

  private checkWindow(from: number, to: number): void {
    if (!(from >= 0 && from <= to && to <= this.rows))
      throw new RangeError(`rows ${from} to ${to} of a chunk of ${this.rows} rows`);
  }

  private stored(column: StoredColumn, from: number, to: number, into: Float64Array): void {
    const { base, bits, rowsAt } = column;
    into.fill(base, 0, to - from);
    if (bits > 0) addBits(this.words, rowsAt, Math.min(bits, 32), from, to, 1, into);
    if (bits > 32) addBits(this.words, rowsAt + wordsFor(this.rows, 32), bits - 32, from, to, 2 ** 32, into);
    if (column.exceptions > 0) this.putExceptions(column, from, to, into);
  }

  private putExceptions(column: StoredColumn, from: number, to: number, into: Float64Array | Int32Array): void {
    const { words } = this;
    const { exceptions, least, rangeBits, placesAt, valuesAt } = column;
    const placeBits = bitsFor(this.rows - 1);
    let after = exceptions;
    let i = 0;
    while (i < after) {
      const middle = (i + after) >>> 1;
      if (bitsAt(words, placesAt, placeBits, middle) < from) i = middle + 1;
      else after = middle;
    }
    for (; i < exceptions; i++) {
      const place = bitsAt(words, placesAt, placeBits, i);
      if (place >= to) return;
      let value = bitsAt(words, valuesAt, Math.min(rangeBits, 32), i);
      if (rangeBits > 32) value += bitsAt(words, valuesAt + wordsFor(exceptions, 32), rangeBits - 32, i) * 2 ** 32;
      into[place - from] = least + value;
    }
  }

  /** Turns differences into times, from the last known time at or before `from` on. */
  private addUp(from: number, to: number, into: Float64Array): void {
    if (from === to) return;
    const known = Math.floor(from / STRIDE);
    let atNs = this.starts[known]!;
    if (from > known * STRIDE) {
      const before = new Float64Array(from - known * STRIDE);
      this.stored(this.columns[AT]!, known * STRIDE + 1, from + 1, before);
      for (let i = 0; i < before.length; i++) atNs += before[i]!;
    }
    into[0] = atNs;
    for (let i = 1; i < to - from; i++) {
      atNs += into[i]!;
      into[i] = atNs;
    }
  }
}
