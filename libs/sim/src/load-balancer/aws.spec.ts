/** Network load balancers of AWS: a name in the status, pods as targets, hairpins, and whose address the pod sees. */
import { describe, expect, it } from 'vitest';
import type { LoadBalancerProfile, TimelineEntry } from '../scenario.js';
import { sigmasOff } from '../testing/sigmas-off.js';
import {
  BY_LB,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { type LoadBalancerFamily, loadBalancerProfile } from './families.js';

const lb = service('web', { type: 'LoadBalancer' });
const PODS = [1, 2, 3].map((n) => pod(`web-${n}`, `10.1.${n}.5`));
const caller = pod('caller', '10.1.1.9', { labels: { app: 'caller' } });

const run = (family: LoadBalancerFamily, over: SmallScenario, changes: Partial<LoadBalancerProfile> = {}) =>
  simulated(
    smallScenario({
      objects: [...PODS, caller, lb],
      loadBalancers: { default: { ...loadBalancerProfile(family), ...changes }, byService: {} },
      traffic: [traffic({ to: BY_LB, ratePerSecond: 100, stopNs: 30 * SECOND })],
      durationNs: 60 * SECOND,
      ...over,
    }),
  );
const fromPod = [
  traffic({
    from: { pod: 'default/caller' },
    to: BY_LB,
    ratePerSecond: 100,
    stopNs: 30 * SECOND,
    connectTimeoutNs: SECOND,
  }),
];

describe('a network load balancer with nodes as targets', () => {
  it('has a name in the status, so that kube-proxy has no rule for it and pods go by way of it', () => {
    const { rows } = run('aws-lbc-nlb', { traffic: fromPod });
    expect(new Set(rows.map(({ lb: by }) => by))).toEqual(new Set(['default/web']));
  });

  it('loses what it sends back to the node that it comes from: one in as many as there are nodes', () => {
    const { rows } = run('aws-lbc-nlb', { traffic: fromPod });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(new Set(lost.map(({ outcome, cause, entryNode }) => `${outcome} ${cause} ${entryNode}`))).toEqual(
      new Set(['timeout hairpin n1']),
    );
    expect(sigmasOff(lost.length, rows.length, 1 / 3)).toBeLessThan(4);
  });

  it('loses nothing of that without the client’s address, which it then hides', () => {
    const { rows } = run('aws-lbc-nlb', { traffic: fromPod }, { preserveClientIP: false, addresses: ['192.0.2.20'] });
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const shown = run(
      'aws-lbc-nlb',
      { objects: [...PODS, caller, local] },
      { preserveClientIP: false, addresses: ['192.0.2.20'] },
    );
    expect(new Set(shown.rows.map(({ sourceIp, sourceKind }) => `${sourceKind} ${sourceIp}`))).toEqual(
      new Set(['lb 192.0.2.20']),
    );
  });
});

describe('a network load balancer with pods as targets', () => {
  it('sends to the pods themselves, from its own address over TCP and from the client’s over UDP', () => {
    const { rows } = run('aws-nlb-ip', {});
    expect(new Set(rows.map(({ outcome, sourceKind, sourceIp }) => `${outcome} ${sourceKind} ${sourceIp}`))).toEqual(
      new Set(['ok lb 192.0.2.10']),
    );
    for (const name of ['web-1', 'web-2', 'web-3']) {
      const own = rows.filter(({ pod: at }) => at === `default/${name}`);
      expect(sigmasOff(own.length, rows.length, 1 / 3)).toBeLessThan(4);
    }
    const udp = service('web', { type: 'LoadBalancer', ports: [{ port: 53, protocol: 'UDP', targetPort: 5353 }] });
    const datagrams = run('aws-nlb-ip', {
      objects: [...PODS, udp],
      traffic: [traffic({ to: BY_LB, protocol: 'UDP', connectTimeoutNs: null, stopNs: 10 * SECOND })],
    });
    expect(new Set(datagrams.rows.map(({ outcome, sourceKind }) => `${outcome} ${sourceKind}`))).toEqual(
      new Set(['ok client']),
    );
  });

  it('goes on sending to a pod that goes until its controller’s call has arrived', () => {
    const timeline: TimelineEntry[] = [
      {
        atNs: 10 * SECOND,
        do: 'kubectl',
        command: { verb: 'delete', kind: 'Pod', name: 'default/web-1', selector: null, namespace: 'default' },
      },
    ];
    const { rows, result } = run('aws-nlb-ip', { timeline });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.length).toBeGreaterThan(200);
    expect(Math.min(...lost.map(({ atMs }) => atMs))).toBeGreaterThan(10_900);
    expect(Math.max(...lost.map(({ atMs }) => atMs))).toBeLessThan(20_200);
    expect(result.healthz.loadBalancers.map(({ node }) => node)).toEqual(['n1', 'n2', 'n3']);
  });
});
