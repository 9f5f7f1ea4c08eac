/**
 * What a service port adds to the table of mode nftables.
 *
 * Models: chains for policies Cluster (service-) and Local (local-), for what comes from outside (external-), for source
 *   ranges (firewall-) and endpoints (endpoint-); sets for session affinity; its elements of the sets and maps of all.
 * Source: pkg/proxy/nftables/proxier.go (syncProxyRules, writeServiceToEndpointRules), see nftables-versions.ts.
 * Simplified: with session affinity a single endpoint is looked up in a map in 1.37 too.
 * Who could tell: someone who compares that rule.
 */
import { type Cidr, contains, type Ip } from '../../netfilter/address.js';
import {
  elementsOf,
  type NftChain,
  type NftElement,
  type NftElements,
  type NftRule,
  type NftSet,
} from '../../netfilter/nft-rules.js';
import { usesClusterEndpoints, usesLocalEndpoints } from '../categorize-endpoints.js';
import { nftEndpointName, nftServicePortName } from '../chain-names.js';
import { type EndpointInfo, isLocalTo } from '../endpoint-map.js';
import { isExternallyAccessible, type ServicePortInfo } from '../service-map.js';
import type { NftablesContext } from './nftables-context.js';
import {
  address,
  anonymousSet,
  constant,
  differs,
  drop,
  equals,
  fromLocalAddress,
  goto,
  meta,
  namedSet,
  network,
  payload,
  protocolNumber,
  rule,
  tuple,
  value,
  vmap,
} from './nftables-parts.js';

/** Sets and maps that all Services add to. */
export const SHARED_SETS = [
  'hairpin-connections',
  'cluster-ips',
  'no-endpoint-services',
  'no-endpoint-nodeports',
  'firewall-ips',
  'firewall',
  'firewall-allow',
  'service-ips',
  'service-nodeports',
] as const;
export type SharedSet = (typeof SHARED_SETS)[number];

export interface NftServiceParts {
  readonly info: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
  /** In the order in which they are made. */
  readonly chains: ReadonlyMap<string, NftChain>;
  /** Of session affinity. */
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly elements: ReadonlyMap<SharedSet, NftElements>;
}

export function servicePartsOf(
  context: NftablesContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
): NftServiceParts {
  return new PartsBuilder(context, info, endpoints).build();
}

class PartsBuilder {
  private readonly base: string;
  private readonly rules = new Map<string, NftRule[]>();
  private readonly elements = new Map<SharedSet, NftElement[]>();
  private readonly hasAffinity: boolean;

  constructor(
    private readonly context: NftablesContext,
    private readonly info: ServicePortInfo,
    private readonly endpoints: readonly EndpointInfo[],
  ) {
    const { service, protocol, portName } = info;
    this.base = nftServicePortName(service, protocol, portName, context.behaviour.nameLength);
    this.hasAffinity = info.affinitySeconds !== null;
  }

  build(): NftServiceParts {
    const { context, info } = this;
    const { clusterEndpoints, localEndpoints, allReachableEndpoints, hasAnyEndpoints } = context.categorize(
      this.endpoints,
      info,
    );
    const reaches = (local: boolean): boolean => hasAnyEndpoints && (!local || localEndpoints.length > 0);
    const internal = reaches(info.internalPolicyLocal);
    const external = reaches(info.externalPolicyLocal);
    const usesExternal = hasAnyEndpoints && isExternallyAccessible(info);
    const hasChains = this.endpointChains ? allReachableEndpoints : [];
    for (const endpoint of hasChains) this.declare(this.endpointChain(endpoint));
    const usesCluster = usesClusterEndpoints(info) && clusterEndpoints.length > 0;
    const usesLocal = usesLocalEndpoints(info) && localEndpoints.length > 0;
    if (usesCluster) this.declare(this.chain('service'));
    if (usesLocal) this.declare(this.chain('local'));
    if (usesExternal) this.declare(this.chain('external'));
    this.capture(hasAnyEndpoints, internal, external);
    if (internal) this.masqueradeInternal();
    if (usesExternal) this.addExternalRules(external);
    if (usesCluster) this.addBalancingRules(this.chain('service'), clusterEndpoints);
    if (usesLocal) this.addBalancingRules(this.chain('local'), localEndpoints);
    for (const endpoint of hasChains) this.addEndpointRules(endpoint);
    this.addHairpinElements(allReachableEndpoints);
    return this.parts(this.hasAffinity ? allReachableEndpoints : []);
  }

  private parts(remembered: readonly EndpointInfo[]): NftServiceParts {
    const { info, endpoints } = this;
    const chains = new Map([...this.rules].map(([name, rules]): [string, NftChain] => [name, { name, rules }]));
    const sets = new Map(remembered.map((endpoint) => this.affinitySet(endpoint)).map((set) => [set.name, set]));
    const elements = [...this.elements].map(([name, list]): [SharedSet, NftElements] => [name, elementsOf(list)]);
    return { info, endpoints, chains, sets, elements: new Map(elements) };
  }

  /** Where destinations lead, and what ends traffic that has nowhere to go. */
  private capture(hasAny: boolean, internal: boolean, external: boolean): void {
    const { info } = this;
    const refusal = hasAny ? drop : goto('reject-chain');
    const toExternal = goto(this.chain('external'));
    this.add('cluster-ips', { key: address(info.clusterIP) });
    const own = this.key(info.clusterIP);
    const policyChain = this.chain(info.internalPolicyLocal ? 'local' : 'service');
    if (internal) this.add('service-ips', { key: own, data: goto(policyChain) });
    else this.add('no-endpoint-services', { key: own, data: refusal, comment: this.comment() });
    for (const ip of info.externalIPs) {
      if (hasAny) this.add('service-ips', { key: this.key(ip), data: toExternal });
      if (!external) this.add('no-endpoint-services', { key: this.key(ip), data: refusal, comment: this.comment() });
    }
    this.addFirewall();
    for (const ip of info.loadBalancerVIPs) {
      if (hasAny) this.add('service-ips', { key: this.key(ip), data: toExternal });
      if (!external) this.add('no-endpoint-services', { key: this.key(ip), data: refusal, comment: this.comment() });
    }
    if (info.nodePort === 0) return;
    const key = tuple(protocolNumber(info.protocol), value(info.nodePort));
    if (hasAny) this.add('service-nodeports', { key, data: toExternal });
    if (!external) this.add('no-endpoint-nodeports', { key, data: refusal, comment: this.comment() });
  }

  /** Source ranges are looked at whether there are endpoints or not. */
  private addFirewall(): void {
    const { context, info } = this;
    const { loadBalancerSourceRanges: ranges, loadBalancerVIPs: vips } = info;
    if (vips.length === 0 || ranges.length === 0) return;
    const { primaryIP } = context.node;
    // What a process of the node sends to a VIP that is bound there has that VIP as its source.
    const allowsNode = primaryIP !== null && ranges.some((range) => contains(range, primaryIP));
    if (context.behaviour.firewall === 'sets') {
      for (const vip of vips) this.addFirewallElements(vip, ranges, allowsNode);
      return;
    }
    const chain = this.chain('firewall');
    const allowed = [...ranges.map(network), ...(allowsNode ? vips.map(address) : [])];
    const isElsewhere = differs(context.words.source, anonymousSet(allowed.map((key) => ({ key }))));
    this.declare(chain).push(rule([isElsewhere, drop]));
    for (const vip of vips) this.add('firewall-ips', { key: this.key(vip), data: goto(chain) });
  }

  private addFirewallElements(vip: Ip, ranges: readonly Cidr[], allowsNode: boolean): void {
    const { info } = this;
    const pair = (source: ReturnType<typeof network>) =>
      tuple(address(vip), protocolNumber(info.protocol), value(info.port), source);
    this.add('firewall', { key: this.key(vip), comment: this.comment() });
    for (const range of ranges) this.add('firewall-allow', { key: pair(network(range)), comment: this.comment() });
    if (allowsNode) this.add('firewall-allow', { key: pair(address(vip)) });
  }

  /** Since 1.36 the chain that dispatches does it, for all cluster IPs at once. */
  private masqueradeInternal(): void {
    const { behaviour, ifNotLocal, mark, node, words } = this.context;
    const { clusterIP, internalPolicyLocal, port, protocol } = this.info;
    if (behaviour.endpoints === 'maps' || (!node.masqueradeAll && ifNotLocal === null)) return;
    const toPort = payload(`${protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp'} dport`);
    this.declare(this.chain(internalPolicyLocal ? 'local' : 'service')).push(
      rule([
        equals(words.destination, address(clusterIP)),
        ...(behaviour.masqueradeAsksPort ? [equals(toPort, value(port))] : []),
        ...(node.masqueradeAll || ifNotLocal === null ? [] : [ifNotLocal]),
        mark,
      ]),
    );
  }

  private addExternalRules(external: boolean): void {
    const { ifLocal, mark } = this.context;
    const { externalPolicyLocal } = this.info;
    const rules = this.declare(this.chain('external'));
    const toCluster = goto(this.chain('service'));
    if (!externalPolicyLocal) rules.push(rule([mark]));
    else {
      if (ifLocal !== null) rules.push(rule([ifLocal, toCluster], 'short-circuit pod traffic'));
      rules.push(rule([fromLocalAddress, mark], 'masquerade local traffic'));
      rules.push(rule([fromLocalAddress, toCluster], 'short-circuit local traffic'));
    }
    if (external) rules.push(rule([goto(this.chain(externalPolicyLocal ? 'local' : 'service'))]));
  }

  private addBalancingRules(chain: string, endpoints: readonly EndpointInfo[]): void {
    const rules = this.declare(chain);
    const { words, behaviour } = this.context;
    if (this.hasAffinity) {
      for (const endpoint of endpoints) {
        const isRemembered = equals(words.source, namedSet(this.affinityName(endpoint)));
        rules.push(rule([isRemembered, goto(this.endpointChain(endpoint))]));
      }
    }
    const [only] = endpoints;
    if (this.endpointChains) {
      const ways = endpoints.map((endpoint, index) => ({
        key: value(index),
        data: goto(this.endpointChain(endpoint)),
      }));
      rules.push(rule([vmap(randomBelow(endpoints.length), anonymousSet(ways))]));
    } else if (endpoints.length === 1 && behaviour.singleEndpointDirect && only !== undefined) {
      rules.push(this.translationTo(only));
    } else {
      const ways = endpoints.map(({ ip, port }, index) => ({
        key: value(index),
        data: tuple(address(ip), value(port)),
      }));
      const map = { kind: 'map', key: randomBelow(endpoints.length), map: anonymousSet(ways) } as const;
      rules.push(
        rule([
          equals(meta('l4proto'), protocolNumber(this.info.protocol)),
          { kind: 'dnat', family: words.family, address: map, port: null, flags: [] },
        ]),
      );
    }
  }

  private addEndpointRules(endpoint: EndpointInfo): void {
    const { behaviour, mark, words } = this.context;
    const rules = this.declare(this.endpointChain(endpoint));
    if (behaviour.endpoints === 'endpointChains') rules.push(rule([equals(words.source, address(endpoint.ip)), mark]));
    if (this.hasAffinity) {
      const set = this.affinityName(endpoint);
      rules.push(rule([{ kind: 'dynamic', operation: 'update', set, key: words.source }]));
    }
    rules.push(this.translationTo(endpoint));
  }

  private translationTo({ ip, port }: EndpointInfo): NftRule {
    const to = {
      address: constant(address(ip), this.context.words.type),
      port: constant(value(port), 'inet_service'),
    };
    return rule([
      equals(meta('l4proto'), protocolNumber(this.info.protocol)),
      { kind: 'dnat', family: null, ...to, flags: [] },
    ]);
  }

  /** A pod of this node that meets itself; elsewhere its packets would not come from here. */
  private addHairpinElements(endpoints: readonly EndpointInfo[]): void {
    if (this.context.behaviour.endpoints !== 'maps') return;
    for (const endpoint of endpoints) {
      if (!isLocalTo(this.context.node.name, endpoint)) continue;
      const { ip, port } = endpoint;
      const key = tuple(address(ip), address(ip), protocolNumber(this.info.protocol), value(port));
      this.add('hairpin-connections', { key });
    }
  }

  private affinitySet(endpoint: EndpointInfo): NftSet {
    return {
      name: this.affinityName(endpoint),
      key: [this.context.words.type],
      flags: ['dynamic', 'timeout'],
      timeoutSeconds: this.info.affinitySeconds ?? 0,
      elements: NO_ELEMENTS,
    };
  }

  private get endpointChains(): boolean {
    return this.hasAffinity || this.context.behaviour.endpoints === 'endpointChains';
  }

  private chain(kind: 'service' | 'local' | 'external' | 'firewall'): string {
    return `${kind}-${this.base}`;
  }

  private endpointChain(endpoint: EndpointInfo): string {
    return `endpoint-${this.endpointBase(endpoint)}`;
  }

  private affinityName(endpoint: EndpointInfo): string {
    return `affinity-${this.endpointBase(endpoint)}`;
  }

  private endpointBase({ ip, port }: EndpointInfo): string {
    const { service, protocol, portName } = this.info;
    const { nameLength } = this.context.behaviour;
    return nftEndpointName(service, protocol, portName, { ip: ip.text, port }, nameLength);
  }

  private key(ip: Ip) {
    return tuple(address(ip), protocolNumber(this.info.protocol), value(this.info.port));
  }

  private comment(): string {
    const { name } = this.info;
    return this.context.behaviour.cutsComments ? name.slice(0, LONGEST_COMMENT) : name;
  }

  private declare(chain: string): NftRule[] {
    let rules = this.rules.get(chain);
    if (rules === undefined) {
      rules = [];
      this.rules.set(chain, rules);
    }
    return rules;
  }

  private add(set: SharedSet, element: NftElement): void {
    const elements = this.elements.get(set);
    if (elements === undefined) this.elements.set(set, [element]);
    else elements.push(element);
  }
}

const LONGEST_COMMENT = 128;
const NO_ELEMENTS: NftElements = new Map();

const randomBelow = (modulus: number) => ({ kind: 'numgen', mode: 'random', modulus, offset: 0 }) as const;
