import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkFormatError } from './codec.js';
import { type ChunkColumns, CODE_COLUMNS, type CodeColumn, TIME_COLUMNS } from './columns.js';
import { PackedChunk } from './packed-chunk.js';
import { readWindow } from './reader.js';
import { CHUNK_VERSION_1 } from './testing/chunk-version-1.js';
import { cut, pack, rowsOf } from './testing/packing.js';
import { recordRows, sampleRun } from './testing/sample-run.js';

describe('a packed chunk', () => {
  it('gives back more than one stride of times that step backwards', () => {
    const columns = columnsOf(2000);
    columns.atNs.forEach((_, row) => {
      columns.atNs[row] = 1e12 + row * 1000 - (row % 7) * 2500;
    });
    const chunk = new PackedChunk(pack(columns));
    expect(rowsOf(chunk, 0, 2000)).toEqual(cut(columns, 0, 2000));
    expect(rowsOf(chunk, 511, 1025)).toEqual(cut(columns, 511, 1025));
    expect(rowsOf(chunk, 1999, 2000)).toEqual(cut(columns, 1999, 2000));
  });

  it('may lie anywhere in a larger buffer', () => {
    const columns = columnsOf(300);
    const bytes = pack(columns);
    for (const offset of [1, 4, 8]) {
      const buffer = new Uint8Array(bytes.length + 16);
      buffer.set(bytes, offset);
      expect(rowsOf(new PackedChunk(buffer.subarray(offset, offset + bytes.length)), 0, 300)).toEqual(
        cut(columns, 0, 300),
      );
    }
  });

  it('writes into the arrays that are given and leaves what lies behind', () => {
    const columns = columnsOf(300);
    const into = new Float64Array(12).fill(-5);
    new PackedChunk(pack(columns)).times('atNs', 20, 30, into);
    expect([...into]).toEqual([...columns.atNs.slice(20, 30), -5, -5]);
  });

  it('refuses a window beyond its rows', () => {
    const chunk = new PackedChunk(pack(columnsOf(10)));
    expect(() => chunk.codes('pod', 0, 11)).toThrow('rows 0 to 11 of a chunk of 10 rows');
    expect(() => chunk.times('atNs', -1, 3)).toThrow(RangeError);
    expect(() => chunk.times('atNs', 4, 3)).toThrow(RangeError);
  });

  it('tells latencies apart by bounds that hold', () => {
    const columns = columnsOf(1000);
    columns.latencyNs.forEach((_, row) => {
      columns.latencyNs[row] = row === 500 ? 1e9 : 3e6 + row;
    });
    const { least, most } = new PackedChunk(pack(columns)).bounds('latencyNs');
    expect(least).toBe(3e6);
    expect(most).toBeGreaterThanOrEqual(1e9);
    expect(most).toBeLessThan(2e9);
  });
});

describe('bytes that are no chunk', () => {
  const bytes = pack(columnsOf(500));
  const opening = (change: (bytes: Uint8Array) => Uint8Array) => () => new PackedChunk(change(bytes));

  it('are refused when they are cut off anywhere, or go on', () => {
    for (let length = 0; length < bytes.length; length += 7)
      expect(opening((copy) => copy.subarray(0, length))).toThrow(ChunkFormatError);
    expect(opening((copy) => Uint8Array.from([...copy, 0]))).toThrow(/bytes long/);
  });

  it('are refused when they are something else, or of a later version', () => {
    expect(opening(() => new TextEncoder().encode('SQLite format 3'))).toThrow(
      'these bytes are not a chunk of requests',
    );
    expect(opening((copy) => copy.with(3, 3))).toThrow('chunk version 3 is not known, only up to 2');
  });

  it('never cause anything but a ChunkFormatError while a damaged header is read', () => {
    fc.assert(
      fc.property(fc.nat(351), fc.nat(255), (place, value) => {
        try {
          const chunk = opening((copy) => copy.with(place, value))();
          for (const name of TIME_COLUMNS) chunk.times(name);
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkFormatError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a chunk of version 1', () => {
  const { rows, dictionaries } = sampleRun(9, { requests: 24, lostShare: 0.2, clients: 3, nodes: 2 });
  const chunk = new PackedChunk(new Uint8Array(Buffer.from(CHUNK_VERSION_1, 'base64')));

  it('reads as it was written, but for the tries, which nobody noted', () => {
    const [now] = recordRows(rows, { rowsPerChunk: 32 });
    const then = readWindow({ first: 0, chunk }, 0, 24, dictionaries);
    expect(then).toEqual(readWindow(now!, 0, 24, dictionaries).map((row) => ({ ...row, attempts: null })));
    expect(new Set(then.map(({ outcome }) => outcome))).toEqual(new Set(['ok', 'dropped', 'refused']));
    expect(Math.max(...then.map(({ firstPackets }) => firstPackets))).toBeGreaterThan(1);
    expect(rowsOf(chunk, 5, 9).attempts).toEqual(new Int32Array(4));
  });

  it('is refused when it says that it is of version 2, and the other way round', () => {
    const bytes = Buffer.from(CHUNK_VERSION_1, 'base64');
    expect(() => new PackedChunk(new Uint8Array(bytes).with(3, 2))).toThrow(ChunkFormatError);
    expect(() => new PackedChunk(pack(columnsOf(24)).with(3, 1))).toThrow(ChunkFormatError);
  });
});

describe('values that no request can have', () => {
  it.each([
    ['a fraction of a nanosecond', 'atNs', 1.5],
    ['no number', 'latencyNs', Number.NaN],
    ['a time beyond what is exact', 'atNs', 2 ** 53],
    ['a time before the start', 'latencyNs', -2],
    ['a code below none', 'pod', -1],
  ] as const)('%s is an invariant broken', (_, name, value) => {
    const columns = columnsOf(5);
    columns[name][3] = value;
    expect(() => pack(columns)).toThrow(name);
  });
});

it.each([0, 0.01, 0.05])(
  'a loaded cluster that loses a share of %s of its requests takes at most 16 bytes a row',
  (lostShare) => {
    const { rows } = sampleRun(3, { requests: 32768, lostShare });
    let bytes = 0;
    recordRows(rows, { sealed: (data) => (bytes += data.length) });
    const each = bytes / rows.length;
    console.log(`${each.toFixed(2)} bytes a row at ${lostShare} lost`);
    expect(each).toBeLessThanOrEqual(16);
  },
);

function columnsOf(rows: number): ChunkColumns {
  const codes = Object.fromEntries(
    CODE_COLUMNS.map((name, i) => [name, Int32Array.from({ length: rows }, (_, row) => (row * 7919 * (i + 1)) % 97)]),
  ) as Record<CodeColumn, Int32Array>;
  return {
    ...codes,
    atNs: Float64Array.from({ length: rows }, (_, row) => 5e9 + row * 100_003),
    connectNs: Float64Array.from({ length: rows }, (_, row) => (row % 50 === 0 ? -1 : 1e6 + ((row * 7919) % 99_991))),
    latencyNs: Float64Array.from({ length: rows }, (_, row) => 2e6 + ((row * 104_729) % 1e7)),
  };
}
