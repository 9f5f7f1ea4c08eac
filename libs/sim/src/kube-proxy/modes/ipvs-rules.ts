/**
 * The iptables rules of mode ipvs: they masquerade and filter, and hang on sets instead of Services.
 *
 * Models: nat KUBE-SERVICES, KUBE-LOAD-BALANCER, KUBE-NODE-PORT, KUBE-POSTROUTING, KUBE-MARK-MASQ and KUBE-FIREWALL (up to
 *   1.24); filter KUBE-FORWARD, KUBE-NODE-PORT, KUBE-PROXY-FIREWALL, KUBE-SOURCE-RANGES-FIREWALL, KUBE-IPVS-FILTER,
 *   KUBE-IPVS-OUT-FILTER.
 * Source: pkg/proxy/ipvs/proxier.go (iptablesJumpChain, ipsetWithIptablesChain, writeIptablesRules) of 1.21 to 1.34.
 * Simplified: nothing known.
 * Who could tell: someone on 1.35 to 1.37, whose source was not read.
 */
import type { SetDirections } from '../../netfilter/ip-sets.js';
import type { Chain, Match, Rule, TableName, Target } from '../../netfilter/rules.js';
import type { Protocol } from '../../objects.js';
import { matchLocal } from '../local-detector.js';
import type { ProxyNode } from '../proxy-node.js';
import { comment, jump, rule, source, toLocalAddress } from '../rule-parts.js';
import {
  type BaseJump,
  forwardAcceptRules,
  jumpsTo,
  markMasqueradeRules,
  postroutingRules,
} from '../standing-chains.js';
import { SETS, type SetKey, setName } from './ipvs-sets.js';

/** A load balancer's address and port from which the node's processes are kept. */
export interface ClosedPort {
  readonly ip: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** What the rules hang on besides the node. */
export interface RuleSetting {
  /** Sets that have entries; the others get no rule of their own. */
  readonly filled: ReadonlySet<SetKey>;
  readonly closed: readonly ClosedPort[];
}

const DST_DST: SetDirections = ['dst', 'dst'];
const DST: SetDirections = ['dst'];
const DST_DST_SRC: SetDirections = ['dst', 'dst', 'src'];
const RETURN: Target = { kind: 'RETURN' };
const ACCEPT: Target = { kind: 'ACCEPT' };

/** In the order in which a base chain is walked: kube-proxy puts each jump before those that are there, kubelet's behind. */
export function ipvsJumps({ behaviour }: ProxyNode): BaseJump[] {
  const firewall = 'kube-proxy firewall rules';
  const filter = 'kubernetes ipvs access filter';
  const ensured = [
    ...jumpsTo('nat', 'KUBE-SERVICES', 'kubernetes service portals', ['OUTPUT', 'PREROUTING'], false),
    ...jumpsTo('nat', 'KUBE-POSTROUTING', 'kubernetes postrouting rules', ['POSTROUTING'], false),
    ...jumpsTo('filter', 'KUBE-FORWARD', 'kubernetes forwarding rules', ['FORWARD'], false),
    ...jumpsTo('filter', 'KUBE-NODE-PORT', 'kubernetes health check rules', ['INPUT'], false),
    ...(hasFirewall(behaviour) ? jumpsTo('filter', 'KUBE-PROXY-FIREWALL', firewall, ['INPUT', 'FORWARD'], false) : []),
    ...(hasFilter(behaviour) ? jumpsTo('filter', 'KUBE-IPVS-FILTER', filter, ['INPUT'], false) : []),
    ...(behaviour.ipvsFiltersNode ? jumpsTo('filter', 'KUBE-IPVS-OUT-FILTER', filter, ['OUTPUT'], false) : []),
  ];
  return [...ensured.reverse(), ...jumpsTo('filter', 'KUBE-FIREWALL', '', ['INPUT', 'OUTPUT'], false)];
}

export function ipvsChains(node: ProxyNode, setting: RuleSetting): Map<TableName, Chain[]> {
  const rules = new IpvsRules(node, setting);
  const { behaviour } = node;
  const nat: Chain[] = [
    { name: 'KUBE-SERVICES', rules: rules.services() },
    { name: 'KUBE-POSTROUTING', rules: [...rules.hairpin(), ...postroutingRules(node)] },
    ...(hasFirewall(behaviour) ? [] : [{ name: 'KUBE-FIREWALL', rules: rules.legacyFirewall() }]),
    { name: 'KUBE-NODE-PORT', rules: rules.nodePorts() },
    { name: 'KUBE-LOAD-BALANCER', rules: rules.loadBalancers() },
    { name: 'KUBE-MARK-MASQ', rules: markMasqueradeRules(node) },
  ];
  const filter: Chain[] = [
    { name: 'KUBE-FORWARD', rules: forwardAcceptRules(node) },
    { name: 'KUBE-NODE-PORT', rules: rules.healthChecks() },
  ];
  if (hasFirewall(behaviour)) {
    filter.push({ name: 'KUBE-PROXY-FIREWALL', rules: rules.firewall() });
    filter.push({ name: 'KUBE-SOURCE-RANGES-FIREWALL', rules: rules.sourceRanges() });
  }
  if (hasFilter(behaviour)) filter.push({ name: 'KUBE-IPVS-FILTER', rules: rules.filter() });
  if (behaviour.ipvsFiltersNode) filter.push({ name: 'KUBE-IPVS-OUT-FILTER', rules: rules.outFilter() });
  return new Map<TableName, Chain[]>([
    ['nat', nat],
    ['filter', filter],
  ]);
}

function hasFirewall({ dropsBy }: ProxyNode['behaviour']): boolean {
  return dropsBy === 'filterRules';
}

function hasFilter({ ipvsFilter }: ProxyNode['behaviour']): boolean {
  return ipvsFilter !== 'absent';
}

class IpvsRules {
  constructor(
    private readonly node: ProxyNode,
    private readonly setting: RuleSetting,
  ) {}

  /** Marks what has to be masqueraded; the translation itself is IPVS's. */
  services(): Rule[] {
    const { ipFamily, behaviour } = this.node;
    const loopback = source(ipFamily === 'IPv4' ? '127.0.0.0/8' : '::1/128');
    return [
      ...(hasFilter(behaviour) ? [rule([loopback], RETURN)] : []),
      ...this.ifFilled('loadBalancer', DST_DST, { kind: 'jump', chain: 'KUBE-LOAD-BALANCER' }),
      ...this.clusterIPs(),
      ...this.externalIPs(),
      jump([toLocalAddress], 'KUBE-NODE-PORT'),
      ...(['clusterIP', 'loadBalancer'] as const)
        .filter((set) => this.setting.filled.has(set))
        .map((set) => rule([this.inSet(set, DST_DST)], ACCEPT)),
    ];
  }

  private clusterIPs(): Rule[] {
    const { masqueradeAll, localDetector } = this.node;
    const mark: Target = { kind: 'jump', chain: 'KUBE-MARK-MASQ' };
    if (masqueradeAll) return this.ifFilled('clusterIP', DST_DST, mark);
    if (localDetector !== null) return this.ifFilled('clusterIP', DST_DST, mark, [matchLocal(localDetector, true)]);
    // Without a detector only what comes from a virtual IP is known to be the node's own.
    return this.ifFilled('clusterIP', ['src', 'dst'], mark);
  }

  private externalIPs(): Rule[] {
    const fromOutside: Match[] = [
      { kind: 'physdev', isIn: false },
      { kind: 'addrtype', source: 'LOCAL', negateSource: true },
    ];
    const accept = (set: SetKey): Rule[] => [
      ...this.ifFilled(set, DST_DST, ACCEPT, fromOutside),
      ...this.ifFilled(set, DST_DST, ACCEPT, [toLocalAddress]),
    ];
    return [
      ...this.ifFilled('externalIP', DST_DST, { kind: 'jump', chain: 'KUBE-MARK-MASQ' }),
      ...accept('externalIP'),
      ...accept('externalIPLocal'),
    ];
  }

  /** It comes before the rules that look at the mark. */
  hairpin(): Rule[] {
    return this.ifFilled('loopBack', DST_DST_SRC, { kind: 'MASQUERADE', randomFully: false });
  }

  nodePorts(): Rule[] {
    const local = (protocol: Protocol) => this.nodePort(protocol, `nodePortLocal${protocol}`, RETURN);
    const all = (protocol: Protocol) =>
      this.nodePort(protocol, `nodePort${protocol}`, { kind: 'jump', chain: 'KUBE-MARK-MASQ' });
    const sctp = this.node.behaviour.ipvsKeepsSctpSources
      ? [...local('SCTP'), ...all('SCTP')]
      : [...all('SCTP'), ...local('SCTP')];
    return [...local('TCP'), ...all('TCP'), ...local('UDP'), ...all('UDP'), ...sctp];
  }

  private nodePort(protocol: Protocol, set: SetKey, target: Target): Rule[] {
    if (!this.setting.filled.has(set)) return [];
    const directions = protocol === 'SCTP' ? DST_DST : DST;
    const name: Match = { kind: 'ipProtocol', protocol: protocol.toLowerCase() };
    return [rule([name, comment(SETS[set].comment), this.inSet(set, directions)], target)];
  }

  loadBalancers(): Rule[] {
    return [
      ...(hasFirewall(this.node.behaviour)
        ? []
        : this.ifFilled('loadBalancerFirewall', DST_DST, { kind: 'jump', chain: 'KUBE-FIREWALL' })),
      ...this.ifFilled('loadBalancerLocal', DST_DST, RETURN),
      jump([], 'KUBE-MARK-MASQ'),
    ];
  }

  /** Up to 1.24, in nat: what no range allows is marked, and dropped by kubelet's filter. */
  legacyFirewall(): Rule[] {
    return [...this.allowedSources(), jump([], 'KUBE-MARK-DROP')];
  }

  firewall(): Rule[] {
    return this.ifFilled('loadBalancerFirewall', DST_DST, { kind: 'jump', chain: 'KUBE-SOURCE-RANGES-FIREWALL' });
  }

  sourceRanges(): Rule[] {
    return [...this.allowedSources(), rule([], { kind: 'DROP' })];
  }

  private allowedSources(): Rule[] {
    return [
      ...this.ifFilled('loadBalancerSourceCIDR', DST_DST_SRC, RETURN),
      ...this.ifFilled('loadBalancerSourceIP', DST_DST_SRC, RETURN),
    ];
  }

  healthChecks(): Rule[] {
    return [rule([comment(SETS.healthCheckNodePort.comment), this.inSet('healthCheckNodePort', DST)], ACCEPT)];
  }

  /** The addresses of the dummy device are for Services alone, not for whatever listens on the node. */
  filter(): Rule[] {
    const { ipvsFilter } = this.node.behaviour;
    const fresh: Match = { kind: 'conntrack', states: ['NEW'] };
    const services: SetKey[] = ['loadBalancer', 'clusterIP', 'externalIP'];
    if (ipvsFilter === 'all') services.push('externalIPLocal');
    return [
      ...services.map((set) => rule([this.inSet(set, DST_DST)], RETURN)),
      ...(ipvsFilter === 'services' ? [] : [rule([this.inSet('healthCheckNodePort', DST)], RETURN)]),
      rule([fresh, this.inSet('dummyDevice', DST)], { kind: 'REJECT' }),
    ];
  }

  outFilter(): Rule[] {
    return this.setting.closed.map(({ ip, protocol, port }) =>
      rule([source(ip), { kind: 'ipvs', address: ip, protocol, port }], { kind: 'DROP' }),
    );
  }

  private ifFilled(set: SetKey, directions: SetDirections, target: Target, more: readonly Match[] = []): Rule[] {
    if (!this.setting.filled.has(set)) return [];
    return [rule([comment(SETS[set].comment), this.inSet(set, directions), ...more], target)];
  }

  private inSet(set: SetKey, directions: SetDirections): Match {
    return { kind: 'set', name: setName(set, this.node.ipFamily), directions };
  }
}
