import { describe, expect, it } from 'vitest';
import type { Scenario } from '../scenario.js';
import {
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { ModelError } from '../trace-question.js';
import { compareScenarios } from './compare.js';

const PODS = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2')];
const scenarioWith = (policy: 'Cluster' | 'Local', over: SmallScenario = {}): Scenario =>
  smallScenario({
    objects: [...PODS, service('web', { type: 'LoadBalancer', externalTrafficPolicy: policy })],
    traffic: [
      traffic({ arrivals: 'poisson', ratePerSecond: 40 }),
      traffic({ name: 'inside', from: { pod: 'default/a' }, arrivals: 'poisson', ratePerSecond: 40 }),
    ],
    timeline: [{ atNs: 4 * SECOND, do: 'readiness', pod: 'default/b', ready: false }],
    expect: [{ name: 'nothing lost', where: { outcome: 'ok' }, share: { min: 1, max: null }, count: null }],
    ...over,
  });

const BUDGET = { requests: 10_000, events: 1_000_000 };
const compare = (base: Scenario, variant: Scenario, most = 5) =>
  compareScenarios(
    [
      { name: 'base', scenario: base },
      { name: 'other', scenario: variant },
    ],
    most,
    BUDGET,
  ).variants[0]!;

describe('a comparison', () => {
  it('of a scenario with itself finds nothing', () => {
    const { differs } = compare(scenarioWith('Local'), scenarioWith('Local'));
    expect(differs).toMatchObject({
      outcomes: {},
      sourceKinds: {},
      latencyUs: null,
      losses: [],
      expectations: [],
      healthz: [],
    });
    expect(differs.requests).toMatchObject({ different: 0, onlyBase: 0, onlyVariant: 0, changes: [], first: [] });
    expect(differs.requests.compared).toBeGreaterThan(500);
  });

  it('finds what a policy changes, request by request', () => {
    const [local, cluster] = [scenarioWith('Local'), scenarioWith('Cluster')];
    const { differs } = compare(local, cluster, 1000);
    const [before, after] = [simulated(local).rows, simulated(cluster).rows];
    const lost = before.filter(({ outcome }) => outcome !== 'ok').length;
    expect(lost).toBeGreaterThan(10);
    expect(differs.outcomes.dropped).toEqual({ base: lost, variant: 0 });
    expect(differs.losses).toEqual([
      {
        cause: 'no-local-endpoint',
        place: 'node n2',
        event: 'readiness default/b (fails) at 4 s',
        base: lost,
        variant: 0,
      },
    ]);
    expect(differs.expectations).toEqual([{ name: 'nothing lost', base: false, variant: true }]);
    expect(differs.healthz.length).toBeGreaterThan(0);
    const { compared, different, onlyBase, onlyVariant, changes, first } = differs.requests;
    expect([compared, onlyBase, onlyVariant]).toEqual([before.length, 0, 0]);
    expect(changes.find(({ from, to }) => from === 'dropped' && to === 'ok')?.count).toBe(lost);
    expect(changes.reduce((sum, { count }) => sum + count, 0)).toBe(different);
    const key = (row: (typeof before)[number]) => `${row.client} ${row.atMs}`;
    const variantRows = new Map(after.map((row) => [key(row), row]));
    const expected = before.filter((row) => {
      const other = variantRows.get(key(row))!;
      return row.outcome !== other.outcome || row.sourceIp !== other.sourceIp || row.cause !== other.cause;
    });
    expect(first).toHaveLength(Math.min(1000, different));
    expect(first.map(({ base }) => key(base!)).sort()).toEqual(expected.map(key).sort());
    for (const { base, variant } of first) expect(variantRows.get(key(base!))).toEqual(variant);
  });

  it('tells requests that one of the two does not have', () => {
    const longer = scenarioWith('Local', { traffic: [traffic({ stopNs: 5 * SECOND })] });
    const shorter = scenarioWith('Local', { traffic: [traffic({ stopNs: 3 * SECOND })] });
    const { requests } = compare(longer, shorter).differs;
    expect(requests).toMatchObject({ compared: 30, onlyBase: 20, onlyVariant: 0 });
    expect(requests.first[0]).toMatchObject({ variant: null });
    expect(compare(shorter, longer).differs.requests).toMatchObject({ onlyBase: 0, onlyVariant: 20 });
  });

  it('is the same every time', () => {
    const twice = [0, 1].map(() => JSON.stringify(compare(scenarioWith('Local'), scenarioWith('Cluster'))));
    expect(twice[0]).toBe(twice[1]);
  });

  it('that is too large is refused', () => {
    const ask = () =>
      compareScenarios([{ name: 'base', scenario: scenarioWith('Local') }], 5, { requests: 100, events: 1_000_000 });
    expect(ask).toThrow(ModelError);
    expect(ask).toThrow(/"base" has more than/);
  });
});
