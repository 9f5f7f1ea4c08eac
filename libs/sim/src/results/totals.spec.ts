import { describe, expect, it } from 'vitest';
import type { Expectation } from '../scenario.js';
import { ExpectationCounters } from './expectation-counters.js';
import { readWindow } from './reader.js';
import type { RequestRow } from './result.js';
import { recordRows, sampleRun } from './testing/sample-run.js';
import { RunTotals } from './totals.js';

const { rows, dictionaries } = sampleRun(21, { requests: 3000, clients: 4, nodes: 3, lostShare: 0.1 });
const totals = new RunTotals(dictionaries);
const chunks = recordRows(rows, { rowsPerChunk: 256, watchers: [totals] });
const all = chunks.flatMap((numbered) => readWindow(numbered, 0, numbered.chunk.rows, dictionaries));

function count(values: (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe('the totals of a run', () => {
  it('are those of its rows', () => {
    const latencies = all.filter(({ outcome }) => outcome === 'ok').map(({ latencyUs }) => latencyUs);
    const summary = totals.summary();
    expect(summary.requests).toBe(3000);
    expect(summary.outcomes).toEqual(count(all.map(({ outcome }) => outcome)));
    expect(summary.sourceKinds).toEqual(count(all.map(({ sourceKind }) => sourceKind)));
    expect(summary.latencyUs!.min).toBe(Math.min(...latencies));
    expect(summary.latencyUs!.max).toBe(Math.max(...latencies));
    expect(summary.latencyUs!.mean).toBeCloseTo(latencies.reduce((a, b) => a + b, 0) / latencies.length, 6);
  });

  it('have no latency where nothing was answered', () => {
    expect(new RunTotals(dictionaries).summary()).toEqual({
      requests: 0,
      outcomes: {},
      sourceKinds: {},
      latencyUs: null,
    });
  });
});

describe('an expectation', () => {
  const expecting = (
    where: Expectation['where'],
    bounds: Partial<Pick<Expectation, 'share' | 'count'>> = {},
  ): Expectation => ({
    name: 'expected',
    where,
    share: null,
    count: null,
    ...bounds,
  });
  const check = (expectation: Expectation) => {
    const counters = new ExpectationCounters([expectation], dictionaries);
    recordRows(rows, { rowsPerChunk: 256, watchers: [counters] });
    return counters.results()[0]!;
  };
  const having = (test: (row: RequestRow) => boolean) => all.filter(test).length;

  it.each<[string, Expectation['where'], (row: RequestRow) => boolean, (row: RequestRow) => boolean]>([
    ['outcome, of all requests', { outcome: 'ok' }, (row) => row.outcome === 'ok', () => true],
    [
      'outcome and source kind, of those of a client',
      { outcome: 'ok', sourceKind: 'client', client: 'client-1' },
      (row) => row.outcome === 'ok' && row.sourceKind === 'client' && row.client === 'client-1',
      (row) => row.client === 'client-1',
    ],
    [
      'outcome, of those that came to a pod and node of a service',
      { outcome: 'http-error', service: 'default/web', node: 'node-2', pod: 'default/web-2' },
      (row) => row.outcome === 'http-error' && row.pod === 'default/web-2',
      (row) => row.pod === 'default/web-2',
    ],
    ['a client that nobody is', { outcome: 'ok', client: 'nobody' }, () => false, () => false],
  ])('counts by %s', (_, where, matches, inScope) => {
    const { matched, of, share } = check(expecting(where));
    expect([matched, of]).toEqual([having(matches), having(inScope)]);
    expect(share).toBe(of === 0 ? null : matched / of);
  });

  it('passes by the bounds of its share and its count, both included', () => {
    const dropped = having(({ outcome }) => outcome === 'dropped');
    const passed = (bounds: Partial<Pick<Expectation, 'share' | 'count'>>) =>
      check(expecting({ outcome: 'dropped' }, bounds)).passed;
    expect(passed({ count: { min: dropped, max: dropped } })).toBe(true);
    expect(passed({ count: { min: dropped + 1, max: null } })).toBe(false);
    expect(passed({ count: { min: null, max: dropped - 1 } })).toBe(false);
    expect(passed({ share: { min: dropped / 3000, max: dropped / 3000 } })).toBe(true);
    expect(passed({ share: { min: null, max: 0 } })).toBe(false);
    expect(passed({ share: { min: 0, max: 1 }, count: { min: null, max: 0 } })).toBe(false);
  });

  it('of a share fails when there was no request to judge by, of a count it does not', () => {
    expect(check(expecting({ client: 'nobody' }, { share: { min: 0, max: 1 } })).passed).toBe(false);
    expect(check(expecting({ client: 'nobody' }, { count: { min: 0, max: 0 } })).passed).toBe(true);
  });

  it('knows pods that appear while the run goes on', () => {
    const growing = { ...dictionaries, pods: dictionaries.pods.slice(0, 1) };
    const counters = new ExpectationCounters([expecting({ pod: 'default/web-2' })], growing);
    let chunksSeen = 0;
    const grow = { sealing: () => void (chunksSeen++ === 3 && growing.pods.push(...dictionaries.pods.slice(1))) };
    recordRows(rows, { rowsPerChunk: 256, watchers: [grow, counters] });
    const later = all.slice(3 * 256).filter(({ pod }) => pod === 'default/web-2').length;
    expect(counters.results()[0]!.matched).toBe(later);
    expect(later).toBeGreaterThan(0);
  });
});
