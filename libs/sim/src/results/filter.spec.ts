import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canMatch, chunkStats } from './chunk-stats.js';
import { compileFilter, matchingRows, type RequestFilter } from './filter.js';
import { readRows } from './reader.js';
import { OUTCOMES, type RequestRow, SOURCE_KINDS } from './result.js';
import { recordRows, sampleRun } from './testing/sample-run.js';

const ROWS_PER_CHUNK = 32;

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

/** Few of everything, so that filters of two fields still find something, or more than 64 ids of everything. */
function smallRun(seed: number) {
  const size = seed % 2 === 0 ? { clients: 5, nodes: 4 } : { clients: 90, nodes: 80 };
  const { rows, dictionaries } = sampleRun(seed, { requests: 400, lostShare: 0.2, ...size });
  const chunks = recordRows(rows, { rowsPerChunk: ROWS_PER_CHUNK });
  const all = chunks.flatMap((numbered) => readRows(numbered, [...Array(numbered.chunk.rows).keys()], dictionaries));
  return { chunks, dictionaries, all };
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

  it('that asks for nothing matches every row', () => {
    const { chunks, dictionaries } = smallRun(1);
    const rows = matchingRows(chunks[0]!.chunk, compileFilter({}, dictionaries));
    expect([...rows]).toEqual([...Array(ROWS_PER_CHUNK).keys()]);
  });

  it('takes a time as a row shows it', () => {
    const { chunks, dictionaries, all } = smallRun(2);
    for (const { atMs } of all.slice(0, ROWS_PER_CHUNK)) {
      const from = matchingRows(chunks[0]!.chunk, compileFilter({ fromMs: atMs }, dictionaries));
      const to = matchingRows(chunks[0]!.chunk, compileFilter({ toMs: atMs }, dictionaries));
      expect(from.length + to.length).toBe(ROWS_PER_CHUNK);
      expect(all[from[0]!]!.atMs).toBe(atMs);
    }
  });
});

describe('the statistics of a chunk', () => {
  it('count outcomes exactly and bound the times', () => {
    const { chunks, all } = smallRun(3);
    const stats = chunkStats(chunks[1]!.chunk);
    const rows = all.slice(ROWS_PER_CHUNK, 2 * ROWS_PER_CHUNK);
    expect(stats.rows).toBe(ROWS_PER_CHUNK);
    expect(stats.outcomes).toEqual(OUTCOMES.map((name) => rows.filter(({ outcome }) => outcome === name).length));
    expect([stats.leastAtNs / 1e6, stats.mostAtNs / 1e6]).toEqual([rows[0]!.atMs, rows.at(-1)!.atMs]);
  });

  it('pass over a chunk that ends before the time asked for, or begins at the one that is excluded', () => {
    const { chunks, dictionaries } = smallRun(3);
    const stats = chunkStats(chunks[1]!.chunk);
    const asked = (filter: RequestFilter) => canMatch(stats, compileFilter(filter, dictionaries));
    expect(asked({ fromMs: stats.mostAtNs / 1e6 })).toBe(true);
    expect(asked({ fromMs: (stats.mostAtNs + 1) / 1e6 })).toBe(false);
    expect(asked({ toMs: (stats.leastAtNs + 1) / 1e6 })).toBe(true);
    expect(asked({ toMs: stats.leastAtNs / 1e6 })).toBe(false);
  });

  it('pass over a chunk in which a rare pod or outcome does not occur', () => {
    const { chunks, dictionaries, all } = smallRun(5);
    const seen = new Set(all.slice(0, ROWS_PER_CHUNK).map(({ pod }) => pod));
    const absent = dictionaries.pods
      .map(({ name }) => name)
      .slice(1, 65)
      .filter((name) => !seen.has(name));
    const stats = chunkStats(chunks[0]!.chunk);
    const passedOver = absent.filter((name) => !canMatch(stats, compileFilter({ pod: [name] }, dictionaries)));
    expect(passedOver.length).toBeGreaterThan(absent.length / 2);
    expect(canMatch(stats, compileFilter({ outcome: ['reset'] }, dictionaries))).toBe(false);
  });

  it('take less than 600 bytes as JSON', () => {
    const { rows } = sampleRun(4, { requests: 8192 });
    const [numbered] = recordRows(rows);
    expect(JSON.stringify(chunkStats(numbered!.chunk)).length).toBeLessThan(600);
  });
});
