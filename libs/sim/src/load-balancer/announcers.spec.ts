import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../scenario.js';
import { sigmasOff } from '../testing/sigmas-off.js';
import {
  LAPTOP,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { elected } from './announcers.js';
import { type LoadBalancerFamily, loadBalancerProfile } from './families.js';

const VIP = '203.0.113.1';
const lb = service('web', { type: 'LoadBalancer' });
const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
const PODS = [1, 2, 3].map((n) => pod(`web-${n}`, `10.1.${n}.5`));
const gone = (atNs: number, name: string): TimelineEntry => ({
  atNs,
  do: 'kubectl',
  command: { verb: 'delete', kind: 'Node', name, selector: null, namespace: 'default' },
});
const unready = (atNs: number, name: string): TimelineEntry => ({
  atNs,
  do: 'readiness',
  pod: `default/${name}`,
  ready: false,
});

const run = (family: LoadBalancerFamily, over: SmallScenario) =>
  simulated(
    smallScenario({
      loadBalancers: { default: loadBalancerProfile(family), byService: {} },
      traffic: [traffic({ stopNs: 60 * SECOND })],
      durationNs: 60 * SECOND,
      ...over,
    }),
  );

/** In which order MetalLB would elect them, computed by another SHA-256. */
function order(nodes: string[]): string[] {
  const hash = (node: string) => createHash('sha256').update(`${node}#${VIP}`).digest('hex');
  return [...nodes].sort((a, b) => (hash(a) < hash(b) ? -1 : 1));
}

describe("MetalLB's layer 2", () => {
  it('elects by the hash of node and address', () => {
    for (const count of [1, 2, 5, 40]) {
      const nodes = Array.from({ length: count }, (_, n) => `node-${n}`);
      expect(elected(nodes, VIP)).toBe(order(nodes)[0]);
      expect(elected([...nodes].reverse(), VIP)).toBe(order(nodes)[0]);
    }
  });

  it('sends everything to one node, with policy Local to one that has an endpoint', () => {
    const [first, second] = order(['n1', 'n2', 'n3']);
    const all = run('metallb-l2', { objects: [...PODS, lb] }).rows;
    expect(new Set(all.map(({ entryNode }) => entryNode))).toEqual(new Set([first]));
    const some = PODS.filter(({ spec }) => spec?.nodeName !== first);
    const only = run('metallb-l2', { objects: [...some, local] }).rows;
    expect(new Set(only.map(({ entryNode, node, sourceKind }) => `${entryNode} ${node} ${sourceKind}`))).toEqual(
      new Set([`${second} ${second} client`]),
    );
  });

  it('fails over from a machine that is gone when the others notice', () => {
    const [first, second] = order(['n1', 'n2', 'n3']) as [string, string];
    const { rows } = run('metallb-l2', { objects: [...PODS, lb], timeline: [gone(20 * SECOND, first)] });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.every(({ atMs, cause }) => atMs >= 19_990 && atMs < 25_000 && cause === 'node-down')).toBe(true);
    expect(lost.length).toBeGreaterThan(45);
    expect(rows.filter(({ atMs }) => atMs > 25_000).every(({ entryNode }) => entryNode === second)).toBe(true);
  });

  it('announces nothing without a usable endpoint', () => {
    const { rows } = run('metallb-l2', { objects: [PODS[0]!, lb], timeline: [unready(20 * SECOND, 'web-1')] });
    const late = rows.filter(({ atMs }) => atMs > 20_500);
    expect(new Set(late.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(
      new Set(['lb-unavailable lb-no-target']),
    );
  });
});

describe("MetalLB's BGP", () => {
  it('shares by node, whatever the number of endpoints there', () => {
    const objects = [pod('a', '10.1.1.5'), pod('b', '10.1.1.6'), pod('c', '10.1.2.5'), local];
    const { rows } = run('metallb-bgp', { objects, traffic: [traffic({ ratePerSecond: 200, stopNs: 60 * SECOND })] });
    for (const [name, share] of Object.entries({ a: 0.25, b: 0.25, c: 0.5 })) {
      const own = rows.filter(({ pod: at }) => at === `default/${name}`);
      expect(sigmasOff(own.length, rows.length, share), name).toBeLessThan(4);
    }
  });
});

describe('kube-vip', () => {
  const entries = (family: LoadBalancerFamily, over: SmallScenario) => {
    const { rows } = run(family, over);
    return { rows, nodes: new Set(rows.filter(({ atMs }) => atMs < 19_000).map(({ entryNode }) => entryNode)) };
  };

  it('keeps to the holder of its lease until that is gone, and takes about the lease to find another one', () => {
    const before = entries('kube-vip', { objects: [...PODS, lb] });
    expect(before.nodes.size).toBe(1);
    const [holder] = before.nodes as Set<string>;
    const { rows } = entries('kube-vip', { objects: [...PODS, lb], timeline: [gone(20 * SECOND, holder!)] });
    const last = Math.max(...rows.filter(({ cause }) => cause === 'node-down').map(({ atMs }) => atMs));
    expect(last).toBeGreaterThan(20_000 + 12_900);
    expect(last).toBeLessThan(20_000 + 17_000);
    const after = rows.filter(({ atMs }) => atMs > 37_100);
    expect(new Set(after.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
  });

  it('with one lease for all services drops what policy Local has no endpoint for; a lease for each goes to a node that has one', () => {
    const outcomes = (family: LoadBalancerFamily) =>
      PODS.map((only) => {
        const { rows } = run(family, { objects: [only, local] });
        return [...new Set(rows.map(({ outcome }) => outcome))].join();
      });
    expect(outcomes('kube-vip').sort()).toEqual(['dropped', 'dropped', 'ok']);
    expect(outcomes('kube-vip-services')).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('K3s ServiceLB', () => {
  it('publishes the addresses of nodes, and hides clients behind the node or its bridge', () => {
    const { rows, result } = run('klipper', { objects: [pod('web-1', '10.1.1.5'), lb] });
    expect(rows[0]).toMatchObject({ target: '10.0.0.1:80', lb: null, sourceKind: 'bridge', sourceIp: '10.1.1.1' });
    expect(result.healthz.loadBalancers).toEqual([]);
  });

  it('with policy Local publishes the nodes that have a ready endpoint, as they change', () => {
    const get: SmallScenario['steps'] = [
      { do: 'sleep', forNs: 30 * SECOND },
      {
        do: 'kubectl',
        command: { verb: 'get', resource: 'services', name: 'default/web', selector: null, output: 'yaml', grep: null },
      },
    ];
    const { result } = run('klipper', {
      objects: [pod('web-1', '10.1.1.5'), pod('web-3', '10.1.3.5'), local],
      timeline: [unready(10 * SECOND, 'web-1')],
      steps: get,
      clients: [LAPTOP],
    });
    const output = result.transcript.at(-1)?.output;
    const [found] = output?.kind === 'objects' ? output.objects : [];
    expect(found?.kind === 'Service' && found.status?.loadBalancer?.ingress).toEqual([{ ip: '10.0.0.3' }]);
  });
});
