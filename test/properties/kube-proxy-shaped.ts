/** Arbitraries: small clusters in the shape of kube-proxy's iptables rules, and packets that have a chance to meet them. */
import fc from 'fast-check';
import { type Cidr, contains, type Ip, parseCidr, parseIp } from '../../libs/sim/src/netfilter/address.js';
import type { Entry, NodeContext, Packet } from '../../libs/sim/src/netfilter/packet.js';
import type {
  Chain,
  IptablesTable,
  Match,
  Rule,
  Ruleset,
  TableName,
  Target,
} from '../../libs/sim/src/netfilter/rules.js';
import type { Protocol } from '../../libs/sim/src/objects.js';

export const MASQUERADE_MARK = 0x4000;
const NODE_IPS = ['192.168.0.2', '192.168.99.11'];
const LOCAL_PODS = ['10.180.0.1', '10.180.0.2', '10.180.0.3'];
const REMOTE_PODS = ['10.180.1.1', '10.180.1.2', '10.181.0.9'];
const OUTSIDE = ['203.0.113.7', '203.0.113.200', '198.51.100.1', '192.168.0.3'];
const SERVICE_IPS = ['172.30.0.41', '172.30.0.42', '172.30.0.43', '192.168.99.22', '1.2.3.4', '192.168.99.11'];
const PORTS = [80, 3001, 30000];

export interface ShapedEndpoint {
  ip: string;
  port: number;
}

export interface ShapedService {
  protocol: Protocol;
  clusterIp: string;
  externalIp: string | null;
  port: number;
  nodePort: number | null;
  endpoints: ShapedEndpoint[];
  localEndpoints: ShapedEndpoint[];
  externalPolicyLocal: boolean;
  affinitySeconds: number | null;
  sourceRanges: string[];
}

export interface ShapedNode {
  services: ShapedService[];
  /** Local-traffic detector; null: none. */
  podCidr: string | null;
  podInterface: string | null;
  masqueradeAll: boolean;
  routeLocalnet: boolean;
  bridgeAddressKnown: boolean;
}

export interface ShapedPacket {
  entry: Entry;
  packet: Packet;
}

const endpoint = fc.record({
  ip: fc.constantFrom(...LOCAL_PODS, ...REMOTE_PODS, NODE_IPS[0] ?? ''),
  port: fc.constantFrom(80, 8080),
});
const endpoints = fc.uniqueArray(endpoint, { maxLength: 4, size: 'max', selector: ({ ip, port }) => `${ip}:${port}` });

const service: fc.Arbitrary<ShapedService> = fc.record({
  protocol: fc.constantFrom<Protocol>('TCP', 'UDP'),
  clusterIp: fc.constantFrom(...SERVICE_IPS),
  externalIp: fc.option(fc.constantFrom(...SERVICE_IPS)),
  port: fc.constantFrom(...PORTS),
  nodePort: fc.option(fc.constantFrom(...PORTS)),
  endpoints,
  localEndpoints: endpoints,
  externalPolicyLocal: fc.boolean(),
  affinitySeconds: fc.option(fc.constantFrom(10, 10800)),
  sourceRanges: fc.subarray(['203.0.113.0/25', '203.0.0.0/8', '10.0.0.0/8']),
});

export const shapedNode: fc.Arbitrary<ShapedNode> = fc.record({
  services: fc.array(service, { maxLength: 14, size: 'max' }),
  podCidr: fc.option(fc.constantFrom('10.0.0.0/8', '10.180.0.0/24')),
  podInterface: fc.option(fc.constantFrom('cbr0', 'veth+')),
  masqueradeAll: fc.boolean(),
  routeLocalnet: fc.boolean(),
  bridgeAddressKnown: fc.boolean(),
});

const SOURCES = [...LOCAL_PODS, ...REMOTE_PODS, ...OUTSIDE, ...NODE_IPS, '127.0.0.1'];

/** Every kind of source, in any order. */
export const shapedSources: fc.Arbitrary<Ip[]> = fc
  .shuffledSubarray(SOURCES, { minLength: SOURCES.length })
  .map((texts) => texts.map(ip));

export const shapedPacket: fc.Arbitrary<ShapedPacket> = fc
  .record({
    entry: fc.constantFrom<Entry>('arriving', 'local'),
    source: fc.constantFrom(...SOURCES),
    destination: fc.constantFrom(...SERVICE_IPS, ...NODE_IPS, ...LOCAL_PODS, '127.0.0.1', '8.8.8.8'),
    port: fc.constantFrom(...PORTS, 9),
    protocol: fc.constantFrom<Protocol>('TCP', 'UDP'),
    inInterface: fc.constantFrom('eth0', 'cbr0', 'veth12'),
  })
  .map(({ entry, source, destination, port, protocol, inInterface }) => ({
    entry,
    packet: {
      sourceIp: ip(source),
      sourcePort: null,
      destinationIp: ip(destination),
      destinationPort: port,
      protocol,
      inInterface: entry === 'local' ? null : inInterface,
    },
  }));

/** A node with a bridge for its pods and an uplink for everything else. */
export function contextOf(shape: ShapedNode): NodeContext {
  const pods = cidr('10.180.0.0/24');
  const own = new Set(NODE_IPS);
  const isLocalAddress = (address: Ip): boolean => own.has(address.text) || address.text.startsWith('127.');
  return {
    name: 'test-node',
    routeLocalnet: shape.routeLocalnet,
    isLocalAddress,
    addressesOf: (name) =>
      (name === 'eth0' ? NODE_IPS : name === 'cbr0' && shape.bridgeAddressKnown ? ['10.180.0.254'] : []).map(ip),
    egress(address) {
      if (isLocalAddress(address)) return { interface: 'lo', address: ip('192.168.0.2'), local: true };
      if (!contains(pods, address)) return { interface: 'eth0', address: ip('192.168.0.2'), local: false };
      return { interface: 'cbr0', address: shape.bridgeAddressKnown ? ip('10.180.0.254') : null, local: false };
    },
  };
}

/** Rules as kube-proxy 1.25+ arranges them, with KUBE-FIREWALL and session affinity. */
export function rulesetOf(shape: ShapedNode): Ruleset<IptablesTable> {
  const nat = new Map<string, Rule[]>([
    ['PREROUTING', [jump('KUBE-SERVICES')]],
    ['OUTPUT', [jump('KUBE-SERVICES')]],
    ['POSTROUTING', [jump('KUBE-POSTROUTING')]],
    ['KUBE-SERVICES', []],
    ['KUBE-NODEPORTS', []],
    ['KUBE-MARK-MASQ', [rule({ kind: 'MARK', operation: 'or', value: MASQUERADE_MARK })]],
    [
      'KUBE-POSTROUTING',
      [
        rule({ kind: 'RETURN' }, { kind: 'mark', value: MASQUERADE_MARK, mask: MASQUERADE_MARK, negate: true }),
        rule({ kind: 'MARK', operation: 'xor', value: MASQUERADE_MARK }),
        rule({ kind: 'MASQUERADE', randomFully: false }),
      ],
    ],
  ]);
  const isNew: Match = { kind: 'conntrack', states: ['NEW'] };
  const filter = new Map<string, Rule[]>([
    ['INPUT', ['KUBE-FIREWALL', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'].map((c) => jump(c))],
    ['FORWARD', ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'].map((c) => jump(c, isNew))],
    ['OUTPUT', [jump('KUBE-FIREWALL'), jump('KUBE-SERVICES', isNew), jump('KUBE-PROXY-FIREWALL', isNew)]],
    ['KUBE-SERVICES', []],
    ['KUBE-EXTERNAL-SERVICES', []],
    ['KUBE-NODEPORTS', [rule({ kind: 'ACCEPT' }, ...l4('TCP', 30000))]],
    ['KUBE-PROXY-FIREWALL', []],
    [
      'KUBE-FIREWALL',
      [
        rule(
          { kind: 'DROP' },
          { kind: 'destination', cidr: '127.0.0.0/8' },
          { kind: 'source', cidr: '127.0.0.0/8', negate: true },
          { kind: 'conntrack', states: ['RELATED', 'ESTABLISHED', 'DNAT'], negate: true },
        ),
      ],
    ],
  ]);
  for (const [number, shaped] of shape.services.entries()) addService(shape, shaped, number, nat, filter);
  nat.get('KUBE-SERVICES')?.push(jump('KUBE-NODEPORTS', { kind: 'addrtype', destination: 'LOCAL' }));
  return {
    ipFamily: 'IPv4',
    tables: new Map<TableName, IptablesTable>([
      ['filter', tableOf('filter', filter)],
      ['nat', tableOf('nat', nat)],
    ]),
  };
}

function addService(
  shape: ShapedNode,
  service: ShapedService,
  number: number,
  nat: Map<string, Rule[]>,
  filter: Map<string, Rule[]>,
): void {
  const { clusterIp, externalIp, nodePort, port, protocol } = service;
  const own = (address: string): Match[] => [...l4(protocol, port), { kind: 'destination', cidr: address }];
  const isLocalNodePort: Match[] = [{ kind: 'addrtype', destination: 'LOCAL' }, ...l4(protocol, nodePort ?? 0)];
  const external = service.externalPolicyLocal ? service.localEndpoints : service.endpoints;
  if (service.endpoints.length === 0) {
    filter.get('KUBE-SERVICES')?.push(rule({ kind: 'REJECT' }, ...own(clusterIp)));
  } else nat.get('KUBE-SERVICES')?.push(jump(`KUBE-SVC-${number}`, ...own(clusterIp)));
  if (external.length === 0) {
    const refusal: Target = service.endpoints.length === 0 ? { kind: 'REJECT' } : { kind: 'DROP' };
    if (externalIp !== null) filter.get('KUBE-EXTERNAL-SERVICES')?.push(rule(refusal, ...own(externalIp)));
    if (nodePort !== null) filter.get('KUBE-EXTERNAL-SERVICES')?.push(rule(refusal, ...isLocalNodePort));
  }
  if (service.endpoints.length === 0 && service.localEndpoints.length === 0) return;
  const ranged = service.sourceRanges.length > 0;
  if (externalIp !== null) {
    nat.get('KUBE-SERVICES')?.push(jump(`KUBE-${ranged ? 'FW' : 'EXT'}-${number}`, ...own(externalIp)));
    if (ranged) filter.get('KUBE-PROXY-FIREWALL')?.push(rule({ kind: 'DROP' }, ...own(externalIp)));
  }
  if (nodePort !== null) nat.get('KUBE-NODEPORTS')?.push(jump(`KUBE-EXT-${number}`, ...l4(protocol, nodePort)));
  nat.set(
    `KUBE-FW-${number}`,
    service.sourceRanges.map((range) => jump(`KUBE-EXT-${number}`, { kind: 'source', cidr: range })),
  );
  nat.set(`KUBE-EXT-${number}`, externalRules(shape, service, number));
  const masquerade: Rule[] = [];
  if (shape.masqueradeAll) masquerade.push(jump('KUBE-MARK-MASQ', ...own(clusterIp)));
  else for (const pods of detector(shape, true)) masquerade.push(jump('KUBE-MARK-MASQ', ...own(clusterIp), pods));
  nat.set(`KUBE-SVC-${number}`, [...masquerade, ...choiceRules(service, service.endpoints, number)]);
  nat.set(`KUBE-SVL-${number}`, choiceRules(service, service.localEndpoints, number));
  for (const target of [...service.endpoints, ...service.localEndpoints]) {
    const name = chainOfEndpoint(number, target);
    const stamp: Match[] = service.affinitySeconds === null ? [] : [{ kind: 'recent', name, operation: 'set' }];
    nat.set(name, [
      jump('KUBE-MARK-MASQ', { kind: 'source', cidr: target.ip }),
      rule({ kind: 'DNAT', ip: target.ip, port: target.port }, ...stamp, {
        kind: 'protocol',
        protocol: service.protocol,
      }),
    ]);
  }
}

function externalRules(shape: ShapedNode, service: ShapedService, number: number): Rule[] {
  if (!service.externalPolicyLocal) return [jump('KUBE-MARK-MASQ'), jump(`KUBE-SVC-${number}`)];
  const fromNode: Match = { kind: 'addrtype', source: 'LOCAL' };
  return [
    ...detector(shape, false).map((pods) => jump(`KUBE-SVC-${number}`, pods)),
    jump('KUBE-MARK-MASQ', fromNode),
    jump(`KUBE-SVC-${number}`, fromNode),
    jump(`KUBE-SVL-${number}`),
  ];
}

function choiceRules(service: ShapedService, pool: ShapedEndpoint[], number: number): Rule[] {
  const seconds = service.affinitySeconds;
  const sticky =
    seconds === null
      ? []
      : pool.map((target) => {
          const name = chainOfEndpoint(number, target);
          return jump(name, { kind: 'recent', name, operation: 'rcheck', seconds, reap: true });
        });
  const random = pool.map((target, index) => {
    const rest = pool.length - index;
    const chance: Match[] = rest > 1 ? [{ kind: 'statistic', probability: Number((1 / rest).toFixed(10)) }] : [];
    return jump(chainOfEndpoint(number, target), ...chance);
  });
  return [...sticky, ...random];
}

function detector(shape: ShapedNode, negate: boolean): Match[] {
  if (shape.podInterface !== null) return [{ kind: 'inInterface', name: shape.podInterface, negate }];
  return shape.podCidr === null ? [] : [{ kind: 'source', cidr: shape.podCidr, negate }];
}

function chainOfEndpoint(number: number, target: ShapedEndpoint): string {
  return `SEP-${number}-${target.ip}-${target.port}`;
}

function l4(protocol: Protocol, port: number): Match[] {
  return [
    { kind: 'protocol', protocol },
    { kind: 'destinationPort', port },
  ];
}

function rule(target: Target, ...matches: Match[]): Rule {
  return { matches, target };
}

function jump(chain: string, ...matches: Match[]): Rule {
  return rule({ kind: 'jump', chain }, ...matches);
}

function tableOf(name: TableName, rules: Map<string, Rule[]>): IptablesTable {
  return {
    syntax: 'iptables',
    name,
    chains: new Map([...rules].map(([chain, list]): [string, Chain] => [chain, { name: chain, rules: list }])),
  };
}

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === null) throw new Error(`${text} is no CIDR`);
  return parsed;
}
