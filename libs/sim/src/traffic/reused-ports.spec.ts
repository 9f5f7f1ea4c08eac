import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../scenario.js';
import {
  at,
  deletes,
  kubeProxyConfig,
  nodeSettings,
  pod,
  SECOND,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const OLD = nodeSettings({ kernel: '5.4', kubeProxy: kubeProxyConfig({ mode: 'ipvs' }) });
/** Off from 5 s to 8 s; its kube-proxy is back at 10 s. */
const OUTAGE: TimelineEntry = { atNs: 5 * SECOND, do: 'crash', node: 'n1', forNs: 3 * SECOND, vmDeleted: false };

/** Forty ports by turns to n1, which has sent them to two pods elsewhere; one of these goes at 6 s. */
function late(connReuseMode: 0 | 1, timeline: TimelineEntry[]) {
  const { rows } = simulated(
    smallScenario({
      cluster: {
        nodes: { n1: OLD, n2: OLD, n3: OLD },
        conntrack: { sourcePorts: null, insertRace: 0, connReuseMode },
      },
      objects: [pod('a', '10.1.2.2'), pod('b', '10.1.3.2'), service('web', { type: 'NodePort' })],
      durationNs: 40 * SECOND,
      traffic: [
        traffic({
          to: { service: 'default/web', port: null, via: 'nodePort', node: 'n1', ipFamily: null, ip: null },
          stopNs: 40 * SECOND,
          ports: 40,
          connectTimeoutNs: 3 * SECOND,
        }),
      ],
      timeline: [...timeline, at(6, deletes('Pod', 'default/a'))],
    }),
  );
  return rows.filter(({ atMs }) => atMs > 12_000);
}

describe('a node that remembers ports', () => {
  it('sends them to a pod that is gone', () => {
    const rows = late(0, []);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(new Set(lost.map(({ cause, pod: name }) => `${cause} ${name}`))).toEqual(
      new Set(['stale-conntrack default/a']),
    );
    expect(lost.length).toBeGreaterThan(rows.length / 3);
  });

  it('has forgotten them when its machine has been off', () => {
    const rows = late(0, [OUTAGE]);
    expect(rows.length).toBeGreaterThan(270);
    expect(rows.filter(({ outcome, pod: name }) => outcome !== 'ok' || name !== 'default/b')).toEqual([]);
  });

  it('drops the first SYN of none after that, where an entry would cost it', () => {
    // The first turn after the outage: each port is new to the node. The second one meets what the first one has left.
    const firstTurn = (rows: ReturnType<typeof late>) => rows.slice(0, 10).map(({ firstPackets }) => firstPackets);
    expect(new Set(firstTurn(late(1, [OUTAGE])))).toEqual(new Set([1]));
    expect(new Set(firstTurn(late(1, [])))).toEqual(new Set([2]));
  });
});
