import { describe, expect, it } from 'vitest';
import { Fingerprint } from './fingerprint.js';

const of = (add: (print: Fingerprint) => unknown): string => {
  const print = new Fingerprint();
  add(print);
  return print.digest();
};

describe('Fingerprint', () => {
  it('gives the digits that every version must give', () => {
    expect([
      of(() => 0),
      of((print) => print.text('hairpin')),
      of((print) => print.number(1.5).number(-0)),
      of((print) => print.bytes(Uint8Array.of(1, 2, 3, 4, 5))),
    ]).toMatchInlineSnapshot(`
      [
        "5ad6ef3eda34beac",
        "3bd26a10e91cb70d",
        "74a96c7d21f7fc5e",
        "2f8b5b74686f7b98",
      ]
    `);
  });

  it('tells apart what differs in one bit, in framing or in order', () => {
    const prints = [
      of(() => 0),
      of((print) => print.text('')),
      of((print) => print.text('ab').text('c')),
      of((print) => print.text('a').text('bc')),
      of((print) => print.text('abc')),
      of((print) => print.number(0)),
      of((print) => print.number(-0)),
      of((print) => print.number(1).number(2)),
      of((print) => print.number(2).number(1)),
      of((print) => print.bytes(Uint8Array.of(1, 2, 3))),
      of((print) => print.bytes(Uint8Array.of(1, 2, 3, 0))),
      of((print) => print.bytes(Uint8Array.of(1, 2, 3, 0, 0))),
    ];
    expect(new Set(prints).size).toBe(prints.length);
  });

  it('can be read in between without changing what follows', () => {
    const print = new Fingerprint().text('a');
    expect(print.digest()).toBe(print.digest());
    expect(print.text('b').digest()).toBe(of((other) => other.text('a').text('b')));
  });

  it('treats every NaN alike', () => {
    const odd = new Float64Array(Uint32Array.of(1, 0x7ff00000).buffer)[0]!;
    expect(of((print) => print.number(odd))).toBe(of((print) => print.number(Number.NaN)));
  });

  it('has no collisions, and even digits, among 200,000 neighbours', () => {
    const seen = new Set<string>();
    const firstDigits = new Int32Array(16);
    const lastDigits = new Int32Array(16);
    for (let x = 0; x < 400; x++) {
      for (let y = 0; y < 500; y++) {
        const digits = new Fingerprint().number(x).number(y).digest();
        seen.add(digits);
        firstDigits[Number.parseInt(digits[0]!, 16)]!++;
        lastDigits[Number.parseInt(digits[15]!, 16)]!++;
      }
    }
    expect(seen.size).toBe(200_000);
    for (const tally of [...firstDigits, ...lastDigits]) expect(Math.abs(tally - 12_500)).toBeLessThan(600);
  });
});
