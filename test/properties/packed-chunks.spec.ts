/** Requests are packed and read again without a loss, whatever stands in their columns. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkPacker } from '../../libs/sim/src/results/chunk-packer.js';
import {
  type ChunkColumns,
  CODE_COLUMNS,
  type CodeColumn,
  type TimeColumn,
} from '../../libs/sim/src/results/columns.js';
import { PackedChunk } from '../../libs/sim/src/results/packed-chunk.js';
import { cut, pack, rowsOf } from '../../libs/sim/src/results/testing/packing.js';

const TIME_MOST = 2 ** 53 - 2;

/** Numbers like a column's: all alike, within a few bits, over the whole range, or mostly small with a few far out. */
function column(rows: number, least: number, most: number): fc.Arbitrary<number[]> {
  const list = (value: fc.Arbitrary<number>) => fc.array(value, { minLength: rows, maxLength: rows, size: 'max' });
  const any = fc.maxSafeInteger().map((n) => least + (Math.abs(n) % (most - least + 1)));
  const narrow = fc.tuple(any, fc.integer({ min: 0, max: 40 })).chain(([from, bits]) => {
    const to = Math.min(most, from + 2 ** bits - 1);
    return list(fc.maxSafeInteger().map((n) => from + (Math.abs(n) % (to - from + 1))));
  });
  const outliers = fc
    .tuple(any, any)
    .chain(([often, seldom]) =>
      list(fc.integer({ min: 0, max: 30 }).map((n) => (n === 0 ? seldom : Math.min(most, often + n)))),
    );
  return fc.oneof(
    any.map((value) => Array<number>(rows).fill(value)),
    list(any),
    narrow,
    outliers,
  );
}

const columnsArbitrary: fc.Arbitrary<ChunkColumns> = fc
  .oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 100, max: 700 }))
  .chain((rows) => {
    const rising = column(rows, 0, 2 ** 40).map((values) => values.sort((a, b) => a - b));
    const times: Record<TimeColumn, fc.Arbitrary<Float64Array>> = {
      atNs: fc.oneof(rising, column(rows, 0, TIME_MOST)).map((values) => Float64Array.from(values)),
      connectNs: column(rows, -1, TIME_MOST).map((values) => Float64Array.from(values)),
      latencyNs: column(rows, 0, TIME_MOST).map((values) => Float64Array.from(values)),
    };
    const codes = Object.fromEntries(
      CODE_COLUMNS.map((name) => [name, column(rows, 0, 2 ** 31 - 1).map((values) => Int32Array.from(values))]),
    ) as Record<CodeColumn, fc.Arbitrary<Int32Array>>;
    return fc.record({ ...times, ...codes });
  });

describe('a packed chunk', () => {
  it('gives back any columns exactly, whole and by any window', () => {
    fc.assert(
      fc.property(columnsArbitrary, fc.nat(), fc.nat(), (columns, a, b) => {
        const rows = columns.atNs.length;
        const chunk = new PackedChunk(pack(columns));
        expect(chunk.rows).toBe(rows);
        expect(rowsOf(chunk, 0, rows)).toEqual(cut(columns, 0, rows));
        const [from, to] = [a % (rows + 1), b % (rows + 1)].sort((x, y) => x - y) as [number, number];
        expect(rowsOf(chunk, from, to)).toEqual(cut(columns, from, to));
        expect(rowsOf(chunk, from % rows, (from % rows) + 1)).toEqual(cut(columns, from % rows, (from % rows) + 1));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same bytes for the same rows, whatever the packer did before', () => {
    fc.assert(
      fc.property(columnsArbitrary, columnsArbitrary, (one, other) => {
        const packer = new ChunkPacker(1000);
        packer.pack(other, other.atNs.length);
        expect(packer.pack(one, one.atNs.length)).toEqual(pack(one));
      }),
      { numRuns: 50 },
    );
  });
});
