import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HealthTimelines, ProbeRunSegment } from '#sim';
import { type ProbeRow, probePage } from './probe-page.js';

const run = (fromMs: number, everyMs: number, count: number, status = 200): ProbeRunSegment => ({
  fromMs,
  everyMs,
  count,
  result: status === 200 ? 'pass' : 'fail',
  status,
});
const timelines = (...streams: ProbeRunSegment[][]): HealthTimelines => ({
  nodes: [],
  loadBalancers: streams.map((runs, n) => ({
    service: 'default/web',
    node: `n${n}`,
    segments: [],
    probes: 0,
    probers: [{ prober: '0', segments: [], runs }],
  })),
});

function all(healthz: HealthTimelines, limit: number, window: { fromMs?: number; toMs?: number } = {}): ProbeRow[] {
  const rows: ProbeRow[] = [];
  let cursor: string | undefined;
  do {
    const page = probePage(healthz, { ...window, limit, cursor, list: 'a' });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    rows.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return rows;
}
const told = (rows: ProbeRow[]) => rows.map(({ node, atMs, status }) => `${atMs} ${node} ${status}`);

it('pages tell every probe once, in the order of time, whatever the size of a page', () => {
  const stream = fc
    .array(
      fc.record({
        gap: fc.integer({ min: 1, max: 9 }),
        every: fc.integer({ min: 1, max: 5 }),
        count: fc.integer({ min: 1, max: 6 }),
      }),
      { maxLength: 4 },
    )
    .map((parts) => {
      let at = 0;
      return parts.map(({ gap, every, count }, n) => {
        const from = at + gap;
        at = from + (count - 1) * every;
        return run(from, count === 1 ? 0 : every, count, n % 2 === 0 ? 200 : 503);
      });
    });
  const window = fc.record({ fromMs: fc.integer({ min: 0, max: 40 }), toMs: fc.integer({ min: 0, max: 60 }) });
  fc.assert(
    fc.property(
      fc.array(stream, { maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      window,
      (streams, limit, { fromMs, toMs }) => {
        const expected = streams.flatMap((runs, node) =>
          runs.flatMap((each) =>
            Array.from({ length: each.count }, (_, n) => ({
              at: each.fromMs + n * each.everyMs,
              node,
              status: each.status,
            })),
          ),
        );
        const inTime = expected
          .filter(({ at }) => at >= fromMs && at < toMs)
          .sort((a, b) => a.at - b.at || a.node - b.node);
        expect(told(all(timelines(...streams), limit, { fromMs, toMs }))).toEqual(
          inTime.map(({ at, node, status }) => `${at} n${node} ${status}`),
        );
      },
    ),
    { seed: 3 },
  );
});

it('a page of a week of probes costs a page', () => {
  const week = timelines(...Array.from({ length: 200 }, (_, n) => [run(n, 5000, 120_000)]));
  const { items, next } = probePage(week, { limit: 100, fromMs: 500_000_000, list: 'a' });
  expect(items).toHaveLength(100);
  expect(items[0]).toMatchObject({ atMs: 500_000_000, node: 'n0' });
  expect(next).not.toBeNull();
});

it('a cursor of another list is refused', () => {
  expect(() => probePage(timelines(), { limit: 1, cursor: 'bm9uc2Vuc2U', list: 'a' })).toThrow('cursor');
});
