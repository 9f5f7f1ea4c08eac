import { describe, expect, it } from 'vitest';
import { isEqual } from './plain-equality.js';

describe('plain data', () => {
  it('is equal where it says the same', () => {
    expect(isEqual({ a: [1, { b: 2n }], c: null }, { a: [1, { b: 2n }], c: null })).toBe(true);
    expect(isEqual({ a: [1, { b: 2n }] }, { a: [1, { b: 3n }] })).toBe(false);
    expect(isEqual([1], [1, 2])).toBe(false);
    expect(isEqual(null, {})).toBe(false);
  });

  it('may hold maps and sets, which are compared by what is in them', () => {
    expect(isEqual({ a: new Map([['x', { y: 1 }]]) }, { a: new Map([['x', { y: 1 }]]) })).toBe(true);
    expect(isEqual(new Map([['x', 1]]), new Map([['x', 2]]))).toBe(false);
    expect(isEqual(new Map([['x', 1]]), new Map([['y', 1]]))).toBe(false);
    expect(isEqual(new Set(['x']), new Set(['y']))).toBe(false);
    expect(isEqual(new Map(), {})).toBe(false);
    expect(isEqual({}, new Map())).toBe(false);
  });
});
