import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binWidthMs, OverviewQuery } from '../../libs/sim/src/results/overview.js';
import { readWindow } from '../../libs/sim/src/results/reader.js';
import { OUTCOMES, type RequestRow } from '../../libs/sim/src/results/result.js';
import { recordRows, sampleRun } from '../../libs/sim/src/results/testing/sample-run.js';

const shapes = fc.record({
  seed: fc.nat(1000),
  requests: fc.integer({ min: 1, max: 3000 }),
  clients: fc.integer({ min: 1, max: 60 }),
  nodes: fc.integer({ min: 1, max: 60 }),
  lostShare: fc.constantFrom(0, 0.002, 0.1, 1),
  rowsPerChunk: fc.constantFrom(64, 512, 8192),
});
type Shape = typeof shapes extends fc.Arbitrary<infer Value> ? Value : never;

function overviewOf({ seed, rowsPerChunk, ...options }: Shape) {
  const { rows, dictionaries } = sampleRun(seed, options);
  const chunks = recordRows(rows, { rowsPerChunk });
  const all = chunks.flatMap((numbered) => readWindow(numbered, 0, numbered.chunk.rows, dictionaries));
  const virtualMs = all.at(-1)!.atMs + 500;
  const query = new OverviewQuery(dictionaries, { requests: all.length, virtualMs });
  for (const numbered of chunks) query.add(numbered);
  return { all, overview: query.answer(), virtualMs };
}

const count = <Key>(rows: readonly RequestRow[], key: (row: RequestRow) => Key) => {
  const counts = new Map<Key, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return counts;
};
const holds = (check: (shape: Shape) => void) => fc.assert(fc.property(shapes, check), { numRuns: 40 });

describe('an overview, against a count row by row', () => {
  it('has every request in the bin of its time, by outcome', () => {
    holds((shape) => {
      const { all, overview, virtualMs } = overviewOf(shape);
      const { bins, binMs } = overview;
      expect(overview.requests).toBe(all.length);
      expect(bins.length).toBe(Math.ceil(virtualMs / binMs));
      const expected = count(all, (row) => `${Math.floor(row.atMs / binMs)} ${row.outcome}`);
      bins.forEach(({ fromMs, toMs, requests, outcomes }, bin) => {
        expect([fromMs, toMs]).toEqual([bin * binMs, (bin + 1) * binMs]);
        expect(outcomes).toEqual(OUTCOMES.map((outcome) => expected.get(`${bin} ${outcome}`) ?? 0));
        expect(requests).toBe(outcomes.reduce((sum, n) => sum + n, 0));
      });
    });
  });

  it('tells quantiles of answered requests within its error, by bin and of all, and the spread whole', () => {
    holds((shape) => {
      const { all, overview } = overviewOf(shape);
      const near = (rows: readonly RequestRow[], figures: { quantiles: number[]; max: number } | null) => {
        const sorted = rows
          .filter(({ outcome }) => outcome === 'ok')
          .map(({ latencyUs }) => latencyUs)
          .sort((a, b) => a - b);
        if (sorted.length === 0) return expect(figures).toBeNull();
        expect(figures!.max).toBe(sorted.at(-1));
        [0.5, 0.9, 0.99].forEach((q, i) => {
          const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
          expect(Math.abs(figures!.quantiles[i]! - exact) / exact).toBeLessThanOrEqual(overview.quantileError);
        });
      };
      near(all, overview.latencyUs);
      overview.bins.forEach(({ latencyUs, fromMs, toMs }) => {
        near(
          all.filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
          latencyUs,
        );
      });
      for (const { fromUs, toUs, count: counted } of overview.spread) {
        const inside = all.filter((row) => row.outcome === 'ok' && row.latencyUs >= fromUs && row.latencyUs < toUs);
        expect(inside).toHaveLength(counted);
      }
    });
  });

  it('counts the sources that pods saw, and where the traffic of each pod came from', () => {
    holds((shape) => {
      const { all, overview } = overviewOf(shape);
      const seen = all.filter(({ sourceIp }) => sourceIp !== null);
      const bySource = count(seen, ({ sourceKind, sourceIp }) => `${sourceKind} ${sourceIp}`);
      expect(overview.sources).toHaveLength(Math.min(40, bySource.size));
      for (const { kind, ip, requests } of overview.sources) expect(bySource.get(`${kind} ${ip}`)).toBe(requests);
      expect(overview.sourceKinds.reduce((sum, { requests }) => sum + requests, 0)).toBe(seen.length);
      expect(overview.sourceKinds.reduce((sum, { addresses }) => sum + addresses, 0)).toBe(bySource.size);
      for (const [table, key] of [
        [overview.byEntry, 'entryNode'],
        [overview.byClient, 'client'],
      ] as const) {
        const pairs = count(seen, (row) => `${row.pod} ${row[key]}`);
        for (const { pod, requests, cells, other } of table.rows) {
          expect(requests).toBe(seen.filter((row) => row.pod === pod).length);
          expect(cells).toEqual(table.columns.map((column) => pairs.get(`${pod} ${column}`) ?? 0));
          expect(other).toBe(requests - cells.reduce((sum, n) => sum + n, 0));
        }
        expect(table.rows.length + table.rowsLeftOut).toBe(new Set(seen.map(({ pod }) => pod)).size);
        expect(table.columns.length + table.columnsLeftOut).toBe(new Set(seen.map((row) => row[key])).size);
      }
    });
  });

  it('keeps a sample of the rows, with the first of each reason among them', () => {
    holds((shape) => {
      const { all, overview } = overviewOf(shape);
      const failed = all.filter(({ outcome }) => outcome !== 'ok');
      const { samples } = overview;
      expect(samples.length).toBeLessThanOrEqual(320);
      if (all.length <= 320) expect(samples).toEqual(all);
      for (const sample of samples) expect(sample).toEqual(all[sample.request]);
      expect(samples.map(({ request }) => request)).toEqual(
        [...new Set(samples.map(({ request }) => request))].sort((a, b) => a - b),
      );
      if (all.some(({ outcome }) => outcome === 'ok'))
        expect(samples.some(({ outcome }) => outcome === 'ok')).toBe(true);
      const reasons = new Set(failed.flatMap(({ reason }) => reason ?? []));
      if (reasons.size <= 60)
        for (const reason of reasons) expect(samples).toContainEqual(failed.find((row) => row.reason === reason));
    });
  });
});

describe('the width of a bin', () => {
  it.each([
    [0, 1],
    [120, 1],
    [121, 2],
    [60_000, 500],
    [70_000, 1000],
    [3600_000, 30_000],
    [86_400_000 * 30, 28_800_000],
    [86_400_000 * 100, 86_400_000],
  ])('of a run of %d ms is %d ms', (virtualMs, width) => {
    expect(binWidthMs(virtualMs)).toBe(width);
    expect(virtualMs / width).toBeLessThanOrEqual(120);
  });
});

describe('a large run', () => {
  it('of 1e6 requests takes well under a second', () => {
    const { rows, dictionaries } = sampleRun(3, { requests: 100_000, lostShare: 0.00001 });
    const chunks = recordRows(rows);
    const virtualMs = rows.at(-1)![1] / 1e6;
    const query = new OverviewQuery(dictionaries, { requests: 1_000_000, virtualMs });
    const began = performance.now();
    for (let round = 0; round < 10; round++) for (const numbered of chunks) query.add(numbered);
    const tookMs = performance.now() - began;
    console.log(`overview of 1e6 requests: ${tookMs.toFixed(0)} ms`);
    expect(query.answer().requests).toBe(1_000_000);
    expect(tookMs).toBeLessThan(1500);
  });
});
