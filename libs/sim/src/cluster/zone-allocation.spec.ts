/** The cases are those of the controller's own tests (k8s.io/endpointslice topologycache_test.go, utils_test.go). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointObject, NodeObject } from '../objects.js';
import { cpuOf, quantityOf } from './quantity.js';
import type { SliceDraft } from './slice-draft.js';
import { allocateZones, isOverloaded, zoneShares } from './zone-allocation.js';

const READY = ({ conditions }: EndpointObject): boolean => conditions?.ready === true;

/** `a` to `z`: ready in that zone; `A` to `Z`: not ready there; `-`: ready in no zone. */
function endpoints(zones: string): EndpointObject[] {
  return [...zones].map((letter, n) => ({
    addresses: [`10.1.2.${n + 1}`],
    conditions: { ready: letter === letter.toLowerCase() },
    ...(letter === '-' ? {} : { zone: letter.toLowerCase() }),
  }));
}

const draft = (zones: string, state: SliceDraft['state'] = 'new'): SliceDraft => ({
  before: null,
  endpoints: endpoints(zones),
  state,
});
/** With hints as they were given before. */
const hinted = (zones: string, hints: string): SliceDraft => ({
  ...draft(zones, 'same'),
  endpoints: endpoints(zones).map((endpoint, n) => ({ ...endpoint, hints: { forZones: [{ name: hints[n]! }] } })),
});
const hintsOf = (drafts: SliceDraft[]): string[] =>
  drafts.map(({ endpoints: list }) => list.map(({ hints }) => hints?.forZones?.[0]?.name ?? '.').join(''));
const shares = (zones: Record<string, number>) => new Map(Object.entries(zones));

describe('hints', () => {
  it('are for the own zone where every zone has its part', () => {
    const drafts = [draft('ab')];
    expect(allocateZones(drafts, shares({ a: 0.45, b: 0.55 }), READY)).toBeNull();
    expect(hintsOf(drafts)).toEqual(['ab']);
  });

  it('leave out endpoints that are not ready', () => {
    const drafts = [draft('abBB')];
    expect(allocateZones(drafts, shares({ a: 0.45, b: 0.55 }), READY)).toBeNull();
    expect(hintsOf(drafts)).toEqual(['ab..']);
  });

  it('lend endpoints to a zone that has too few, from the slices that are written anyway', () => {
    const drafts = [draft('ab'), draft('cca'), draft('aa', 'changed'), draft('bca', 'changed')];
    expect(allocateZones(drafts, shares({ a: 0.35, b: 0.35, c: 0.3 }), READY)).toBeNull();
    expect(hintsOf(drafts)).toEqual(['bb', 'cca', 'aa', 'bca']);
  });

  it('are not given with fewer endpoints than zones', () => {
    const problem = allocateZones([draft('ab')], shares({ a: 0.3, b: 0.4, c: 0.3 }), READY);
    expect(problem).toBe('there are fewer endpoints (2) than zones (3)');
  });

  it('are not given where a zone would get a fifth more than its part', () => {
    const problem = allocateZones([draft('aab')], shares({ a: 0.5, b: 0.5 }), READY);
    expect(problem).toContain('3 endpoints cannot be shared among 2 zones');
  });

  it('are not given where an endpoint is in no zone', () => {
    expect(allocateZones([draft('ab-')], shares({ a: 0.34, b: 0.33, c: 0.33 }), READY)).toContain('is in no zone');
  });

  it('of a slice that nothing changes stay while no zone has too many', () => {
    const drafts = [hinted('aabb', 'bbaa'), draft('ab', 'new')];
    expect(allocateZones(drafts, shares({ a: 0.5, b: 0.5 }), READY)).toBeNull();
    expect([drafts[0]!.state, ...hintsOf(drafts)]).toEqual(['same', 'bbaa', 'ab']);
  });

  it.each([
    ['are for a zone that has no nodes any more', hinted('aabb', 'aacc')],
    ['leave an endpoint out', { ...draft('aabb', 'same') }],
    ['are too many for one zone', hinted('aabb', 'aaaa')],
  ])('of a slice that nothing changes are written anew where they %s', (_, stale) => {
    const drafts = [stale];
    expect(allocateZones(drafts, shares({ a: 0.5, b: 0.5 }), READY)).toBeNull();
    expect([drafts[0]!.state, ...hintsOf(drafts)]).toEqual(['changed', 'aabb']);
  });

  it('are one for each ready endpoint, for zones with nodes or its own, and stay the next time', () => {
    const zones = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'A', 'B'), minLength: 1, maxLength: 60 });
    const cpu = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(zones, cpu, (letters, cores) => {
        const total = cores.reduce((sum, n) => sum + n, 0);
        const parts = new Map(cores.map((n, index) => ['abcd'[index]!, n / total]));
        const drafts = [draft(letters)];
        if (allocateZones(drafts, parts, READY) !== null) return;
        for (const endpoint of drafts[0]!.endpoints) {
          const zone = endpoint.hints?.forZones?.map(({ name }) => name) ?? [];
          expect(zone).toHaveLength(READY(endpoint) ? 1 : 0);
          if (zone[0] !== undefined && zone[0] !== endpoint.zone) expect(parts.has(zone[0])).toBe(true);
        }
        const again: SliceDraft[] = [{ ...drafts[0]!, endpoints: [...drafts[0]!.endpoints], state: 'changed' }];
        allocateZones(again, parts, READY);
        expect(hintsOf(again)).toEqual(hintsOf(drafts));
      }),
      { numRuns: 500 },
    );
  });
});

interface Machine {
  zone?: string;
  cpu?: string | number;
  ready?: 'True' | 'False' | 'Unknown';
  labels?: Record<string, string>;
}

const machine = ({ zone, cpu, ready, labels = {} }: Machine, n: number): NodeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: `n${n}`,
    labels: { ...labels, ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }) },
  },
  status: {
    ...(cpu === undefined ? {} : { allocatable: { cpu } }),
    ...(ready === undefined ? {} : { conditions: [{ type: 'Ready', status: ready }] }),
  },
});
const CONTROL_PLANE = { 'node-role.kubernetes.io/control-plane': '' };

describe("a zone's part of all CPU", () => {
  it.each<[string, Machine[], Record<string, number> | string]>([
    ['nothing at all', [], 'no node is ready'],
    [
      'one zone',
      [
        { zone: 'a', cpu: 1 },
        { zone: 'a', cpu: 1 },
      ],
      'nodes are ready in one zone only',
    ],
    [
      'two zones',
      [
        { zone: 'b', cpu: '1000m' },
        { zone: 'a', cpu: '1' },
      ],
      { a: 0.5, b: 0.5 },
    ],
    [
      'a node that is not ready',
      [
        { zone: 'a', cpu: 1 },
        { zone: 'b', cpu: 1 },
        { zone: 'b', cpu: 1, ready: 'False' },
        { cpu: 1, ready: 'Unknown' },
      ],
      { a: 0.5, b: 0.5 },
    ],
    [
      'a node of the control plane',
      [
        { zone: 'a', cpu: 1 },
        { zone: 'b', cpu: 1, labels: CONTROL_PLANE },
      ],
      'nodes are ready in one zone only',
    ],
    ['a node without a zone', [{ zone: 'a', cpu: 1 }, { cpu: 1 }], 'node n1 has no label topology.kubernetes.io/zone'],
    ['a node without CPU', [{ zone: 'a', cpu: 1 }, { zone: 'b' }], 'node n1 has no status.allocatable.cpu'],
    [
      'several nodes a zone',
      [
        ...['1', '1000m', '1', '2000m'].map((cpu) => ({ zone: 'a', cpu })),
        ...['3', '1.5'].map((cpu) => ({ zone: 'b', cpu })),
        { zone: 'c', cpu: '500m' },
      ],
      { a: 0.5, b: 0.45, c: 0.05 },
    ],
  ])('with %s', (_, machines, expected) => {
    const found = zoneShares(machines.map(machine), true);
    expect(typeof found === 'string' ? found : Object.fromEntries(found)).toEqual(expected);
  });
});

describe('a service is overloaded', () => {
  const with_ = (hints: string) => hinted(hints, hints).endpoints;

  it.each([
    ['not without hints', [], { a: 0.5, b: 0.5 }, false],
    ['where zones are no longer known', with_('ab'), null, true],
    ['where a zone has nothing', with_('aabb'), { a: 0.5, b: 0.3, c: 0.2 }, true],
    ['not just below its part', with_('aaabb'), { a: 0.5, b: 0.5 }, true],
    ['not with its part', with_('aaaabbb'), { a: 0.55, b: 0.45 }, false],
  ])('%s', (_, list, parts, expected) => {
    expect(isOverloaded(list, parts === null ? null : shares(parts))).toBe(expected);
  });
});

it.each([
  ['4', 4000],
  [4, 4000],
  ['3920m', 3920],
  ['0.1', 100],
  ['.5', 500],
  ['1e1', 10_000],
  ['2k', 2_000_000],
  ['4 cores', null],
  ['', null],
  ['1mm', null],
])('CPU %j is %j thousandths of a core', (quantity, expected) => {
  expect(cpuOf(quantity)).toBe(expected);
  expect(quantityOf(String(quantity)) === null).toBe(expected === null);
});
