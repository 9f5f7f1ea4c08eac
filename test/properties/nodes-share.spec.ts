/** Nodes that hear of the same objects share what they make of them; each must end up with the rules that are its own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  behaviourOf,
  ChangeTracker,
  featureGatesOf,
  modeOf,
  type ProxyNode,
  type ProxyProgram,
} from '../../libs/sim/src/kube-proxy/index.js';
import { parseIp } from '../../libs/sim/src/netfilter/address.js';
import type { EndpointObject, EndpointSliceObject, ServiceObject } from '../../libs/sim/src/objects.js';

const MODES = ['iptables'] as const;
const VERSIONS = ['1.21', '1.23', '1.25', '1.29', '1.33', '1.36'];
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
    primaryIP: ip,
    localDetector: { kind: 'cidr', cidr: '10.1.0.0/16' },
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    serviceCIDRs: [],
    localhostNodePorts: true,
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
      if (value instanceof Map || value?.[Symbol.iterator] === Map.prototype.entries) return [...value];
      if (typeof value === 'bigint') return String(value);
      return typeof value === 'object' &&
        value !== null &&
        'forEach' in value &&
        'entries' in value &&
        !Array.isArray(value)
        ? [...value.entries()]
        : value;
    }),
  );
}

describe.each(MODES)('nodes in mode %s', (name) => {
  const mode = modeOf(name);

  it('share what they make of the same objects, and have the rules of a node that is alone', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 6 }), fc.constantFrom(...VERSIONS), (rounds, version) => {
        const nodes = NODES.map((name) => {
          const node = nodeOf(name, version);
          const nodeLabels = { 'topology.kubernetes.io/zone': name === 'n1' ? 'east' : 'west' };
          return {
            node,
            nodeLabels,
            tracker: new ChangeTracker(name, node),
            program: undefined as ProxyProgram | undefined,
          };
        });
        const written: (ServiceObject | EndpointSliceObject)[] = [];
        for (const { objects, syncs } of rounds) {
          written.push(...objects);
          for (const proxy of nodes) {
            const { node, nodeLabels, tracker } = proxy;
            for (const object of objects) hear(tracker, object);
            if (!syncs.includes(node.name)) continue;
            const { services, endpoints } = tracker.checkout();
            proxy.program = mode.program({ node, nodeLabels, services, endpoints }, proxy.program);
            const alone = new ChangeTracker(node.name, node);
            for (const object of written) hear(alone, structuredClone(object));
            const fresh = alone.checkout();
            const view = { node, nodeLabels, services: fresh.services, endpoints: fresh.endpoints };
            expect(contentOf(proxy.program)).toEqual(contentOf(mode.program(view)));
            if (services.size > 0) compared++;
          }
        }
      }),
      { numRuns: 150, seed: 31 },
    );
    expect(compared).toBeGreaterThan(150);
  });
});
