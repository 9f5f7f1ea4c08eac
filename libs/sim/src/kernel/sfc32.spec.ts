import { describe, expect, it } from 'vitest';
import { Sfc32 } from './sfc32.js';

describe('Sfc32', () => {
  it('draws what the reference implementation draws', () => {
    const random = new Sfc32(0x9e3779b9, 0x243f6a88, 0xb7e15162);
    expect(Array.from({ length: 4 }, () => random.bits() >>> 0)).toEqual([
      473542192, 3964317691, 2295682031, 2113742504,
    ]);
  });

  it('draws uniform numbers strictly between 0 and 1 and integers below n', () => {
    const random = new Sfc32(1, 2, 3);
    for (let i = 0; i < 10_000; i++) {
      const u = random.uniform();
      expect(u > 0 && u < 1).toBe(true);
      expect([0, 1, 2]).toContain(random.int(3));
    }
  });
});
