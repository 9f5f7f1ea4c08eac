import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../objects.js';
import type { RequestRow } from '../results/result.js';
import type { Destination, KubectlCommand, TimelineEntry, Traffic } from '../scenario.js';
import {
  node,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const dns = (spec: Parameters<typeof service>[1] = {}) =>
  service('dns', { clusterIP: '10.96.0.10', ports: [{ port: 53, targetPort: 5353, protocol: 'UDP' }], ...spec });
const A = pod('a', '10.1.1.2');
const B = pod('b', '10.1.2.2');
const SHELL = pod('shell', '10.1.3.3', { labels: {} });
const VIP: Destination = { ip: '10.96.0.10', port: 53 };

const kubectl = (at: number, command: KubectlCommand): TimelineEntry => ({ atNs: at * SECOND, do: 'kubectl', command });
const deleted = (at: number, name: string, kind: 'Pod' | 'Node' | 'Service' = 'Pod') =>
  kubectl(at, {
    verb: 'delete',
    kind,
    name: kind === 'Node' ? name : `default/${name}`,
    selector: null,
    namespace: 'default',
  });
const applied = (at: number, object: KubeObject) => kubectl(at, { verb: 'apply', object });
const unready = (at: number, name: string): TimelineEntry => ({
  atNs: at * SECOND,
  do: 'readiness',
  pod: `default/${name}`,
  ready: false,
});

/** A datagram each second from one socket of the pod `shell`, unless said otherwise. */
function rows(objects: KubeObject[], timeline: TimelineEntry[], load: Partial<Traffic> = {}, over: SmallScenario = {}) {
  const all: Partial<Traffic> = {
    from: { pod: 'default/shell' },
    to: VIP,
    protocol: 'UDP',
    reuseSocket: true,
    ratePerSecond: 1,
    stopNs: 60 * SECOND,
    requestTimeoutNs: 0.5 * SECOND,
    ...load,
  };
  const durationNs = 60 * SECOND;
  return simulated(smallScenario({ objects, timeline, durationNs, ...over, traffic: [traffic(all)] })).rows;
}

/** How it went, one word for each run of equal rows. */
function story(all: RequestRow[]): string[] {
  const words = all.map(({ outcome, pod: name }) => `${outcome} ${name?.replace('default/', '') ?? '-'}`);
  return words.filter((word, n) => word !== words[n - 1]);
}
function byClient(all: RequestRow[]): RequestRow[][] {
  const ips = [...new Set(all.map(({ clientIp }) => clientIp))];
  return ips.map((ip) => all.filter(({ clientIp }) => clientIp === ip));
}
const podsOf = (all: RequestRow[]) => new Set(all.map(({ pod: name }) => name));

describe('a socket that is kept', () => {
  it('is held to one endpoint as long as it is used, where sockets of their own spread', () => {
    expect(podsOf(rows([A, B, SHELL, dns()], [])).size).toBe(1);
    expect(podsOf(rows([A, B, SHELL, dns()], [], { reuseSocket: false })).size).toBe(2);
  });

  it.each(['iptables', 'nftables', 'ipvs'] as const)('moves on in mode %s when its pod is deleted', (mode) => {
    const over = { kubeProxy: { mode } };
    const held = [...podsOf(rows([A, B, SHELL, dns()], [], {}, over))][0] ?? '';
    const all = rows([A, B, SHELL, dns()], [deleted(20, held.replace('default/', ''))], {}, over);
    expect(podsOf(all.filter(({ atMs }) => atMs < 20_000))).toEqual(new Set([held]));
    const late = all.filter(({ atMs }) => atMs > 55_000);
    expect(late.map(({ outcome }) => outcome)).toEqual(late.map(() => 'ok'));
    expect(podsOf(late)).toEqual(new Set(held === 'default/a' ? ['default/b'] : ['default/a']));
    expect(podsOf(rows([A, B, SHELL, dns()], [], { reuseSocket: false }, over)).size).toBe(2);
    expect(podsOf(rows([A, B, SHELL, dns()], [], {}, over)).size).toBe(1);
  });

  it.each([
    [31, 2],
    [29, 1],
  ])('is held for 30 s of silence: one datagram each %i s comes to %i pods', (seconds, pods) => {
    const load = { ratePerSecond: 1 / seconds, stopNs: 1200 * SECOND };
    expect(podsOf(rows([A, B, SHELL, dns()], [], load)).size).toBe(pods);
  });

  it('of each client address is another one', () => {
    const clients = [{ name: 'laptop', ips: ['198.51.100.1'], count: 30, kernel: '6.1' }];
    const nodePort = dns({ type: 'NodePort' });
    const load = {
      from: { client: 'laptop' },
      to: { service: 'default/dns', port: null, via: null, node: 'n3', ipFamily: null, ip: null },
      ratePerSecond: 20,
    };
    const all = rows([A, B, nodePort], [], load, { clients });
    expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    expect(byClient(all)).toHaveLength(30);
    for (const own of byClient(all)) expect(podsOf(own).size).toBe(1);
    expect(podsOf(all).size).toBe(2);
  });

  it.each(['passthrough', 'proxy'] as const)('keeps its node behind a %s load balancer', (kind) => {
    const balanced = dns({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const clients = [{ name: 'laptop', ips: ['198.51.100.1'], count: 12, kernel: '6.1' }];
    const to = { service: 'default/dns', port: null, via: null, node: null, ipFamily: null, ip: null };
    const lb = profile({ kind, destination: 'nodePort', addresses: ['192.0.2.10'] });
    const all = rows(
      [A, B, balanced],
      [],
      { from: { client: 'laptop' }, to, ratePerSecond: 10 },
      { clients, loadBalancers: { default: lb, byService: {} } },
    );
    expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    for (const own of byClient(all)) expect(podsOf(own).size).toBe(1);
    expect(podsOf(all).size).toBe(2);
  });
});

describe('a socket whose endpoint goes', () => {
  const all = [A, SHELL, dns()];
  /** B comes, A stops to be ready, and goes. */
  const replaced = [applied(5, B), unready(10, 'a'), deleted(20, 'a')];

  it('goes on to another one once kube-proxy has deleted its entry: when the pod is not ready any more', () => {
    for (const version of ['1.23', '1.28', '1.32', '1.37'])
      expect(story(rows(all, replaced, {}, { version }))).toEqual(['ok a', 'ok b']);
  });

  it('to 1.22 when the pod is gone', () => {
    const seen = rows(all, replaced, {}, { version: '1.22' });
    expect(story(seen)).toEqual(['ok a', 'timeout a', 'ok b']);
    // Gone one second after its deletion, and the rules a moment later.
    expect(seen.filter(({ outcome }) => outcome === 'timeout')).toHaveLength(1);
  });

  it('is lost for good in 1.29 to 1.31, as long as it sends: the entry outlives the pod', () => {
    for (const version of ['1.29', '1.31']) {
      const seen = rows(all, replaced, {}, { version });
      expect(story(seen)).toEqual(['ok a', 'timeout a']);
      expect(seen.at(-1)).toMatchObject({
        reason: "default/a is gone, but conntrack of n3 holds the client's socket to it",
        latencyUs: 0.5e6,
        entryNode: 'n3',
      });
    }
    const own = rows(all, replaced, { reuseSocket: false }, { version: '1.30' });
    expect(new Set(own.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
  });

  it('is free again when it has been silent for long enough', () => {
    const load = { stopNs: 23 * SECOND };
    const late = traffic({
      name: 'load',
      from: { pod: 'default/shell' },
      to: VIP,
      protocol: 'UDP',
      reuseSocket: true,
      ratePerSecond: 1,
      startNs: 150 * SECOND,
      stopNs: 160 * SECOND,
    });
    const first = { ...late, ...load, startNs: 0 };
    const { rows: seen } = simulated(
      // One source by one name: the same socket, which pauses.
      smallScenario({
        version: '1.30',
        objects: all,
        timeline: replaced,
        traffic: [first, late],
        durationNs: 160 * SECOND,
      }),
    );
    expect(story(seen)).toEqual(['ok a', 'timeout a', 'ok b']);
    expect(seen.find(({ pod: name }) => name === 'default/b')?.atMs).toBe(150_000);
  });

  it('is lost while there is no endpoint at all from 1.32 to 1.36, and rejected in the others', () => {
    const scaled = [deleted(10, 'a'), applied(40, B)];
    const seen = (version: string) => story(rows(all, scaled, {}, { version }));
    for (const version of ['1.32', '1.36']) expect(seen(version)).toEqual(['ok a', 'timeout a', 'ok b']);
    for (const version of ['1.31', '1.37']) expect(seen(version)).toEqual(['ok a', 'timeout a', 'rejected -', 'ok b']);
    expect(seen('1.25')).toEqual(['ok a', 'rejected -', 'ok b']);
    // The fallback to terminating endpoints makes an entry to one that is not ready, so it is not deleted when that goes.
    expect(seen('1.28')).toEqual(['ok a', 'timeout a', 'ok b']);
  });

  it('sends to whoever gets the address next', () => {
    const heir = pod('heir', '10.1.1.2', { labels: { app: 'other' } });
    const seen = rows(all, [...replaced, applied(30, heir)], {}, { version: '1.30' });
    expect(story(seen)).toEqual(['ok a', 'timeout a', 'refused heir', 'ok heir']);
  });

  it('starts anew on a node that was switched off', () => {
    const off = [deleted(10, 'n3', 'Node'), applied(20, node(3)), applied(22, SHELL)];
    expect(story(rows([A, SHELL, dns()], off, {}, { version: '1.30' })).at(-1)).toBe('ok a');
  });
});

describe('a socket that was there before its service', () => {
  it('is held to the default route until the service has an endpoint', () => {
    const created = [applied(10, dns()), applied(20, A)];
    const seen = rows([SHELL], created, {}, { version: '1.30' });
    // Without an endpoint the service's rule rejects what no nat rule is asked about any more.
    expect(story(seen)).toEqual(['timeout -', 'rejected -', 'ok a']);
    expect(seen[5]?.reason).toBe(
      "conntrack of n3 holds the client's socket to the default route, and nobody answered there",
    );
  });
});
