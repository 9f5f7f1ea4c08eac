import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderedMap } from '../../libs/sim/src/kube-proxy/ordered-map.js';

const key = fc.integer({ min: 0, max: 400 }).map((n) => `key-${n}`);
const changes = fc.array(fc.tuple(key, fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })), {
  maxLength: 150,
  size: 'max',
});

describe('an ordered map', () => {
  it('holds what a plain map holds after the same changes, in the order of keys', () => {
    let largest = 0;
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 8 }), (rounds) => {
        const plain = new Map<string, number>();
        let map = OrderedMap.empty<number>();
        for (const round of rounds) {
          const before = map;
          const entries = [...before];
          map = map.with(new Map(round));
          for (const [k, value] of new Map(round)) {
            if (value === undefined) plain.delete(k);
            else plain.set(k, value);
          }
          expect([...map]).toEqual([...plain].sort(([a], [b]) => (a < b ? -1 : 1)));
          expect(map.size).toBe(plain.size);
          for (const [k] of round) expect([map.get(k), map.has(k)]).toEqual([plain.get(k), plain.has(k)]);
          expect([...before]).toEqual(entries);
          largest = Math.max(largest, map.size);
        }
      }),
    );
    expect(largest).toBeGreaterThan(128);
  });

  it('tells how it differs from another one', () => {
    fc.assert(
      fc.property(changes, changes, fc.boolean(), (first, second, related) => {
        const before = OrderedMap.empty<number>().with(new Map(first));
        const after = (related ? before : OrderedMap.empty<number>()).with(new Map(second));
        const told = before.differences(after);
        const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
        const differing = keys.filter((k) => before.get(k) !== after.get(k));
        expect(told).toEqual(differing.map((k) => ({ key: k, before: before.get(k), after: after.get(k) })));
      }),
    );
  });

  it('is the same object after a change that changes nothing', () => {
    const map = OrderedMap.empty<number>().with(new Map([['a', 1]]));
    expect(
      map.with(
        new Map([
          ['a', 1],
          ['b', undefined],
        ]),
      ),
    ).toBe(map);
  });
});
