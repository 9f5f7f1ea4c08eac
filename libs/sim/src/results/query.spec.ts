import { describe, expect, it } from 'vitest';
import type { RequestFilter } from './filter.js';
import { GROUPINGS, type Grouping, GroupQuery } from './query.js';
import { readWindow } from './reader.js';
import type { RequestRow } from './result.js';
import { recordRows, sampleRun } from './testing/sample-run.js';

const QUANTILES = [0, 0.5, 0.9, 0.99, 1];
const { rows, dictionaries } = sampleRun(11, { requests: 5000, clients: 20, nodes: 6, lostShare: 0.1 });
const chunks = recordRows(rows, { rowsPerChunk: 512 });
const all = chunks.flatMap((numbered) => readWindow(numbered, 0, numbered.chunk.rows, dictionaries));

function ask(by: Grouping, filter?: RequestFilter) {
  const query = new GroupQuery(by, dictionaries, QUANTILES, filter);
  for (const { chunk } of chunks) query.add(chunk);
  return query.answer();
}

function grouped(from: readonly RequestRow[], by: Grouping): Map<string | null, RequestRow[]> {
  const groups = new Map<string | null, RequestRow[]>();
  for (const row of from) groups.set(row[by], [...(groups.get(row[by]) ?? []), row]);
  return groups;
}

describe.each(GROUPINGS)('grouping by %s', (by) => {
  const { groups, quantileError } = ask(by);
  const expected = grouped(all, by);

  it('counts the requests and outcomes of every group', () => {
    expect(new Set(groups.map(({ key }) => key))).toEqual(new Set(expected.keys()));
    for (const { key, requests, outcomes } of groups) {
      const members = expected.get(key)!;
      expect(requests).toBe(members.length);
      for (const [outcome, count] of Object.entries(outcomes))
        expect(members.filter((row) => row.outcome === outcome)).toHaveLength(count);
      expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(requests);
    }
  });

  it('measures the answered requests: exactly, and quantiles within the error that it states', () => {
    expect(quantileError).toBeLessThan(0.004);
    for (const { key, latencyUs } of groups) {
      const sorted = expected
        .get(key)!
        .filter(({ outcome }) => outcome === 'ok')
        .map((row) => row.latencyUs)
        .sort((a, b) => a - b);
      if (sorted.length === 0) {
        expect(latencyUs).toBeNull();
        continue;
      }
      expect(latencyUs!.min).toBe(sorted[0]);
      expect(latencyUs!.max).toBe(sorted.at(-1));
      expect(latencyUs!.mean).toBeCloseTo(sorted.reduce((sum, value) => sum + value, 0) / sorted.length, 6);
      QUANTILES.forEach((q, i) => {
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
        expect(Math.abs(latencyUs!.quantiles[i]! - exact) / exact).toBeLessThanOrEqual(quantileError);
      });
    }
  });

  it('puts the greatest group first', () => {
    const sizes = groups.map(({ requests }) => requests);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });
});

describe('a question', () => {
  it('can be asked of the rows that a filter leaves', () => {
    const filter: RequestFilter = { outcome: ['dropped'], fromMs: all[1000]!.atMs };
    const expected = grouped(
      all.slice(1000).filter(({ outcome }) => outcome === 'dropped'),
      'client',
    );
    const { groups } = ask('client', filter);
    expect(Object.fromEntries(groups.map(({ key, requests }) => [key, requests]))).toEqual(
      Object.fromEntries([...expected].map(([key, members]) => [key, members.length])),
    );
    expect(groups.every(({ latencyUs }) => latencyUs === null)).toBe(true);
  });

  it('of no rows has no groups', () => {
    expect(ask('pod', { pod: ['default/nobody'] }).groups).toEqual([]);
    expect(new GroupQuery('pod', dictionaries).answer().groups).toEqual([]);
  });

  it('keeps to its memory with very many groups, and says how exact it still is', () => {
    const many = { ...dictionaries, clients: Array.from({ length: 70_000 }, (_, i) => ({ name: `c${i}`, ip: '' })) };
    const query = new GroupQuery('client', many);
    for (const { chunk } of chunks) query.add(chunk);
    const { groups, quantileError } = query.answer();
    expect(groups.reduce((sum, { requests }) => sum + requests, 0)).toBe(5000);
    expect(quantileError).toBeGreaterThan(0.01);
    expect(quantileError).toBeLessThan(0.13);
  });
});
