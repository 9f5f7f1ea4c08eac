import { describe, expect, it } from 'vitest';
import { draw, drawBits, drawExponential, drawInt, Stream } from './draw.js';

/** How many standard deviations chi-square lies from its mean, for numbers in [0, 1) put into `cells`. */
function chiSquare(count: number, cells: number, value: (i: number) => number): number {
  const tallies = new Float64Array(cells);
  for (let i = 0; i < count; i++) tallies[Math.floor(value(i) * cells)]!++;
  const expected = count / cells;
  const sum = tallies.reduce((total, tally) => total + (tally - expected) ** 2 / expected, 0);
  return (sum - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}

const COUNT = 200_000;

describe('draw', () => {
  it('gives the numbers that every version must give', () => {
    const keys: [number, number, number, number][] = [
      [0, 0, 0, 0],
      [7, Stream.pick, 0, 0],
      [7, Stream.pick, 0, 1],
      [7, Stream.arrival, 1, 0],
      [-1, Stream.lb, 2 ** 31 - 1, -(2 ** 31)],
    ];
    expect(keys.map((key) => drawBits(...key))).toMatchInlineSnapshot(`
      [
        1475676681,
        1515486413,
        649934494,
        -1749257410,
        575114149,
      ]
    `);
    expect(keys.map((key) => drawExponential(...key))).toMatchInlineSnapshot(`
      [
        1.0683272892628717,
        1.0417074885243474,
        1.8883276398350128,
        0.5230343960724015,
        2.01063067798972,
      ]
    `);
  });

  it.each<[string, (i: number) => number]>([
    ['one after the other', (i) => draw(7, Stream.pick, 0, i)],
    ['of one client after the other', (i) => draw(7, Stream.pick, i, 0)],
    ['of a hundred clients', (i) => draw(7, Stream.pick, i % 100, Math.floor(i / 100))],
    ['of one seed after the other', (i) => draw(i, Stream.pick, 3, 5)],
    ['of keys with zeros at their end', (i) => draw(7, Stream.pick, 0, i * 4096)],
    ['of one stream after the other', (i) => draw(7, i % 10, 1, Math.floor(i / 10))],
  ])('is uniform over numbers %s', (_, value) => {
    expect(Math.abs(chiSquare(COUNT, 1024, value))).toBeLessThan(4);
  });

  it.each<[string, (i: number) => [number, number]]>([
    ['requests', (i) => [draw(7, 1, 5, i), draw(7, 1, 5, i + 1)]],
    ['clients', (i) => [draw(7, 1, i, 5), draw(7, 1, i + 1, 5)]],
    ['streams', (i) => [draw(7, 1, 5, i), draw(7, 2, 5, i)]],
    ['seeds', (i) => [draw(i, 1, 5, 5), draw(i + 1, 1, 5, 5)]],
  ])('is independent between neighbouring %s', (_, pair) => {
    const square = (i: number): number => {
      const [x, y] = pair(i);
      return (Math.floor(x * 32) * 32 + Math.floor(y * 32)) / 1024;
    };
    expect(Math.abs(chiSquare(COUNT, 1024, square))).toBeLessThan(4);
  });

  it('flips each bit half the time when one bit of the key flips', () => {
    const trials = 2000;
    let worst = 0;
    for (let part = 0; part < 4; part++) {
      for (let bit = 0; bit < 32; bit++) {
        const flips = new Int32Array(32);
        for (let i = 0; i < trials; i++) {
          const key: [number, number, number, number] = [7, 1 + (i % 9), i % 40, i];
          const before = drawBits(...key);
          key[part]! ^= 1 << bit;
          const changed = before ^ drawBits(...key);
          for (let out = 0; out < 32; out++) flips[out]! += (changed >>> out) & 1;
        }
        for (const count of flips) worst = Math.max(worst, Math.abs(count / trials - 0.5));
      }
    }
    // 4096 coins: the worst lies about 4 standard deviations (0.011 each) out.
    expect(worst).toBeLessThan(0.06);
  });

  it('gives no two clients the same sequence some requests apart', () => {
    const pairs = new Set<string>();
    for (let client = 0; client < 1000; client++) {
      for (let request = 0; request < 200; request++) {
        pairs.add(`${drawBits(7, Stream.source, client, request)} ${drawBits(7, Stream.source, client, request + 1)}`);
      }
    }
    expect(pairs.size).toBe(200_000);
  });

  it('draws integers below n, each of them', () => {
    const tallies = new Int32Array(7);
    for (let i = 0; i < 7000; i++) tallies[drawInt(7, Stream.pick, 0, i, 7)]!++;
    expect(Math.min(...tallies)).toBeGreaterThan(880);
    expect(tallies.reduce((sum, tally) => sum + tally, 0)).toBe(7000);
  });
});
