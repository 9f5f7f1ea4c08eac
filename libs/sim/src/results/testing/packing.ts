/** Columns as a chunk, and rows of both in a form in which they can be compared. */
import { ChunkPacker } from '../chunk-packer.js';
import { type ChunkColumns, CODE_COLUMNS, TIME_COLUMNS } from '../columns.js';
import type { PackedChunk } from '../packed-chunk.js';

type Rows = Record<string, Float64Array | Int32Array>;

export function pack(columns: ChunkColumns): Uint8Array {
  return new ChunkPacker(columns.atNs.length).pack(columns, columns.atNs.length);
}

export function rowsOf(chunk: PackedChunk, from: number, to: number): Rows {
  return Object.fromEntries([
    ...TIME_COLUMNS.map((name) => [name, chunk.times(name, from, to)]),
    ...CODE_COLUMNS.map((name) => [name, chunk.codes(name, from, to)]),
  ]);
}

export function cut(columns: ChunkColumns, from: number, to: number): Rows {
  return Object.fromEntries([...TIME_COLUMNS, ...CODE_COLUMNS].map((name) => [name, columns[name].slice(from, to)]));
}
