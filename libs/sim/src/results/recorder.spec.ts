import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fingerprint } from '../kernel/fingerprint.js';
import type { ChunkColumns } from './columns.js';
import { PackedChunk } from './packed-chunk.js';
import { RequestRecorder } from './recorder.js';
import type { SealedChunk } from './result.js';
import { type EndArguments, recordRows, sampleRun } from './testing/sample-run.js';

const ROWS_PER_CHUNK = 64;
const { rows: sample } = sampleRun(5, { requests: 300, lostShare: 0.2 });

function row(request: number, latencyNs = 1000): EndArguments {
  return [request, request * 10, 1, 1, 0, 0, 1, 1, 0, 200, 1, 500, latencyNs, 0, 1];
}

describe('the recorder', () => {
  it('numbers requests from 0 in the order in which they begin', () => {
    const recorder = new RequestRecorder(() => {}, 2);
    expect([recorder.begin(), recorder.begin(), recorder.begin()]).toEqual([0, 1, 2]);
    expect(recorder.requests).toBe(3);
  });

  it('gives the same chunks whatever the order in which requests end', () => {
    const expected = recordRows(sample, { rowsPerChunk: ROWS_PER_CHUNK });
    expect(expected.map(({ first, chunk }) => [first, chunk.rows])).toEqual([
      [0, 64],
      [64, 64],
      [128, 64],
      [192, 64],
      [256, 44],
    ]);
    const orders = fc.shuffledSubarray([...sample.keys()], { minLength: sample.length });
    fc.assert(
      fc.property(orders, (order) => {
        const chunks = recordRows(sample, { rowsPerChunk: ROWS_PER_CHUNK, order });
        expect(chunks).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('takes down every argument of end in its own column', () => {
    const [numbered] = recordRows(sample, { rowsPerChunk: 512 });
    const { chunk } = numbered!;
    const columns = [
      chunk.times('atNs'),
      ...(['client', 'target', 'lb', 'entryNode', 'pod', 'source', 'outcome', 'status', 'firstPackets'] as const).map(
        (name) => chunk.codes(name),
      ),
      chunk.times('connectNs'),
      chunk.times('latencyNs'),
      chunk.codes('reason'),
      chunk.codes('attempts'),
    ];
    sample.forEach(([, ...values], request) => {
      expect(columns.map((column) => column[request])).toEqual(values);
    });
  });

  it('seals a chunk at once when its last request ends, and only then', () => {
    const sealed: number[] = [];
    const recorder = new RequestRecorder(({ first }) => sealed.push(first), 2);
    for (let i = 0; i < 5; i++) recorder.begin();
    recorder.end(...row(2));
    recorder.end(...row(1));
    expect(sealed).toEqual([]);
    recorder.end(...row(3));
    expect(sealed).toEqual([2]);
    recorder.end(...row(0));
    recorder.end(...row(4));
    expect(sealed).toEqual([2, 0]);
    recorder.finish();
    expect(sealed).toEqual([2, 0, 4]);
  });

  it('uses the arrays of a sealed chunk again without a trace of it', () => {
    const arrays = new Set<ChunkColumns>();
    const chunks: SealedChunk[] = [];
    const recorder = new RequestRecorder((chunk) => chunks.push(chunk), 4, [
      { sealing: (columns) => arrays.add(columns) },
    ]);
    for (let i = 0; i < 14; i++) recorder.end(...row(recorder.begin(), 1000 + i));
    recorder.finish();
    expect(arrays.size).toBe(1);
    const latencies = chunks.flatMap(({ data }) => [...new PackedChunk(data).times('latencyNs')]);
    expect(latencies).toEqual(Array.from({ length: 14 }, (_, i) => 1000 + i));
  });

  it('ends without a chunk when nothing began', () => {
    const recorder = new RequestRecorder(() => expect.fail('nothing to seal'));
    expect(() => recorder.finish()).not.toThrow();
  });

  it('ends without a further chunk when the last one is full', () => {
    expect(recordRows([row(0), row(1), row(2), row(3)], { rowsPerChunk: 2 })).toHaveLength(2);
  });

  it('adds to the fingerprint what it hands on, in that order', () => {
    const own = new Fingerprint();
    const expected = new Fingerprint();
    const sink = ({ first, data }: SealedChunk) => expected.number(first).bytes(data);
    const recorder = new RequestRecorder(sink, 2, [], own);
    for (let i = 0; i < 4; i++) recorder.begin();
    for (const request of [3, 2, 1, 0]) recorder.end(...row(request));
    recorder.finish();
    expect(own.digest()).toBe(expected.digest());
    expect(own.digest()).not.toBe(new Fingerprint().digest());
  });

  it.each([
    ['ends twice', (recorder: RequestRecorder) => recorder.end(...row(1))],
    ['has not begun', (recorder: RequestRecorder) => recorder.end(...row(3))],
    [
      'belongs to a chunk that is sealed',
      (recorder: RequestRecorder) => {
        recorder.end(...row(0));
        recorder.end(...row(0));
      },
    ],
  ])('refuses a request that %s', (_, end) => {
    const recorder = new RequestRecorder(() => {}, 2);
    for (let i = 0; i < 3; i++) recorder.begin();
    recorder.end(...row(1));
    expect(() => end(recorder)).toThrow(/has not begun or has ended already/);
  });

  it('refuses to finish while a request is under way', () => {
    const recorder = new RequestRecorder(() => {}, 2);
    for (let i = 0; i < 3; i++) recorder.begin();
    recorder.end(...row(2));
    expect(() => recorder.finish()).toThrow(/still under way/);
  });

  it('refuses chunks whose size is no power of two', () => {
    expect(() => new RequestRecorder(() => {}, 1000)).toThrow(/power of two/);
  });
});
