/**
 * The chains and sets of mode nftables that do not depend on any Service, by version.
 *
 * Models: base chains and where they lead; checks for destinations without endpoints, of unknown ports and addresses; source
 *   ranges; dispatch; masquerade.
 * Source: pkg/proxy/nftables/proxier.go (nftablesBaseChains, nftablesJumpChains, setupNFTables), see nftables-versions.ts.
 * Simplified: with masqueradeAll the rule of 1.36 that marks has no comment; upstream's words for it were not read.
 * Who could tell: someone who compares that comment.
 */
import { type Cidr, parseCidr } from '../../netfilter/address.js';
import type { NftBase, NftChain, NftRule, NftSet, NftStatement } from '../../netfilter/nft-rules.js';
import type { NftablesContext } from './nftables-context.js';
import {
  address,
  anonymousSet,
  concat,
  differs,
  drop,
  equals,
  flipMark,
  isInvalid,
  isMarked,
  isNew,
  isTranslated,
  isUnmarked,
  jump,
  masquerade,
  namedSet,
  network,
  portKey,
  reject,
  rule,
  setMark,
  toLocalAddress,
  vmap,
} from './nftables-parts.js';
import type { NftablesBehaviour } from './nftables-versions.js';

type Base = readonly [name: string, type: NftBase['type'], hook: NftBase['hook'], priority: number];
/** Which chain a base chain leads to; `new`: first packets of connections only. */
type Jump = readonly [to: string, from: string, which: 'new' | 'all'];

const NAT: readonly Base[] = [
  ['nat-prerouting', 'nat', 'PREROUTING', -100],
  ['nat-output', 'nat', 'OUTPUT', -100],
  ['nat-postrouting', 'nat', 'POSTROUTING', 100],
];
const NAT_JUMPS: readonly Jump[] = [
  ['services', 'nat-output', 'all'],
  ['services', 'nat-prerouting', 'all'],
  ['masquerading', 'nat-postrouting', 'all'],
];

const BASES: Readonly<Record<NftablesBehaviour['hooks'], readonly Base[]>> = {
  oneBeforeDnat: [
    ['filter-input', 'filter', 'INPUT', -101],
    ['filter-forward', 'filter', 'FORWARD', -101],
    ['filter-output', 'filter', 'OUTPUT', -101],
    ...NAT,
  ],
  beforeDnat: [
    ['filter-prerouting', 'filter', 'PREROUTING', -110],
    ['filter-input', 'filter', 'INPUT', -110],
    ['filter-forward', 'filter', 'FORWARD', -110],
    ['filter-output', 'filter', 'OUTPUT', -110],
    ['filter-output-post-dnat', 'filter', 'OUTPUT', -90],
    ...NAT,
  ],
  filterPriority: [
    ['filter-prerouting-pre-dnat', 'filter', 'PREROUTING', -110],
    ['filter-output-pre-dnat', 'filter', 'OUTPUT', -110],
    ['filter-input', 'filter', 'INPUT', 0],
    ['filter-forward', 'filter', 'FORWARD', 0],
    ['filter-output', 'filter', 'OUTPUT', 0],
    ...NAT,
  ],
};

const JUMPS: Readonly<Record<NftablesBehaviour['hooks'], readonly Jump[]>> = {
  oneBeforeDnat: [
    ['endpoints-check', 'filter-input', 'new'],
    ['endpoints-check', 'filter-forward', 'new'],
    ['endpoints-check', 'filter-output', 'new'],
    ['forward', 'filter-forward', 'all'],
    ['firewall-check', 'filter-input', 'new'],
    ['firewall-check', 'filter-output', 'new'],
    ['firewall-check', 'filter-forward', 'new'],
    ...NAT_JUMPS,
  ],
  beforeDnat: [
    ['nodeport-endpoints-check', 'filter-input', 'new'],
    ['service-endpoints-check', 'filter-input', 'new'],
    ['service-endpoints-check', 'filter-forward', 'new'],
    ['service-endpoints-check', 'filter-output', 'new'],
    ['firewall-check', 'filter-prerouting', 'new'],
    ['firewall-check', 'filter-output', 'new'],
    ...NAT_JUMPS,
    ['cluster-ips-check', 'filter-forward', 'new'],
    ['cluster-ips-check', 'filter-output-post-dnat', 'new'],
  ],
  filterPriority: [
    ['nodeport-endpoints-check', 'filter-input', 'new'],
    ['service-endpoints-check', 'filter-input', 'new'],
    ['service-endpoints-check', 'filter-forward', 'new'],
    ['service-endpoints-check', 'filter-output', 'new'],
    ['firewall-check', 'filter-prerouting-pre-dnat', 'new'],
    ['firewall-check', 'filter-output-pre-dnat', 'new'],
    ...NAT_JUMPS,
    ['cluster-ips-check', 'filter-forward', 'new'],
    ['cluster-ips-check', 'filter-output', 'new'],
  ],
};

const LOOPBACK: Readonly<Record<'ip' | 'ip6', Cidr>> = { ip: parseCidr('127.0.0.0/8')!, ip6: parseCidr('::1')! };

/** In the order in which they are made. */
export function baseChains(context: NftablesContext): NftChain[] {
  const { hooks } = context.behaviour;
  const bases = BASES[hooks].map(([name, type, hook, priority]): NftChain => {
    const leads = JUMPS[hooks].filter(([, from]) => from === name);
    const rules = leads.map(([to, , which]) => rule(which === 'new' ? [isNew, jump(to)] : [jump(to)]));
    return { name, base: { type, hook, priority, policy: 'accept' }, rules };
  });
  const reached = [...new Set(JUMPS[hooks].map(([to]) => to))];
  const others = [
    ...(context.behaviour.endpoints === 'endpointChains' ? ['mark-for-masquerade'] : []),
    'reject-chain',
    ...(context.behaviour.firewall === 'sets' ? ['firewall-allow-check'] : []),
  ];
  const contents = contentsOf(context);
  const regular = [...reached, ...others].map((name): NftChain => {
    const comment = name === 'reject-chain' ? 'helper for @no-endpoint-services / @no-endpoint-nodeports' : undefined;
    return { name, ...(comment === undefined ? {} : { comment }), rules: contents[name] ?? [] };
  });
  return [...bases, ...regular];
}

function contentsOf(context: NftablesContext): Record<string, readonly NftRule[]> {
  const { behaviour, masqueradeMark, node, words } = context;
  const toService = vmap(words.destinationKey, namedSet('no-endpoint-services'));
  const toNodePort = vmap(portKey, namedSet('no-endpoint-nodeports'));
  return {
    'mark-for-masquerade': [rule([setMark(masqueradeMark)])],
    masquerading: masqueradingRules(context),
    services: servicesRules(context),
    'reject-chain': [rule([reject])],
    'endpoints-check': [rule([toService]), rule([...ifNodePort(context, true), toNodePort])],
    'service-endpoints-check': [rule([toService])],
    // A packet in the input hook is for the node already.
    'nodeport-endpoints-check': [rule([...ifNodePort(context, false), toNodePort])],
    'cluster-ips-check': clusterIPsRules(context),
    'firewall-check': [
      behaviour.firewall === 'chains'
        ? rule([vmap(words.destinationKey, namedSet('firewall-ips'))])
        : rule([equals(words.destinationKey, namedSet('firewall')), jump('firewall-allow-check')]),
    ],
    'firewall-allow-check': [
      rule([
        equals(concat(words.destination, ...keyParts(words.destinationKey), words.source), namedSet('firewall-allow')),
        { kind: 'return' },
      ]),
      rule([drop]),
    ],
    forward: behaviour.dropsInvalid && !node.tcpBeLiberal ? [rule([isInvalid, drop])] : [],
  };
}

/** Without the address that the key begins with. */
function keyParts(key: NftablesContext['words']['destinationKey']) {
  return key.kind === 'concat' ? key.parts.slice(1) : [];
}

function masqueradingRules({ behaviour, masqueradeMark: mark, words }: NftablesContext): NftRule[] {
  if (behaviour.endpoints === 'endpointChains') {
    return [rule([isUnmarked(mark), { kind: 'return' }]), rule([flipMark(mark)]), rule([masquerade])];
  }
  const meetsItself = equals(concat(words.source, ...fieldsOf(words)), namedSet('hairpin-connections'));
  return [rule([isMarked(mark), flipMark(mark), masquerade]), rule([isTranslated, meetsItself, masquerade])];
}

const fieldsOf = ({ destinationKey }: NftablesContext['words']) =>
  destinationKey.kind === 'concat' ? destinationKey.parts : [];

function servicesRules(context: NftablesContext): NftRule[] {
  const { behaviour, ifNotLocal, masqueradeMark, node, words } = context;
  const rules: NftRule[] = [];
  if (behaviour.endpoints === 'maps' && (node.masqueradeAll || ifNotLocal !== null)) {
    const toClusterIP = equals(words.destination, namedSet('cluster-ips'));
    rules.push(
      node.masqueradeAll || ifNotLocal === null
        ? rule([toClusterIP, setMark(masqueradeMark)])
        : rule([toClusterIP, ifNotLocal, setMark(masqueradeMark)], 'masquerade clusterIP traffic from outside cluster'),
    );
  }
  rules.push(rule([vmap(words.destinationKey, namedSet('service-ips'))]));
  rules.push(rule([...ifNodePort(context, true), vmap(portKey, namedSet('service-nodeports'))]));
  return rules;
}

function ifNodePort({ nodePortIPs, words }: NftablesContext, asksLocal: boolean): NftStatement[] {
  if (nodePortIPs !== null) return [equals(words.destination, namedSet('nodeport-ips'))];
  const notLoopback = differs(words.destination, network(LOOPBACK[words.family]));
  return asksLocal ? [toLocalAddress, notLoopback] : [notLoopback];
}

function clusterIPsRules({ node, words }: NftablesContext): NftRule[] {
  const rules = [
    rule([equals(words.destination, namedSet('cluster-ips')), reject], 'Reject traffic to invalid ports of ClusterIPs'),
  ];
  const ranges = node.gates.MultiCIDRServiceAllocator ? node.serviceCIDRs : [];
  if (ranges.length > 0) {
    const within = equals(words.destination, anonymousSet(ranges.map((range) => ({ key: network(range) }))));
    rules.push(rule([within, drop], 'Drop traffic to unallocated ClusterIPs'));
  }
  return rules;
}

/** Named sets and maps that Services add to, in the order in which they are made; `nodeport-ips` has its elements. */
export function baseSets({ behaviour, nodePortIPs, words }: NftablesContext): NftSet[] {
  const destination = [words.type, 'inet_proto', 'inet_service'] as const;
  const none = new Map();
  const set = (name: string, key: NftSet['key'], comment: string, over: Partial<NftSet> = {}): NftSet => ({
    name,
    key,
    flags: [],
    comment,
    elements: none,
    ...over,
  });
  const verdicts = (name: string, key: NftSet['key'], comment: string) => set(name, key, comment, { data: 'verdict' });
  const firewall =
    behaviour.firewall === 'chains'
      ? [verdicts('firewall-ips', destination, 'destinations that are subject to LoadBalancerSourceRanges')]
      : [
          set('firewall', destination, 'destinations that are subject to LoadBalancerSourceRanges'),
          set(
            'firewall-allow',
            [...destination, words.type],
            'destinations+sources that are allowed by LoadBalancerSourceRanges',
            { flags: ['interval'] },
          ),
        ];
  const nodePorts = nodePortIPs?.map((ip) => [String(ip.value), { key: address(ip) }] as const);
  return [
    ...(behaviour.endpoints === 'maps'
      ? [set('hairpin-connections', [words.type, ...destination], 'service hairpin connections')]
      : []),
    ...(behaviour.clusterIPsCheck ? [set('cluster-ips', [words.type], 'Active ClusterIPs')] : []),
    ...(nodePorts === undefined
      ? []
      : [set('nodeport-ips', [words.type], 'IPs that accept NodePort traffic', { elements: new Map(nodePorts) })]),
    verdicts('no-endpoint-services', destination, 'vmap to drop or reject packets to services with no endpoints'),
    verdicts(
      'no-endpoint-nodeports',
      ['inet_proto', 'inet_service'],
      'vmap to drop or reject packets to service nodeports with no endpoints',
    ),
    ...firewall,
    verdicts('service-ips', destination, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'),
    verdicts('service-nodeports', ['inet_proto', 'inet_service'], 'NodePort traffic'),
  ];
}
