import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counted, countText, latencyShort, momentText, sentence, shareText, spanText, timeText } from './figures.js';

describe('figures', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('count %d as %s', (count, text) => expect(countText(count)).toBe(text));

  it('say one thing without an s', () => {
    expect([counted(1, 'node'), counted(0, 'node'), counted(2000, 'node')]).toEqual([
      '1 node',
      '0 nodes',
      '2,000 nodes',
    ]);
  });

  it.each([
    [0, 10, '0 %'],
    [10, 10, '100 %'],
    [1, 3, '33.3 %'],
    [3, 1_000_000, '0.0003 %'],
    [999_997, 1_000_000, '99.9997 %'],
    [1999, 2000, '99.95 %'],
    [0, 0, '–'],
  ])('tell the share %d of %d as %s', (part, whole, text) => expect(shareText(part, whole)).toBe(text));

  it('never call a part all or nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1e7 }), fc.nat(), (whole, seed) => {
        const part = 1 + (seed % (whole - 1));
        const percent = Number.parseFloat(shareText(part, whole));
        expect(percent).toBeGreaterThan(0);
        expect(percent).toBeLessThan(100);
        expect(Math.abs(percent - (100 * part) / whole)).toBeLessThanOrEqual(0.0501);
      }),
    );
  });

  it.each([
    [0, '0.0 s'],
    [62_400, '62.4 s'],
    [599_000, '599.0 s'],
    [600_000, '10 min'],
    [750_000, '12 min 30 s'],
    [3_600_000, '1 h'],
    [12_000_000, '3 h 20 min'],
  ])('tell the time %d ms as %s', (ms, text) => expect(timeText(ms)).toBe(text));

  it.each([
    [0.5, '0.5 ms'],
    [5, '5 ms'],
    [181.4, '181 ms'],
    [1000, '1 s'],
    [1500, '1.5 s'],
    [120_000, '2 min'],
  ])('tell the span %d ms as %s', (ms, text) => expect(spanText(ms)).toBe(text));

  it.each([
    [2.5, '2.5 µs'],
    [250, '250 µs'],
    [3200, '3.2 ms'],
    [10_000, '10 ms'],
    [1_000_000, '1 s'],
  ])('tell the latency %d µs as %s', (us, text) => expect(latencyShort(us)).toBe(text));

  it('tell the moment of a request to the millisecond, and begin a sentence', () => {
    expect([momentText(20_181.4), sentence('dropped')]).toEqual(['20.181 s', 'Dropped']);
  });
});
