/**
 * The bytes of a chunk: each column in as many bits a row as most of its values need above their base, the rest as
 * exceptions (`frame.ts`). Version 2, little-endian:
 *
 *   0  "HPC", version     4  rows (u32)     8  length of all (u32)     12  1: atNs as differences     13 … 15  zero
 *  16  for each column: base (f64), least (f64), exceptions (u32), bits (u8), bits of the range (u8), zero (u16)
 *      with differences: atNs of every 256th row (f64)
 *      for each column, each part in 32-bit words of its own: the rows above `base`; the places of the exceptions; the
 *      exceptions above `least`. What is wider than 32 bits has the lower 32 of all first, then the rest.
 *      zeros: at least one word, up to a multiple of 8
 *
 * Columns come as in `columns.ts`: times, then codes. `atNs` is stored as the difference to the row before if that takes
 * fewer bits, which it does as requests begin in the order of time. Version 1 ends before `attempts`.
 */
import { bitsFor, wordsFor } from './bits.js';
import { CODE_COLUMNS, TIME_COLUMNS } from './columns.js';
import type { Frame } from './frame.js';

const VERSION = 2;
const MAGIC = [0x48, 0x50, 0x43];
const COLUMNS = TIME_COLUMNS.length + CODE_COLUMNS.length;
/** By version. */
const COLUMNS_OF: Readonly<Record<number, number>> = { 1: COLUMNS - 1, [VERSION]: COLUMNS };
const COLUMNS_AT = 16;
const COLUMN_BYTES = 24;
export const ROWS_MAX = 2 ** 20;
const TIME_BITS = 53;
const CODE_BITS = 31;
/** Rows between two places where atNs is known without adding up differences from the start: a quarter bit a row. */
export const STRIDE = 256;
export const AT = TIME_COLUMNS.indexOf('atNs');

/** The bytes are no chunk, or not a whole one, or of a version that is not known here. */
export class ChunkFormatError extends Error {
  override readonly name = 'ChunkFormatError';
}

/** What the header says of a column. */
export interface ColumnHeader extends Frame {
  exceptions: number;
}

/** A column as it is stored; places in words from the start of the chunk. */
export interface StoredColumn extends ColumnHeader {
  rowsAt: number;
  placesAt: number;
  valuesAt: number;
}

export interface ChunkHeader {
  rows: number;
  /** Whether atNs is stored as differences. */
  differences: boolean;
  columns: ColumnHeader[];
}

/** How many bytes come before the times of every 256th row. */
export function headerBytes({ columns }: ChunkHeader): number {
  return COLUMNS_AT + COLUMN_BYTES * columns.length;
}

/** How many times are stored between the header and the columns. */
export function checkpointsOf({ rows, differences }: ChunkHeader): number {
  return differences ? Math.ceil(rows / STRIDE) : 0;
}

/** Words of `count` numbers of up to 53 bits: the lower 32 bits of all, then the rest of all. */
function wideWords(count: number, bits: number): number {
  return wordsFor(count, Math.min(bits, 32)) + wordsFor(count, Math.max(bits - 32, 0));
}

/** Where each column begins, and how many bytes all takes. */
export function layOut(header: ChunkHeader): { columns: StoredColumn[]; length: number } {
  const { rows } = header;
  const columns: StoredColumn[] = [];
  let word = (headerBytes(header) + 8 * checkpointsOf(header)) / 4;
  for (const column of header.columns) {
    const placesAt = word + wideWords(rows, column.bits);
    const valuesAt = placesAt + wordsFor(column.exceptions, bitsFor(rows - 1));
    columns.push({ ...column, rowsAt: word, placesAt, valuesAt });
    word = valuesAt + wideWords(column.exceptions, column.rangeBits);
  }
  return { columns, length: roundUp(4 * (word + 1)) };
}

export function writeHeader(view: DataView, { rows, differences, columns }: ChunkHeader): void {
  MAGIC.forEach((byte, i) => {
    view.setUint8(i, byte);
  });
  view.setUint8(3, VERSION);
  view.setUint32(4, rows, true);
  view.setUint32(8, view.byteLength, true);
  view.setUint8(12, differences ? 1 : 0);
  columns.forEach(({ base, least, exceptions, bits, rangeBits }, column) => {
    const place = COLUMNS_AT + COLUMN_BYTES * column;
    view.setFloat64(place, base, true);
    view.setFloat64(place + 8, least, true);
    view.setUint32(place + 16, exceptions, true);
    view.setUint8(place + 20, bits);
    view.setUint8(place + 21, rangeBits);
  });
}

/** Throws ChunkFormatError, also where the columns do not fill the bytes exactly. */
export function readHeader(data: Uint8Array): ChunkHeader {
  if (MAGIC.some((byte, i) => data[i] !== byte)) throw new ChunkFormatError('these bytes are not a chunk of requests');
  const count = COLUMNS_OF[data[3] as number];
  if (count === undefined) throw new ChunkFormatError(`chunk version ${data[3]} is not known, only up to ${VERSION}`);
  if (data.length < COLUMNS_AT + COLUMN_BYTES * count)
    throw new ChunkFormatError(`a chunk of ${data.length} bytes has no whole header`);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const length = view.getUint32(8, true);
  if (length !== data.length) throw new ChunkFormatError(`the chunk was ${length} bytes long, ${data.length} are here`);
  const rows = view.getUint32(4, true);
  if (rows === 0 || rows > ROWS_MAX) throw new ChunkFormatError(`a chunk cannot have ${rows} rows`);
  const form = view.getUint8(12);
  if (form > 1) throw new ChunkFormatError(`times in a form that is not known: ${form}`);
  const columns = Array.from({ length: count }, (_, column) => readColumn(view, column, rows));
  const header = { rows, differences: form === 1, columns };
  const taken = layOut(header).length;
  if (taken !== length) throw new ChunkFormatError(`the columns of this chunk take ${taken} bytes, it has ${length}`);
  return header;
}

function readColumn(view: DataView, column: number, rows: number): ColumnHeader {
  const place = COLUMNS_AT + COLUMN_BYTES * column;
  const exceptions = view.getUint32(place + 16, true);
  const bits = view.getUint8(place + 20);
  const rangeBits = view.getUint8(place + 21);
  const most = column < TIME_COLUMNS.length ? TIME_BITS : CODE_BITS;
  if (bits > rangeBits || rangeBits > most || exceptions > rows)
    throw new ChunkFormatError(
      `column ${column}: ${exceptions} exceptions, ${bits} of ${rangeBits} bits, at most ${most}`,
    );
  return { base: view.getFloat64(place, true), least: view.getFloat64(place + 8, true), exceptions, bits, rangeBits };
}

function roundUp(bytes: number): number {
  return (bytes + 7) & ~7;
}
