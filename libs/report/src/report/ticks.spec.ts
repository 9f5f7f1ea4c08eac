import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTicks, latencyTicks, timeTicks } from './ticks.js';

describe('ticks', () => {
  it('of time are round, few, within the run, and no two read the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 * 86_400_000 }), fc.integer({ min: 4, max: 12 }), (endMs, most) => {
        const ticks = timeTicks(endMs, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        expect(ticks[0]!.value).toBe(0);
        expect(ticks.at(-1)!.value).toBeLessThanOrEqual(endMs);
        expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
      }),
    );
  });

  it.each([
    [70_000, 8, ['0', '10 s', '20 s', '30 s', '40 s', '50 s', '60 s', '70 s']],
    [386_000, 12, ['0', '60 s', '120 s', '180 s', '240 s', '300 s', '360 s']],
    [7_200_000, 5, ['0', '30 min', '1:00 h', '1:30 h', '2:00 h']],
    [900, 5, ['0', '200 ms', '400 ms', '600 ms', '800 ms']],
  ])('of a run of %d ms, at most %d', (endMs, most, texts) => {
    expect(timeTicks(endMs, most).map(({ text }) => text)).toEqual(texts);
  });

  it('of counts are whole, begin at 0 and stay below the top', () => {
    fc.assert(
      fc.property(fc.nat(1e7), (most) => {
        const { top, ticks } = countTicks(most);
        expect(top).toBeGreaterThanOrEqual(most);
        expect(ticks[0]).toBe(0);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(4);
        for (const tick of ticks) expect(Number.isInteger(tick)).toBe(true);
        expect(ticks.at(-1)).toBeLessThanOrEqual(top * 1.0001);
      }),
    );
  });

  it('of latencies are within the axis, and there are some, but not many', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e7, noNaN: true }),
        fc.double({ min: 1.3, max: 1e5, noNaN: true }),
        (least, span) => {
          const ticks = latencyTicks(least, least * span);
          for (const { value } of ticks) {
            expect(value).toBeGreaterThanOrEqual(least * 0.99);
            expect(value).toBeLessThanOrEqual(least * span * 1.01);
          }
          expect(ticks.length).toBeGreaterThanOrEqual(1);
          expect(ticks.length).toBeLessThanOrEqual(12);
        },
      ),
    );
  });
});
