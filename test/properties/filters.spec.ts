import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canMatch, chunkStats } from '../../libs/sim/src/results/chunk-stats.js';
import { compileFilter, matchingRows, type RequestFilter } from '../../libs/sim/src/results/filter.js';
import { readRows } from '../../libs/sim/src/results/reader.js';
import { OUTCOMES, type RequestRow, SOURCE_KINDS } from '../../libs/sim/src/results/result.js';
import { smallRun } from '../../libs/sim/src/results/testing/small-run.js';

/** What the filter means, said again without ids, columns or chunks. */
function passes(row: RequestRow, filter: RequestFilter): boolean {
  const among = (values: readonly string[] | undefined, value: string | null) =>
    values === undefined || (value !== null && values.includes(value));
  return (
    among(filter.outcome, row.outcome) &&
    among(filter.sourceKind, row.sourceKind) &&
    among(filter.client, row.client) &&
    among(filter.service, row.service) &&
    among(filter.node, row.node) &&
    among(filter.pod, row.pod) &&
    among(filter.sourceIp, row.sourceIp) &&
    among(filter.cause, row.cause) &&
    row.atMs >= (filter.fromMs ?? Number.NEGATIVE_INFINITY) &&
    row.atMs < (filter.toMs ?? Number.POSITIVE_INFINITY)
  );
}

function some(values: readonly (string | null)[]) {
  const names = [...new Set(values.filter((value) => value !== null)), 'nobody'];
  return fc.option(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }), { nil: undefined });
}

const scene = fc.integer({ min: 1, max: 1e6 }).chain((seed) => {
  const run = smallRun(seed);
  const { all } = run;
  const time = fc.option(fc.constantFrom(...all.map(({ atMs }) => atMs)), { nil: undefined });
  const fields = {
    outcome: some(OUTCOMES),
    sourceKind: some(SOURCE_KINDS),
    client: some(all.map(({ client }) => client)),
    service: some(all.map(({ service }) => service)),
    node: some(all.map(({ node }) => node)),
    pod: some(all.map(({ pod }) => pod)),
    sourceIp: some(all.map(({ sourceIp }) => sourceIp)),
    cause: fc.option(fc.constantFrom(['rule'], ['pod-gone'], ['pod-gone', 'rule']), { nil: undefined }),
    fromMs: time,
    toMs: time,
  };
  // Most fields absent: all of them at once would leave nothing to find.
  const kept = fc.subarray(Object.keys(fields), { maxLength: 3 });
  return fc.tuple(fc.record(fields), kept).map(([all, names]) => {
    const given = Object.entries(all).filter(([name, value]) => value !== undefined && names.includes(name));
    return { run, filter: Object.fromEntries(given) as RequestFilter };
  });
});

describe('a filter', () => {
  it('finds exactly the rows that a row by row comparison finds', () => {
    let found = 0;
    fc.assert(
      fc.property(scene, ({ run, filter }) => {
        const compiled = compileFilter(filter, run.dictionaries);
        const rows = run.chunks.flatMap((numbered) =>
          readRows(numbered, matchingRows(numbered.chunk, compiled), run.dictionaries),
        );
        expect(rows).toEqual(run.all.filter((row) => passes(row, filter)));
        found += rows.length;
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('never passes over a chunk that has a matching row, and does pass over some', () => {
    let skipped = 0;
    fc.assert(
      fc.property(scene, ({ run, filter }) => {
        const compiled = compileFilter(filter, run.dictionaries);
        for (const { chunk } of run.chunks) {
          const stats = JSON.parse(JSON.stringify(chunkStats(chunk)));
          if (canMatch(stats, compiled)) continue;
          expect(matchingRows(chunk, compiled)).toHaveLength(0);
          skipped++;
        }
      }),
      { numRuns: 150 },
    );
    expect(skipped).toBeGreaterThan(0);
  });
});
