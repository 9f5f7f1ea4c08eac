/**
 * Who gets where in mode ipvs. kube-proxy has no packet flows of its own for this mode, so what its source and the kernel's
 * add up to is written down here a second time, as a decision model, and held against the rules for every source,
 * destination, policy and version. Pods are 10.180.0.0/16, the node is 192.168.0.2, its pods are 10.180.0.0/24.
 */
import { describe, expect, it } from 'vitest';
import { ipvsMode, minorOf, SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import { formatHostPort, type Ip, parseIp } from '../../libs/sim/src/netfilter/address.js';
import { evaluate } from '../../libs/sim/src/netfilter/evaluate.js';
import type { NodeContext } from '../../libs/sim/src/netfilter/packet.js';
import type { Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { EndpointObject, ServiceObject } from '../../libs/sim/src/objects.js';
import { vectorNode, vectorView } from '../flows/vector-cluster.js';

const NODE = '192.168.0.2';
const BRIDGE = '10.180.0.254';
const CLUSTER_IP = '172.30.0.1';
const EXTERNAL_IP = '192.168.9.1';
const VIP = '192.168.8.1';
const HERE = '10.180.0.1';
const ELSEWHERE = '10.180.1.1';

const SOURCES = {
  pod: '10.180.0.9',
  'the endpoint itself': HERE,
  'pod elsewhere': '10.180.1.9',
  'client in range': '203.0.113.7',
  'client out of range': '198.51.100.1',
  /** A process of the node: routing gives it the destination as source where that is the node's own. */
  process: '',
} as const;
type Source = keyof typeof SOURCES;

const DESTINATIONS = {
  clusterIP: [CLUSTER_IP, 80],
  externalIP: [EXTERNAL_IP, 80],
  loadBalancer: [VIP, 80],
  nodePort: [NODE, 30080],
  'nodePort of the bridge': [BRIDGE, 30080],
  'wrong port of the cluster IP': [CLUSTER_IP, 81],
  'wrong port of the load balancer': [VIP, 81],
} as const;
type Destination = keyof typeof DESTINATIONS;

interface Case {
  version: string;
  internal: 'Cluster' | 'Local';
  external: 'Cluster' | 'Local';
  endpoints: string[];
  detector: boolean;
  masqueradeAll: boolean;
  /** None, with the node in one of them, or without. */
  ranges: 'none' | 'with the node' | 'without the node';
}

const ip = (text: string): Ip => parseIp(text)!;
const sourceOf = (from: Source, to: Destination): string => SOURCES[from] || DESTINATIONS[to][0];

function rulesetOf(
  { version, internal, external, endpoints, detector, masqueradeAll, ranges }: Case,
  type?: 'ClusterIP',
): Ruleset {
  const cidr = detector ? { cidr: '10.180.0.0/16' } : {};
  const node = {
    ...vectorNode(
      {
        ipFamily: 'IPv4',
        thisNode: { name: 'n1', ips: [NODE], primaryIP: NODE },
        localDetector: { mode: 'ClusterCIDR', ...cidr },
        masqueradeAll,
        nodePortAddresses: null,
        localhostNodePorts: true,
      },
      version,
    ),
    bridgeIPs: [ip(BRIDGE)],
  };
  const spec: ServiceObject['spec'] = {
    clusterIP: CLUSTER_IP,
    internalTrafficPolicy: internal,
    ports: [{ port: 80, ...(type === undefined ? { nodePort: 30080 } : {}) }],
  };
  const outside: Partial<ServiceObject['spec']> = {
    type: 'LoadBalancer',
    externalTrafficPolicy: external,
    externalIPs: [EXTERNAL_IP],
    loadBalancerSourceRanges:
      ranges === 'none'
        ? []
        : ['203.0.113.0/24', '10.0.0.0/8', ...(ranges === 'with the node' ? ['192.168.0.0/24'] : [])],
  };
  const service: ServiceObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: type === undefined ? { ...spec, ...outside } : spec,
    ...(type === undefined ? { status: { loadBalancer: { ingress: [{ ip: VIP }] } } } : {}),
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice' as const,
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4' as const,
    endpoints: endpoints.map(
      (address): EndpointObject => ({ addresses: [address], nodeName: address === HERE ? 'n1' : 'n2' }),
    ),
    ports: [{ port: 8080 }],
  };
  return ipvsMode.program(vectorView(node, { services: [service], endpointSlices: [slice] })).ruleset;
}

const OWN = [NODE, BRIDGE, '127.0.0.1'];
const context: NodeContext = {
  name: 'n1',
  routeLocalnet: false,
  addressesOf: () => [],
  isLocalAddress: ({ text }) => OWN.includes(text),
  egress(address) {
    if (OWN.includes(address.text)) return { interface: 'lo', address: ip(NODE), local: true };
    const isHere = address.text.startsWith('10.180.0.');
    return { interface: isHere ? 'cbr0' : 'eth0', address: ip(isHere ? BRIDGE : NODE), local: false };
  },
};

/** `drop`, `reject`, `socket`, or the endpoints with the source that they see. */
function walked(ruleset: Ruleset, from: Source, to: Destination): string {
  const [destination, port] = DESTINATIONS[to];
  const packet = {
    sourceIp: ip(sourceOf(from, to)),
    sourcePort: null,
    destinationIp: ip(destination),
    destinationPort: port,
    protocol: 'TCP' as const,
    inInterface: from === 'process' ? null : from.startsWith('client') || from === 'pod elsewhere' ? 'eth0' : 'cbr0',
  };
  const outcomes = evaluate(from === 'process' ? 'local' : 'arriving', ruleset, context, packet, {
    masqueradeMark: 0x4000,
  });
  const texts = outcomes.map(({ verdict, dnat, sourceIp, ...outcome }) => {
    if (verdict === 'drop' || verdict === 'reject') return verdict;
    if (!dnat) return verdict === 'local' ? 'socket' : 'leaves';
    return `${formatHostPort(outcome.destinationIp.text, outcome.destinationPort)} sees ${sourceIp?.text}`;
  });
  return [...new Set(texts)].join(', ');
}

/** The model, from the description of kube-proxy and IPVS and not from the rules. */
function modelled(setting: Case, from: Source, to: Destination): string {
  const minor = minorOf(setting.version);
  const arrives = from !== 'process';
  if (to.startsWith('wrong port')) return minor >= 26 ? 'reject' : 'socket';
  const isExternal = to !== 'clusterIP';
  const pool = poolOf(setting, isExternal, minor);
  const isShut = to === 'loadBalancer' && setting.ranges !== 'none' && !isAllowed(setting, from);
  if (isShut && arrives) return 'drop';
  // 1.26 to 1.30 forgot the external IPs of policy Local in the filter of INPUT.
  if (to === 'externalIP' && setting.external === 'Local' && arrives && minor >= 26 && minor <= 30) return 'reject';
  if (pool.length === 0) return 'reject';
  // What the node itself sends meets IPVS before the filter; from 1.25 to 1.28 no filter is there.
  if (isShut && (minor <= 24 || minor >= 29)) return 'drop';
  const source = sourceOf(from, to);
  const masquerades = isMasqueraded(setting, from, to);
  return pool
    .map((endpoint) => {
      const seen = masquerades || endpoint === source ? (endpoint === HERE ? BRIDGE : NODE) : source;
      return `${endpoint}:8080 sees ${seen}`;
    })
    .join(', ');
}

function poolOf({ internal, external, endpoints }: Case, isExternal: boolean, minor: number): string[] {
  const here = endpoints.filter((endpoint) => endpoint === HERE);
  const internalLocal = internal === 'Local' && minor >= 22;
  if (minor <= 23) {
    // One filter for both, in which externalTrafficPolicy: Local comes first.
    const left = external === 'Cluster' && internalLocal ? here : endpoints;
    const onlyHere = isExternal ? external === 'Local' : internalLocal;
    return onlyHere ? here : left;
  }
  const onlyHere = isExternal ? external === 'Local' : internalLocal;
  return onlyHere && here.length > 0 ? here : endpoints;
}

/** The process of a node has the load balancer's address; it may pass where the node may. */
function isAllowed({ ranges }: Case, from: Source): boolean {
  return from === 'process' ? ranges === 'with the node' : from !== 'client out of range';
}

function isMasqueraded({ external, detector, masqueradeAll }: Case, from: Source, to: Destination): boolean {
  if (to !== 'clusterIP') return external === 'Cluster';
  if (masqueradeAll) return true;
  // Without a detector: what comes from a virtual address with a service's port, so the node's own processes.
  if (!detector) return from === 'process';
  return from === 'process' || from.startsWith('client');
}

const POLICIES = ['Cluster', 'Local'] as const;
const ENDPOINTS = [[HERE, ELSEWHERE], [HERE], [ELSEWHERE], []];
const RANGES = ['none', 'with the node', 'without the node'] as const;

function* casesOf(version: string): Generator<Case> {
  for (const internal of POLICIES)
    for (const external of POLICIES)
      for (const endpoints of ENDPOINTS)
        for (const detector of [true, false])
          for (const masqueradeAll of [true, false])
            for (const ranges of RANGES)
              yield { version, internal, external, endpoints, detector, masqueradeAll, ranges };
}

describe('mode ipvs', () => {
  it.each([...SUPPORTED_VERSIONS])('of %s treats every packet as the model says', (version) => {
    const seen = new Map<string, number>();
    for (const setting of casesOf(version)) {
      const ruleset = rulesetOf(setting);
      for (const from of Object.keys(SOURCES) as Source[])
        for (const to of Object.keys(DESTINATIONS) as Destination[]) {
          const got = walked(ruleset, from, to);
          if (got !== modelled(setting, from, to)) {
            expect({ ...setting, from, to, got }).toEqual({ ...setting, from, to, got: modelled(setting, from, to) });
          }
          const kind = got.includes('sees') ? 'delivered' : got;
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
        }
    }
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(192 * 6 * 7);
    expect([...seen.keys()].sort()).toEqual(
      minorOf(version) >= 26 ? ['delivered', 'drop', 'reject'] : ['delivered', 'drop', 'reject', 'socket'],
    );
  });

  it('has no cluster list to fall back on for a Service that is not met from outside', () => {
    const alone: Case = {
      version: '1.34',
      internal: 'Local',
      external: 'Cluster',
      endpoints: [ELSEWHERE],
      detector: true,
      masqueradeAll: false,
      ranges: 'none',
    };
    for (const version of ['1.22', '1.23', '1.24', '1.34']) {
      expect(walked(rulesetOf({ ...alone, version }, 'ClusterIP'), 'pod', 'clusterIP'), version).toBe('reject');
    }
    expect(walked(rulesetOf({ ...alone, version: '1.21' }, 'ClusterIP'), 'pod', 'clusterIP')).toContain(ELSEWHERE);
  });
});
