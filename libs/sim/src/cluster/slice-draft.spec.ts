import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointObject, EndpointSliceObject } from '../objects.js';
import { endpointKey, fitSlices, MOST_ENDPOINTS, type SliceDraft } from './slice-draft.js';

const endpoint = (n: number, ready = true): EndpointObject => ({
  addresses: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
  conditions: { ready, serving: ready, terminating: false },
  targetRef: { kind: 'Pod', namespace: 'default', name: `web-${n}` },
});
const slice = (name: string, endpoints: EndpointObject[]): EndpointSliceObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'default' },
  addressType: 'IPv4',
  endpoints,
});
const range = (from: number, to: number): EndpointObject[] =>
  Array.from({ length: to - from }, (_, n) => endpoint(from + n));
const wanted = (endpoints: EndpointObject[]) => new Map(endpoints.map((each) => [endpointKey(each), each]));
const told = (drafts: SliceDraft[]) =>
  drafts.map(({ before, endpoints, state }) => [before?.metadata.name ?? null, endpoints.length, state]);

describe('slices', () => {
  it('hold a hundred endpoints each', () => {
    expect(told(fitSlices([], wanted(range(0, 250))))).toEqual([
      [null, 100, 'new'],
      [null, 100, 'new'],
      [null, 50, 'new'],
    ]);
  });

  it('are left alone where nothing in them changes', () => {
    const [a, b] = [slice('a', range(0, 100)), slice('b', range(100, 150))];
    const without = [...range(0, 100), ...range(101, 150)];
    expect(told(fitSlices([a, b], wanted(without)))).toEqual([
      ['a', 100, 'same'],
      ['b', 49, 'changed'],
    ]);
  });

  it('take new endpoints where something changes anyway, the fullest first', () => {
    const [a, b] = [slice('a', range(0, 90)), slice('b', range(100, 160))];
    const next = [...range(1, 90), ...range(101, 160), ...range(200, 220)];
    expect(told(fitSlices([a, b], wanted(next)))).toEqual([
      ['a', 100, 'changed'],
      ['b', 68, 'changed'],
    ]);
  });

  it('take new endpoints together, into the one where they just fit', () => {
    const slices = [slice('a', range(0, 95)), slice('b', range(100, 180)), slice('c', range(200, 250))];
    const next = [...slices.flatMap(({ endpoints }) => endpoints), ...range(300, 310)];
    expect(told(fitSlices(slices, wanted(next)))).toEqual([
      ['a', 95, 'same'],
      ['b', 90, 'changed'],
      ['c', 50, 'same'],
    ]);
  });

  it('go when they would be empty', () => {
    expect(fitSlices([slice('a', range(0, 3))], wanted([]))).toEqual([]);
  });

  it('have each wanted endpoint once, as it is now, and change only where they must', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 350 });
    const now = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.boolean()), {
      maxLength: 350,
      selector: ([n]) => n,
    });
    fc.assert(
      fc.property(ids, now, (before, after) => {
        const parts = [before.slice(0, 90), before.slice(90, 190), before.slice(190)].filter((part) => part.length > 0);
        const existing = parts.map((part, n) =>
          slice(
            `s${n}`,
            part.slice(0, 100).map((id) => endpoint(id)),
          ),
        );
        const target = wanted(after.map(([n, ready]) => endpoint(n, ready)));
        const drafts = fitSlices(existing, target);
        const found = drafts.flatMap(({ endpoints }) => endpoints);
        expect(found).toHaveLength(target.size);
        for (const each of found) expect(each).toEqual(target.get(endpointKey(each)));
        expect(drafts.every(({ endpoints }) => endpoints.length > 0 && endpoints.length <= MOST_ENDPOINTS)).toBe(true);
        for (const { before: old, endpoints, state } of drafts) {
          if (state === 'same') expect(endpoints).toEqual(old!.endpoints);
          if (state === 'changed') expect(endpoints).not.toEqual(old!.endpoints);
        }
        const again = fitSlices(
          drafts.map(({ endpoints }, n) => slice(`t${n}`, endpoints)),
          target,
        );
        expect(again.every(({ state }) => state === 'same')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
