/**
 * Nodes that hear of the same objects share what they make of them, and remember over syncs what syncs did not touch: each
 * must end up with the rules that are its own, and decide by them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  behaviourOf,
  ChangeTracker,
  featureGatesOf,
  modeOf,
  type ProxyMode,
  type ProxyNode,
  type ProxyProgram,
} from '../../libs/sim/src/kube-proxy/index.js';
import { type Ip, parseIp } from '../../libs/sim/src/netfilter/address.js';
import { AddressBook } from '../../libs/sim/src/netfilter/address-book.js';
import { type CompiledRuleset, compileRuleset } from '../../libs/sim/src/netfilter/compile.js';
import type { Decision } from '../../libs/sim/src/netfilter/decision.js';
import type { NodeContext } from '../../libs/sim/src/netfilter/packet.js';
import type { EndpointObject, EndpointSliceObject, Labels, ServiceObject } from '../../libs/sim/src/objects.js';

const MODES = [
  ['iptables', ['1.21', '1.23', '1.25', '1.29', '1.33', '1.36']],
  ['ipvs', ['1.21', '1.23', '1.24', '1.26', '1.27', '1.29', '1.36']],
  ['nftables', ['1.29', '1.31', '1.33', '1.36']],
  ['userspace', ['1.21', '1.23', '1.25']],
] as const;
const NODES = ['n1', 'n2', 'n3'];

const service = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    external: fc.constantFrom<'Cluster' | 'Local'>('Cluster', 'Local'),
    internal: fc.constantFrom<'Cluster' | 'Local'>('Cluster', 'Local'),
    ranges: fc.constantFrom<string[]>([], ['192.168.0.2/32'], ['203.0.113.0/24']),
    affine: fc.boolean(),
  })
  .map(
    ({ name, external, internal, ranges, affine }): ServiceObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'ns', name },
      spec: {
        type: 'LoadBalancer',
        clusterIP: `172.30.0.${name.charCodeAt(0)}`,
        externalTrafficPolicy: external,
        internalTrafficPolicy: internal,
        loadBalancerSourceRanges: ranges,
        ...(affine ? { sessionAffinity: 'ClientIP' as const } : {}),
        ...(external === 'Local' ? { healthCheckNodePort: 32000 } : {}),
        ports: [{ port: 80, nodePort: 30000 + name.charCodeAt(0) }],
      },
      status: { loadBalancer: { ingress: [{ ip: `5.6.7.${name.charCodeAt(0)}` }] } },
    }),
  );

const endpoint = fc.record({
  addresses: fc.constantFrom('10.1.0.1', '10.1.0.2', '10.1.0.3').map((ip) => [ip]),
  nodeName: fc.constantFrom(...NODES),
  conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
  hints: fc.constantFrom<NonNullable<EndpointObject['hints']>>(
    {},
    { forZones: [{ name: 'east' }] },
    { forNodes: [{ name: 'n2' }] },
  ),
});

const slice = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    number: fc.constantFrom(1, 2),
    endpoints: fc.array(endpoint, { maxLength: 3 }),
  })
  .map(
    ({ name, number, endpoints }): EndpointSliceObject => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'ns', name: `${name}-${number}`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints,
      ports: [{ name: '', port: 8080 }],
    }),
  );

/** What is written, and which nodes sync afterwards. */
const round = fc.record({
  objects: fc.array(fc.oneof(service, slice), { maxLength: 4 }),
  syncs: fc.subarray(NODES),
});

function nodeOf(name: string, version: string): ProxyNode {
  const ip = parseIp(`192.168.0.${name.slice(1)}`)!;
  return {
    name,
    ipFamily: 'IPv4',
    behaviour: behaviourOf(version),
    gates: featureGatesOf(version),
    ips: [ip],
    bridgeIPs: [],
    primaryIP: ip,
    localDetector: { kind: 'cidr', cidr: '10.1.0.0/16' },
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    serviceCIDRs: [],
    localhostNodePorts: true,
    ipvsScheduler: 'rr',
    tcpBeLiberal: false,
    nfacctCounters: [],
    randomFully: true,
  };
}

function hear(tracker: ChangeTracker, object: ServiceObject | EndpointSliceObject): void {
  if (object.kind === 'Service') tracker.serviceChanged(object);
  else tracker.endpointSliceChanged(object);
}

/** Everything in a ruleset that has content. */
function contentOf(program: ProxyProgram | undefined): unknown {
  return JSON.parse(
    JSON.stringify(program?.ruleset, (_, value) => {
      if (typeof value === 'bigint') return String(value);
      return typeof value === 'object' && value?.[Symbol.iterator] !== undefined ? [...value] : value;
    }),
  );
}

/** A node among bridges: pods of the other nodes are behind the uplink. */
function contextOf({ name, ips }: ProxyNode): NodeContext {
  const local = new Set(ips.map(({ text }) => text));
  const isLocalAddress = ({ text }: Ip): boolean => local.has(text) || text.startsWith('127.');
  return {
    name,
    routeLocalnet: false,
    isLocalAddress,
    addressesOf: () => ips,
    egress: (ip) => ({ interface: isLocalAddress(ip) ? 'lo' : 'eth0', address: ips[0]!, local: isLocalAddress(ip) }),
  };
}

const DESTINATIONS = [
  '172.30.0.97',
  '172.30.0.98',
  '172.30.0.99',
  '5.6.7.97',
  '5.6.7.99',
  '192.168.0.1',
  '192.168.0.2',
];
const SOURCES = ['203.0.113.7', '10.1.0.1', '192.168.0.2', '8.8.8.8'];

interface Proxy {
  readonly node: ProxyNode;
  readonly nodeLabels: Labels;
  readonly tracker: ChangeTracker;
  program: ProxyProgram | undefined;
  compiled: CompiledRuleset | undefined;
}

function proxiesOf(version: string): Proxy[] {
  return NODES.map((name) => {
    const node = nodeOf(name, version);
    const nodeLabels = { 'topology.kubernetes.io/zone': name === 'n1' ? 'east' : 'west' };
    return { node, nodeLabels, tracker: new ChangeTracker(name, node), program: undefined, compiled: undefined };
  });
}

function sync(mode: ProxyMode, proxy: Proxy): void {
  const { services, endpoints } = proxy.tracker.checkout();
  const { node, nodeLabels } = proxy;
  proxy.program = mode.program({ node, nodeLabels, services, endpoints }, proxy.program);
}

describe.each(MODES)('nodes in mode %s', (name, versions) => {
  const mode = modeOf(name);
  const rounds = fc.array(round, { minLength: 1, maxLength: 6 });

  it('share what they make of the same objects, and have the rules of a node that is alone', () => {
    let compared = 0;
    fc.assert(
      fc.property(rounds, fc.constantFrom(...versions), (rounds, version) => {
        const proxies = proxiesOf(version);
        const written: (ServiceObject | EndpointSliceObject)[] = [];
        for (const { objects, syncs } of rounds) {
          written.push(...objects);
          for (const proxy of proxies) {
            const { node, nodeLabels, tracker } = proxy;
            for (const object of objects) hear(tracker, object);
            if (!syncs.includes(node.name)) continue;
            sync(mode, proxy);
            const alone = new ChangeTracker(node.name, node);
            for (const object of written) hear(alone, structuredClone(object));
            const { services, endpoints } = alone.checkout();
            expect(contentOf(proxy.program)).toEqual(
              contentOf(mode.program({ node, nodeLabels, services, endpoints })),
            );
            if (services.size > 0) compared++;
          }
        }
      }),
      { numRuns: 150, seed: 31 },
    );
    expect(compared).toBeGreaterThan(150);
  });

  it('decide by what they remember as they would by rules that they have never seen', () => {
    const addresses = new AddressBook();
    let kept = 0;
    fc.assert(
      fc.property(rounds, fc.constantFrom(...versions), (rounds, version) => {
        for (const proxy of proxiesOf(version)) {
          const context = contextOf(proxy.node);
          const before = new Map<string, Decision>();
          for (const { objects, syncs } of rounds) {
            for (const object of objects) hear(proxy.tracker, object);
            if (!syncs.includes(proxy.node.name)) continue;
            sync(mode, proxy);
            const { ruleset } = proxy.program!;
            const fresh = compileRuleset(ruleset, context, 0x4000, addresses);
            proxy.compiled = proxy.compiled?.followedBy(ruleset) ?? fresh;
            for (const ip of DESTINATIONS) {
              for (const source of SOURCES) {
                const port = ip.startsWith('192.') ? 30097 : 80;
                const ask = (rules: CompiledRuleset) =>
                  rules.decide('arriving', addresses.idOf(source), 'eth0', addresses.idOf(ip), port, 'TCP');
                const decision = ask(proxy.compiled);
                expect(decision).toEqual(ask(fresh));
                if (before.get(`${source} ${ip}`) === decision) kept++;
                before.set(`${source} ${ip}`, decision);
              }
            }
          }
        }
      }),
      { numRuns: 100, seed: 32 },
    );
    expect(kept).toBeGreaterThan(1000);
  });
});
