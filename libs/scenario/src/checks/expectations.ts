import type { Bounds, Expectation } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';

/** An expectation can fail, and can be met. */
export function checkExpectations(draft: Draft, issues: IssueList): void {
  for (const { value, at } of draft.expect) {
    const ranges = rangesOf(value);
    if (!value.health && ranges.every(({ bounds: { min, max } }) => min === null && max === null))
      issues.add('expectation-without-bound', at, `The expectation "${value.name}" has no bound.`);
    for (const { path, bounds } of [...ranges, ...healthRanges(value)]) {
      const { min, max } = bounds;
      if (min !== null && max !== null && min > max)
        issues.add('empty-range', [...at, ...path], `min ${min} is more than max ${max}.`);
    }
    checkWindow(value, at, issues);
  }
}

interface Range {
  path: Path;
  bounds: Bounds;
}

function rangesOf({ share, count, latency = [] }: Expectation): Range[] {
  const given = [
    ['share', share],
    ['count', count],
  ] as const;
  return [
    ...given.flatMap(([field, bounds]) => (bounds === null ? [] : [{ path: [field], bounds }])),
    ...latency.map(({ minNs, maxNs }) => ({ path: ['latency'], bounds: { min: minNs, max: maxNs } })),
  ];
}

function healthRanges({ health }: Expectation): Range[] {
  if (!health) return [];
  const given = [
    ['begins', health.begins],
    ['ends', health.ends],
    ['forAtLeast', health.lasts],
  ] as const;
  return given.flatMap(([field, bounds]) => (bounds === null ? [] : [{ path: ['healthz', field], bounds }]));
}

function checkWindow({ window }: Expectation, at: Path, issues: IssueList): void {
  if (!window) return;
  const { fromNs, toNs } = window;
  if (toNs !== null && toNs <= fromNs)
    issues.add(
      'empty-range',
      [...at, 'window'],
      `The window ends at ${toNs / 1e9} s, and begins at ${fromNs / 1e9} s.`,
    );
}
