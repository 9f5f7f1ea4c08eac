import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstJsonError } from './json-place.js';

describe('the place where JSON breaks', () => {
  it.each([
    ['', 1, 1],
    ['{"a":}', 1, 6],
    ['{\n  "a": 1,\n  "b" 2\n}', 3, 7],
    ['{"a": 1,}', 1, 9],
    ['[1, 2', 1, 6],
    ['{"a": tru}', 1, 7],
    ['{"a": 01}', 1, 7],
    ['{"a": "b\nc"}', 1, 7],
    ['{"a": 1} x', 1, 10],
    ['[1}', 1, 3],
    ["{'a': 1}", 1, 2],
    ['{a: 1}', 1, 2],
    ['{"a": NaN}', 1, 7],
  ])('of %j is line %i, column %i', (text, line, column) => {
    expect(firstJsonError(text)).toEqual({ line, column });
  });

  it('is the end of the text for JSON that was cut off anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 10, max: 99 }), { minLength: 1 }), fc.nat(), (values, cut) => {
        const whole = JSON.stringify({ list: values });
        const text = whole.slice(0, 8 + (cut % (whole.length - 8)));
        const { column } = firstJsonError(text);
        expect(column).toBeGreaterThanOrEqual(text.length);
      }),
      { numRuns: 200 },
    );
  });

  it('is behind everything in JSON that has no error', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(firstJsonError(`${text}#`).column).toBe(text.length + 1);
      }),
      { numRuns: 300 },
    );
  });
});
