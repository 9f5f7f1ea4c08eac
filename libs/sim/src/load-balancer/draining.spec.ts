/** What becomes of open connections when a target leaves, what an upgrade of the controller does, zones that are lost. */
import { describe, expect, it } from 'vitest';
import type { LoadBalancerProfile, TimelineEntry } from '../scenario.js';
import {
  app,
  BY_LB,
  node,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { loadBalancerProfile } from './families.js';

const PODS = [1, 2, 3].map((n) => pod(`web-${n}`, `10.1.${n}.5`));
const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
const unready: TimelineEntry = { atNs: 10 * SECOND, do: 'readiness', pod: 'default/web-1', ready: false };
const excluded: TimelineEntry = {
  atNs: 10 * SECOND,
  do: 'kubectl',
  command: {
    verb: 'patch',
    kind: 'Node',
    name: 'n1',
    patch: { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } },
  },
};

/** Requests that take 25 s each, so that many are open whenever something happens. */
const run = (changes: Partial<LoadBalancerProfile>, timeline: TimelineEntry[], over: SmallScenario = {}) =>
  simulated(
    smallScenario({
      objects: [...PODS, local],
      apps: [app({ serviceTimeNs: 25 * SECOND, serviceTimeDistribution: 'constant' })],
      loadBalancers: { default: { ...loadBalancerProfile('generic'), ...changes }, byService: {} },
      traffic: [traffic({ to: BY_LB, ratePerSecond: 20, stopNs: 50 * SECOND })],
      timeline,
      durationNs: 60 * SECOND,
      ...over,
    }),
  );
const cut = (...args: Parameters<typeof run>) => run(...args).rows.filter(({ cause }) => cause === 'lb-closed');

describe('open connections of a target', () => {
  it('that turns unhealthy go on, or are reset, as the family says', () => {
    expect(cut({ draining: { unhealthy: 'persist', removedNs: null } }, [unready])).toEqual([]);
    const reset = cut({ draining: { unhealthy: 'reset', removedNs: null } }, [unready]);
    expect(reset.length).toBeGreaterThan(20);
    expect(new Set(reset.map(({ outcome, pod: at }) => `${outcome} ${at}`))).toEqual(new Set(['reset default/web-1']));
  });

  it('are not reset where the load balancer fails open', () => {
    const all = [1, 2, 3].map(
      (n): TimelineEntry => ({ ...unready, do: 'readiness', pod: `default/web-${n}`, ready: false }),
    );
    const draining = { unhealthy: 'reset', removedNs: null } as const;
    const last = (allDown: 'open' | 'closed') => {
      const closed = cut({ draining, allDown }, all);
      return new Set(closed.map(({ pod: at }) => at)).size;
    };
    expect([last('closed'), last('open')]).toEqual([3, 2]);
  });

  it('that is taken out have the time that they are given', () => {
    const removed = (removedNs: number | null) => cut({ draining: { unhealthy: 'persist', removedNs } }, [excluded]);
    expect(removed(null)).toEqual([]);
    const endsAt = (rows: ReturnType<typeof removed>) => rows.map(({ atMs, latencyUs }) => atMs + latencyUs / 1000);
    const atOnce = endsAt(removed(0));
    expect(atOnce.length).toBeGreaterThan(20);
    for (const ms of atOnce) expect(ms).toBeCloseTo(11_000, -2);
    const later = endsAt(removed(4 * SECOND));
    expect(later.length).toBe(atOnce.length);
    for (const ms of later) expect(ms).toBeCloseTo(15_000, -2);
    expect(removed(30 * SECOND)).toEqual([]);
  });

  it('move by the hash over the nodes that are left, where a router spreads them', () => {
    const bgp = loadBalancerProfile('metallb-bgp');
    const closed = run({ ...bgp }, [unready]).rows.filter(({ cause }) => cause === 'lb-closed');
    // Of three nodes two stay: those of the first move, and half of the second's, whose hashes now are the third's.
    expect(new Set(closed.map(({ pod: at }) => at))).toEqual(new Set(['default/web-1', 'default/web-2']));
    expect(new Set(closed.map(({ outcome }) => outcome))).toEqual(new Set(['reset']));
  });
});

describe('an upgrade of the cloud provider', () => {
  const http = service('web', { type: 'LoadBalancer', ports: [{ port: 80, targetPort: 8080, appProtocol: 'http' }] });
  const profile = loadBalancerProfile('azure');

  it('changes the check of load balancers that are there, and leaves those with settings of their own', () => {
    const upgrade: TimelineEntry = { atNs: 20 * SECOND, do: 'upgradeCloudProvider', cloudProvider: 'azure', profile };
    const { result, rows } = run({ ...loadBalancerProfile('azure-1.21') }, [upgrade], {
      objects: [...PODS, http],
      apps: [app({ paths: { '/': 404 } })],
    });
    for (const { segments } of result.healthz.loadBalancers) {
      expect(segments.map(({ state }) => state)).toEqual(['healthy', 'unhealthy']);
      const outMs = segments[1]?.fromMs as number;
      expect(outMs).toBeGreaterThan(21_000 + 5_000);
      expect(outMs).toBeLessThan(21_000 + 10_100);
    }
    expect(rows.at(-1)).toMatchObject({ outcome: 'lb-unavailable', cause: 'lb-no-target' });
    const own = run({}, [upgrade], {
      objects: [...PODS, http],
      apps: [app({ paths: { '/': 404 } })],
      loadBalancers: {
        default: loadBalancerProfile('azure-1.21'),
        byService: { 'default/web': loadBalancerProfile('azure-1.21') },
      },
    });
    expect(own.result.healthz.loadBalancers.every(({ segments }) => segments.length === 1)).toBe(true);
  });

  it('writes the status anew', () => {
    const upgrade: TimelineEntry = {
      atNs: 20 * SECOND,
      do: 'upgradeCloudProvider',
      cloudProvider: 'ipMode',
      profile: { ...loadBalancerProfile('generic-proxy'), ipMode: 'Proxy' },
    };
    const { rows } = run(loadBalancerProfile('generic-proxy'), [upgrade], {
      objects: [...PODS, pod('caller', '10.1.1.9', { labels: {} }), local],
      traffic: [traffic({ from: { pod: 'default/caller' }, to: BY_LB, stopNs: 30 * SECOND })],
    });
    const by = (from: number, to: number) =>
      new Set(rows.filter(({ atMs }) => atMs > from && atMs < to).map(({ lb }) => lb));
    expect([by(0, 20_900), by(22_500, 30_000)]).toEqual([new Set([null]), new Set(['default/web'])]);
  });
});

it('an upgrade from the addresses of nodes to a load balancer gives it an address of its own, and back', () => {
  const upgrade = (atNs: number, family: 'klipper' | 'generic'): TimelineEntry => ({
    atNs,
    do: 'upgradeCloudProvider',
    cloudProvider: family,
    profile: loadBalancerProfile(family),
  });
  const { rows } = run(
    loadBalancerProfile('klipper'),
    [upgrade(10 * SECOND, 'generic'), upgrade(30 * SECOND, 'klipper')],
    {
      objects: [...PODS, service('web', { type: 'LoadBalancer' })],
      apps: [],
    },
  );
  const targets = (from: number, to: number) =>
    new Set(
      rows
        .filter(({ atMs }) => atMs > from && atMs < to)
        .map(({ target, lb, outcome }) => `${target} ${lb} ${outcome}`),
    );
  expect(targets(0, 10_900)).toEqual(new Set(['10.0.0.1:80 null ok']));
  expect(targets(28_000, 30_000)).toEqual(new Set(['203.0.113.1:80 default/web ok']));
  expect(targets(33_000, 50_000)).toEqual(new Set(['10.0.0.1:80 null ok']));
});

it('a zone that is lost loses its share until clients are sent elsewhere, and nothing after that', () => {
  const nodes = [1, 2, 3].map((n) => {
    const plain = node(n);
    return { ...plain, metadata: { ...plain.metadata, labels: { 'topology.kubernetes.io/zone': `z${n}` } } };
  });
  const timeline: TimelineEntry[] = [{ atNs: 10 * SECOND, do: 'loseZone', zone: 'z2', forNs: 30 * SECOND }];
  const changes = { zones: ['z1', 'z2', 'z3'], crossZone: false, zoneFailoverNs: 10 * SECOND };
  const { rows, result } = run(changes, timeline, { nodes, apps: [] });
  const lost = rows.filter(({ outcome }) => outcome !== 'ok');
  expect(new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(new Set(['timeout lb-zone-lost']));
  expect(Math.min(...lost.map(({ atMs }) => atMs))).toBeGreaterThan(9_900);
  expect(Math.max(...lost.map(({ atMs }) => atMs))).toBeLessThan(20_000);
  expect(lost.length / 200).toBeCloseTo(1 / 3, 0.9);
  const late = rows.filter(({ atMs }) => atMs > 40_100);
  expect(new Set(late.map(({ node: at }) => at))).toEqual(new Set(['n1', 'n2', 'n3']));
  // Each node has its prober in its own zone, and the others' too.
  expect(result.healthz.loadBalancers[0]?.probers?.map(({ prober }) => prober)).toEqual(['z1', 'z2', 'z3']);
});
