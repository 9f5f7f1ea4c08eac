import { describe, expect, it } from 'vitest';
import { canMatch, chunkStats } from './chunk-stats.js';
import { compileFilter, matchingRows, type RequestFilter } from './filter.js';
import { OUTCOMES } from './result.js';
import { recordRows, sampleRun } from './testing/sample-run.js';
import { ROWS_PER_CHUNK, smallRun } from './testing/small-run.js';

describe('a filter', () => {
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
