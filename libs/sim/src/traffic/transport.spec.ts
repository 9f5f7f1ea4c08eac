import { describe, expect, it } from 'vitest';
import type { KubeObject, Protocol } from '../objects.js';
import type { RequestRow } from '../results/result.js';
import type { Destination, TimelineEntry, Traffic } from '../scenario.js';
import {
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  TIMINGS,
  traffic,
} from '../testing/small-scenario.js';

const portsOf = (...protocols: Protocol[]) =>
  protocols.map((protocol) => ({ name: protocol.toLowerCase(), port: 53, targetPort: 5353, protocol }));
const dns = (over: Parameters<typeof service>[1] = {}, ...protocols: Protocol[]) =>
  service('dns', { ports: portsOf(...(protocols.length === 0 ? (['UDP'] as const) : protocols)), ...over });
const to = (over: Partial<Extract<Destination, { service: string }>> = {}): Destination => ({
  service: 'default/dns',
  port: null,
  via: null,
  node: null,
  ipFamily: null,
  ip: null,
  ...over,
});
const A = pod('a', '10.1.1.2');
const SHELL = pod('shell', '10.1.3.3', { labels: {} });

function rows(objects: KubeObject[], load: Partial<Traffic>, over: SmallScenario = {}): RequestRow[] {
  const all = { to: to(), protocol: 'UDP' as const, connectTimeoutNs: null, stopNs: 400 * SECOND, ...load };
  return simulated(smallScenario({ objects, traffic: [traffic(all)], durationNs: 400 * SECOND, ...over })).rows;
}

function row(objects: KubeObject[], load: Partial<Traffic> = {}, over: SmallScenario = {}): RequestRow {
  const [only, ...more] = rows(objects, { count: 1, ...load }, over);
  expect(more).toEqual([]);
  return only as RequestRow;
}

const viaNode = (n: number) => to({ node: `n${n}` });
const oneWayUs = (TIMINGS.clientToClusterNs + TIMINGS.nodeToNodeNs + TIMINGS.nodeToPodNs) / 1e3;
const proxy = (over: Parameters<typeof profile>[0] = {}): SmallScenario => ({
  loadBalancers: {
    default: profile({ kind: 'proxy', destination: 'nodePort', addresses: ['192.0.2.10'], ...over }),
    byService: {},
  },
});

describe('a datagram', () => {
  const nodePort = dns({ type: 'NodePort' });

  it('is answered without a connection: one way there and one way back', () => {
    const idle = { cluster: { timings: { ...TIMINGS, podWorkNs: 0 } } };
    expect(row([A, nodePort], { to: viaNode(2) }, idle)).toMatchObject({
      outcome: 'ok',
      protocol: 'UDP',
      method: null,
      status: null,
      connectUs: null,
      latencyUs: 2 * oneWayUs,
      firstPackets: 1,
      pod: 'default/a',
      sourceIp: '10.0.0.2',
      target: '10.0.0.2:30086',
    });
  });

  it('that is dropped is silence until the client’s own timeout, 5 s where it has none; it is not sent again', () => {
    const local = dns({ type: 'NodePort', externalTrafficPolicy: 'Local' });
    const lost = (requestTimeoutNs: number | null) => row([A, local], { to: viaNode(2), requestTimeoutNs });
    expect([lost(null), lost(SECOND)].map((r) => [r.outcome, r.firstPackets, r.latencyUs])).toEqual([
      ['dropped', 1, 5e6],
      ['dropped', 1, 1e6],
    ]);
  });

  it('that is rejected fails at once', () => {
    const refused = row([nodePort], { to: viaNode(1) });
    expect(refused).toMatchObject({ outcome: 'rejected', latencyUs: (2 * TIMINGS.clientToClusterNs) / 1e3 });
    expect(refused.reason).toContain('has no endpoints');
  });

  it('fails at once where nothing listens, and TCP’s sockets do not hear it', () => {
    const onHost = pod('web', '10.0.0.1', {
      labels: {},
      spec: { nodeName: 'n1', hostNetwork: true, containers: [{ ports: [{ containerPort: 8080 }] }] },
    });
    const asked = (port: number, protocol: Protocol) =>
      row([onHost], { to: { ip: '10.0.0.1', port }, protocol }).outcome;
    expect([asked(9999, 'UDP'), asked(8080, 'UDP'), asked(10256, 'UDP')]).toEqual(['refused', 'refused', 'refused']);
    expect([asked(8080, 'TCP'), asked(10256, 'TCP')]).toEqual(['ok', 'ok']);
    expect(row([], { to: { ip: '10.0.0.1', port: 53 } }).reason).toBe('nothing listens on port 53/UDP of n1');
  });

  it('whose answer comes too late has come to a pod all the same', () => {
    expect(row([A, nodePort], { to: viaNode(2), requestTimeoutNs: 2 * oneWayUs * 1e3 })).toMatchObject({
      outcome: 'timeout',
      reason: 'the answer came too late',
      pod: 'default/a',
      sourceIp: '10.0.0.2',
      connectUs: null,
    });
  });

  it('to a pod that is gone is silence: "host unreachable" does not end it', () => {
    const gone: TimelineEntry = {
      atNs: 0,
      do: 'kubectl',
      command: { verb: 'delete', kind: 'Pod', name: 'default/a', selector: null, namespace: 'default' },
    };
    const late = { timeline: [gone], cluster: { timings: { ...TIMINGS, proxySyncNs: 30 * SECOND } } };
    expect(row([A, nodePort], { to: viaNode(1), startNs: 2 * SECOND }, late)).toMatchObject({
      outcome: 'timeout',
      latencyUs: 5e6,
      reason: 'default/a is gone, but rules still name its address',
    });
  });

  it('of a node’s own process fails in its own call where OUTPUT drops it; a pod hears nothing', () => {
    const local = dns({ internalTrafficPolicy: 'Local' });
    const asked = (from: Traffic['from'], protocol: Protocol = 'UDP') => {
      const { outcome, latencyUs } = row([A, SHELL, dns({ internalTrafficPolicy: 'Local' }, 'UDP', 'TCP')], {
        from,
        protocol,
        requestTimeoutNs: SECOND,
      });
      return [outcome, latencyUs];
    };
    expect(row([A, local], { from: { node: 'n3' } })).toMatchObject({ outcome: 'dropped', latencyUs: 0 });
    expect(asked({ node: 'n3' })).toEqual(['dropped', 0]);
    expect(asked({ pod: 'default/shell' })).toEqual(['dropped', 1e6]);
    expect(asked({ node: 'n3' }, 'TCP')).toEqual(['dropped', 1e6]);
  });

  it('takes the port of its protocol, by number or where none is said', () => {
    const both = dns({ type: 'NodePort' }, 'TCP', 'UDP');
    const target = (protocol: Protocol, port: number | string | null = null) =>
      row([A, both], { protocol, to: to({ node: 'n1', port }) }).target;
    expect([target('TCP'), target('UDP'), target('TCP', 53), target('UDP', 53)]).toEqual([
      '10.0.0.1:30086',
      '10.0.0.1:30086',
      '10.0.0.1:30086',
      '10.0.0.1:30086',
    ]);
    // Asked for by name, a port gets what is sent to it.
    expect(row([A, both], { protocol: 'UDP', to: to({ node: 'n1', port: 'tcp' }) }).outcome).toBe('ok');
    expect(row([A, dns({ type: 'NodePort' })], { protocol: 'TCP', to: viaNode(1) }).outcome).toBe('refused');
  });
});

describe('a datagram by way of a load balancer', () => {
  const balanced = dns({ type: 'LoadBalancer' });

  it('keeps its source where that passes packets through, and is its own datagram where it does not', () => {
    const kept = row([A, dns({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' })]);
    expect(kept).toMatchObject({ outcome: 'ok', sourceIp: '198.51.100.79', lb: 'default/dns', connectUs: null });
    const proxied = row(
      [A, dns({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' })],
      {},
      proxy({ localCheck: 'none' }),
    );
    expect(proxied).toMatchObject({ sourceIp: '192.0.2.10', sourceKind: 'lb', connectUs: null });
  });

  it('is silence where a proxying one cannot deliver it', () => {
    const lost = row([balanced], { requestTimeoutNs: SECOND }, proxy());
    expect(lost).toMatchObject({ outcome: 'rejected', latencyUs: 1e6, connectUs: null });
    const closed = proxy({ allDown: 'closed', clusterCheck: 'none', localCheck: 'health-check-node-port' });
    const local = dns({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    expect(row([local], { requestTimeoutNs: SECOND }, closed)).toMatchObject({
      outcome: 'lb-unavailable',
      latencyUs: 1e6,
    });
  });

  it('is forwarded by the port of its own protocol only', () => {
    const tcp = dns({ type: 'LoadBalancer' }, 'TCP');
    const asked = row([A, tcp], { to: { ip: '203.0.113.1', port: 53 }, requestTimeoutNs: SECOND });
    expect(asked).toMatchObject({
      outcome: 'timeout',
      reason: 'load balancer of default/dns: it forwards no port 53/UDP',
    });
  });

  it('needs no check by TCP where its service has no TCP port', () => {
    const checks = { clusterCheck: 'tcp-node-port', allDown: 'closed' } as const;
    const over = { loadBalancers: { default: profile(checks), byService: {} } };
    expect(row([A, balanced], {}, over).outcome).toBe('ok');
  });
});

describe('an SCTP association', () => {
  const nodePort = dns({ type: 'NodePort' }, 'SCTP');
  const sctp = (load: Partial<Traffic> = {}): Partial<Traffic> => ({ protocol: 'SCTP', ...load });

  it('shakes hands twice before its request', () => {
    const answered = row([A, nodePort], sctp({ to: viaNode(2) }));
    expect(answered).toMatchObject({ outcome: 'ok', protocol: 'SCTP', status: null, firstPackets: 1 });
    expect(answered.connectUs).toBe(4 * oneWayUs);
    expect(answered.latencyUs).toBeGreaterThan(6 * oneWayUs);
  });

  it('does not hear a rejection: INITs are sent until its patience ends', () => {
    expect(row([nodePort], sctp({ to: viaNode(1) }))).toMatchObject({
      outcome: 'rejected',
      firstPackets: 9,
      latencyUs: 333e6,
    });
    expect(row([nodePort], sctp({ to: viaNode(1), connectTimeoutNs: 10 * SECOND }))).toMatchObject({
      firstPackets: 3,
      latencyUs: 10e6,
    });
  });

  it('hears an ABORT at once', () => {
    expect(row([], sctp({ to: { ip: '10.0.0.1', port: 9999 } }))).toMatchObject({
      outcome: 'refused',
      latencyUs: (2 * TIMINGS.clientToClusterNs) / 1e3,
    });
  });

  it('is not held to its first way: conntrack has forgotten an INIT when the next one comes', () => {
    const created: TimelineEntry = {
      atNs: SECOND,
      do: 'kubectl',
      command: { verb: 'apply', object: dns({ clusterIP: '10.96.0.9' }, 'SCTP', 'TCP') },
    };
    const asked = (protocol: Protocol) =>
      row(
        [A, SHELL],
        { protocol, from: { pod: 'default/shell' }, to: { ip: '10.96.0.9', port: 53 }, connectTimeoutNs: 20 * SECOND },
        { timeline: [created] },
      ).outcome;
    expect([asked('SCTP'), asked('TCP')]).toEqual(['ok', 'timeout']);
  });

  it('through a proxying load balancer ends with the one that this opens', () => {
    const balanced = dns({ type: 'LoadBalancer' }, 'SCTP');
    const answered = row([A, balanced], sctp(), proxy());
    expect(answered).toMatchObject({ outcome: 'ok', lb: 'default/dns' });
    expect(answered.connectUs).toBe((4 * TIMINGS.clientToClusterNs) / 1e3);
    expect(row([balanced], sctp(), proxy())).toMatchObject({ outcome: 'reset' });
  });
});
