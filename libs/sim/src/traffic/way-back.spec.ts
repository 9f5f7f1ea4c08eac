/** A node that translates and is not the endpoint's own: what is lost with it, and what its return changes. */
import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../results/result.js';
import type { TimelineEntry, Traffic } from '../scenario.js';
import {
  app,
  MS,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { RETRANSMISSIONS_NS, sentAgainNs } from './retransmissions.js';

const crash = (seconds: number, node: string, forS: number | null = null): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'crash',
  node,
  forNs: forS === null ? null : forS * SECOND,
  vmDeleted: false,
});

/** The only pod is on n2; the client comes to a node port of n1, which masquerades. */
const POD = pod('b', '10.1.2.2');
const NODE_PORT = service('web', { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] });
const SLOW = [app({ serviceTimeNs: 4 * SECOND, serviceTimeDistribution: 'constant' })];
const THROUGH_N1: Partial<Traffic> = {
  from: { client: 'laptop' },
  to: { ip: '10.0.0.1', port: 30080 },
  requestTimeoutNs: 20 * SECOND,
};

/** One request at each of these times. */
function asked(seconds: number[], over: SmallScenario = {}, load: Partial<Traffic> = {}): RequestRow[] {
  const all = seconds.map((startS, n) =>
    traffic({ ...THROUGH_N1, name: `at-${n}`, startNs: startS * SECOND, stopNs: 900 * SECOND, count: 1, ...load }),
  );
  const objects = [POD, NODE_PORT];
  return simulated(smallScenario({ objects, traffic: all, durationNs: 60 * SECOND, ...over })).rows;
}

const ending = ({ outcome, cause, latencyUs }: RequestRow) => [outcome, cause, Math.round(latencyUs / 1e5) / 10];

describe.each(['iptables', 'ipvs', 'nftables'] as const)('a node in mode %s that loses its power', (mode) => {
  const kubeProxy = { mode };

  it('takes with it the answers of pods elsewhere that have to come back through it', () => {
    const rows = asked([1, 3], { apps: SLOW, timeline: [crash(6, 'n1')], kubeProxy });
    // The first is answered at 5 s, the second would be at 7 s.
    expect(rows.map(ending)).toEqual([
      ['ok', null, 4],
      ['timeout', 'node-down', 20],
    ]);
    expect(rows[1]).toMatchObject({
      pod: 'default/b',
      reason: 'the answer of default/b comes back by n1, which is off',
      event: 'crash n1 at 6 s',
    });
    expect(rows[1]!.connectUs).toBeGreaterThan(0);
  });

  it('leaves alone what does not come through it', () => {
    const rows = asked([1, 3], { apps: SLOW, timeline: [crash(6, 'n3')], kubeProxy });
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
  });
});

describe('an answer that is on its way', () => {
  // The pod answers after 4 s; from n2 to n1 its answer takes 50 ms here.
  const SLOW_LINK = { timings: { nodeToNodeNs: 50 * MS } };
  const at = (crashS: number) => {
    const scenario = smallScenario({
      objects: [POD, NODE_PORT],
      apps: SLOW,
      traffic: [traffic({ ...THROUGH_N1, startNs: 1 * SECOND, stopNs: 900 * SECOND, count: 1 })],
      timeline: [crash(crashS, 'n1')],
    });
    const timings = { ...scenario.cluster.timings, ...SLOW_LINK.timings };
    return simulated({ ...scenario, cluster: { ...scenario.cluster, timings } }).rows[0]!;
  };
  const answeredS = 5 + (at(50).latencyUs - 4e6) / 1e6;

  it('is lost while it has not passed the machine, though it has left its pod', () => {
    expect(answeredS).toBeCloseTo(5 + 4 * 0.05, 1);
    expect(ending(at(answeredS - 0.02))).toEqual(['timeout', 'node-down', 20]);
  });

  it('arrives when it has passed it', () => {
    expect(at(answeredS - 0.001).outcome).toBe('ok');
  });
});

describe('a connection that is not open yet', () => {
  it('is begun anew when the machine is back, by rules of its own', () => {
    // The SYN is at n1 while it is off; sent again after 1, 3, 7 s it meets a kernel without rules, then one with them.
    const rows = asked([5], { timeline: [crash(4, 'n1', 5)] }, { connectTimeoutNs: 30 * SECOND });
    expect(rows[0]).toMatchObject({ outcome: 'ok', firstPackets: 4 });
  });

  it('does not come about where the SYN-ACK finds the machine off', () => {
    const scenario = smallScenario({
      objects: [POD, NODE_PORT],
      traffic: [traffic({ ...THROUGH_N1, startNs: 1 * SECOND, count: 1, connectTimeoutNs: 2 * SECOND })],
      // The SYN has left n1 after 2 ms, and is at the pod 50 ms later.
      timeline: [crash(1.03, 'n1')],
    });
    const timings = { ...scenario.cluster.timings, nodeToNodeNs: 50 * MS };
    const { rows } = simulated({ ...scenario, cluster: { ...scenario.cluster, timings } });
    expect(rows[0]).toMatchObject({ outcome: 'timeout', cause: 'node-down', connectUs: null, firstPackets: 2 });
  });
});

describe('a connection that is kept', () => {
  const keepAlive = { connections: 1, requests: null, idleNs: 90 * SECOND, multiplexed: false };
  const kept = (over: SmallScenario, load: Partial<Traffic> = {}) =>
    simulated(
      smallScenario({
        objects: [POD, NODE_PORT],
        traffic: [traffic({ ...THROUGH_N1, keepAlive, ratePerSecond: 1, stopNs: 20 * SECOND, ...load })],
        durationNs: 60 * SECOND,
        ...over,
      }),
    ).rows;

  it('loses the answer that is under way on it', () => {
    const apps = [app({ serviceTimeNs: 0.5 * SECOND, serviceTimeDistribution: 'constant' })];
    const rows = kept({ apps, timeline: [crash(5.2, 'n1')] }, { stopNs: 5.5 * SECOND });
    const last = rows.at(-1)!;
    expect([last.connectUs, ...ending(last)]).toEqual([null, 'timeout', 'node-down', 20]);
    expect(last.reason).toBe('the answer of default/b comes back by n1, which is off');
    expect(rows.slice(0, -1).every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('is reset when its request is sent again to a machine that is back and knows it no more', () => {
    // Sent at 5 s, and again 0.2, 0.6, 1.4, 3, 6.2 s later; the machine is back at 8.5 s.
    const rows = kept({ timeline: [crash(4.5, 'n1', 4)] }, { stopNs: 5.5 * SECOND });
    const last = rows.at(-1)!;
    expect(ending(last)).toEqual(['reset', 'node-down', 6.2]);
    expect(last.reason).toMatch(/went by a machine that has been off since/);
  });

  it('hears nothing where its patience ends before', () => {
    const patience = { stopNs: 5.5 * SECOND, requestTimeoutNs: 6 * SECOND };
    expect(ending(kept({ timeline: [crash(4.5, 'n1', 4)] }, patience).at(-1)!)).toEqual(['timeout', 'node-down', 6]);
  });

  it.each(['reset', 'persist'] as const)(
    'is, behind a load balancer (%s) whose target fails its checks',
    (unhealthy) => {
      const own = profile({ draining: { removedNs: null, unhealthy } });
      const objects = [POD, service('web', { type: 'LoadBalancer' })];
      const over = {
        objects,
        loadBalancers: { default: own, byService: {} },
        timeline: [crash(9.5, 'n1')],
        apps: SLOW,
      };
      const rows = kept(over, {
        to: traffic({}).to,
        ratePerSecond: 20,
        stopNs: 9.4 * SECOND,
        requestTimeoutNs: 60 * SECOND,
      });
      const lost = rows.filter(({ outcome }) => outcome !== 'ok');
      expect(lost.length).toBeGreaterThan(10);
      expect(new Set(lost.map(({ entryNode, pod: name }) => `${entryNode} ${name}`))).toEqual(
        new Set(['n1 default/b']),
      );
      // Three checks, five seconds apart, have to fail; without a word the client waits for its minute.
      const endings = new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`));
      expect(endings).toEqual(new Set([unhealthy === 'reset' ? 'reset lb-closed' : 'timeout node-down']));
      if (unhealthy === 'reset') expect(lost.every(({ latencyUs }) => latencyUs < 22e6)).toBe(true);
    },
  );
});

describe('TCP sends again what nobody acknowledges', () => {
  it('after 200 ms, twice as long each time, and at last gives up', () => {
    const seconds = (sent: number, notBefore: number) => sentAgainNs(sent * SECOND, notBefore * SECOND) / SECOND;
    expect([0, 0.3, 1, 2, 100, 205].map((after) => seconds(10, 10 + after))).toEqual(
      [0.2, 0.6, 1.4, 3, 102.2, 324.6].map((later) => expect.closeTo(10 + later, 6)),
    );
    expect(sentAgainNs(0, RETRANSMISSIONS_NS)).toBe(Infinity);
  });
});
