import { describe, expect, it } from 'vitest';
import { exponentialOf } from './exponential.js';
import { Sfc32 } from './sfc32.js';

describe('exponentialOf', () => {
  it('is the logarithm, to the last digits', () => {
    const random = new Sfc32(1, 2, 3);
    const bits = [0, 1, 2, 3, -1, -2, 2 ** 31, 2 ** 31 - 1, ...Array.from({ length: 50_000 }, () => random.bits())];
    let worst = 0;
    for (const word of bits) {
      const exact = -Math.log(((word >>> 0) + 0.5) / 2 ** 32);
      worst = Math.max(worst, Math.abs(exponentialOf(word) - exact) / Math.max(1, exact));
    }
    expect(worst).toBeLessThan(1e-15);
  });

  it('gives the numbers that every version must give', () => {
    expect([0, 1, 12_345, 2 ** 30, 2 ** 31, -1].map(exponentialOf)).toMatchInlineSnapshot(`
      [
        22.87385695847819,
        21.775244669810082,
        12.759662874731537,
        1.3862943606542284,
        0.6931471803271139,
        1.1641518738586543e-10,
      ]
    `);
  });

  it('has mean and variance 1', () => {
    const random = new Sfc32(4, 5, 6);
    let [sum, squares] = [0, 0];
    const count = 200_000;
    for (let i = 0; i < count; i++) {
      const value = exponentialOf(random.bits());
      sum += value;
      squares += value * value;
    }
    const mean = sum / count;
    expect(mean).toBeCloseTo(1, 2);
    expect(squares / count - mean * mean).toBeCloseTo(1, 1);
  });
});
