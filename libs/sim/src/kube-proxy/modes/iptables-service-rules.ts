/** The rules of one service port: its entries in chains that all share, and the nat chains that are its own. */
import type { Ip } from '../../netfilter/address.js';
import type { Chain, Match, Rule } from '../../netfilter/rules.js';
import { endpointChainName, servicePortHash } from '../chain-names.js';
import type { EndpointInfo } from '../endpoint-map.js';
import { Remembered } from '../remembered.js';
import { comment, destination, destinationPort, jump, protocol, rule, source, toLocalAddress } from '../rule-parts.js';
import type { ServicePortInfo } from '../service-map.js';
import { type IptablesContext } from './iptables-context.js';

/** The shared chains that a service port adds to. */
export interface SharedRules {
  /** filter */
  readonly rejects: Rule[];
  readonly externalRejects: Rule[];
  readonly healthCheckPorts: Rule[];
  readonly firewall: Rule[];
  /** nat */
  readonly services: Rule[];
  readonly nodePorts: Rule[];
}

export interface ServiceRules {
  readonly info: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
  readonly shared: SharedRules;
  /** By name, in the order in which they are written. */
  readonly chains: ReadonlyMap<string, Chain>;
}

const endpointChains = new Remembered<Chain>();

/** Collects the rules of one service port while they are worked out. */
export class ServiceRulesBuilder {
  readonly shared: SharedRules = {
    rejects: [],
    externalRejects: [],
    healthCheckPorts: [],
    firewall: [],
    services: [],
    nodePorts: [],
  };
  private readonly chains = new Map<string, Rule[]>();
  private readonly endpointChains = new Map<string, Chain>();
  private readonly hash: string;

  constructor(
    readonly context: IptablesContext,
    readonly info: ServicePortInfo,
    private readonly endpoints: readonly EndpointInfo[],
  ) {
    this.hash = servicePortHash(info.name, info.protocol);
  }

  build(): ServiceRules {
    const chains = new Map<string, Chain>([...this.chains].map(([name, rules]) => [name, { name, rules }]));
    for (const [name, chain] of this.endpointChains) chains.set(name, chain);
    const { info, endpoints, shared } = this;
    return { info, endpoints, shared, chains };
  }

  chainName(kind: 'SVC' | 'SVL' | 'EXT' | 'XLB' | 'FW'): string {
    return `KUBE-${kind}-${this.hash}`;
  }

  /** Declares a chain, empty unless it was there. */
  declare(chain: string): Rule[] {
    let rules = this.chains.get(chain);
    if (rules === undefined) {
      rules = [];
      this.chains.set(chain, rules);
    }
    return rules;
  }

  /** An endpoint's own chain, with the same rules on every node. */
  private endpointChain(endpoint: EndpointInfo): Chain {
    const { info, context } = this;
    const parts = [info, context.largeCluster, context.node.behaviour.addressForm];
    return endpointChains.get(endpoint, parts, () => this.makeEndpointChain(endpoint));
  }

  /** An address as this version writes it. */
  address(ip: Ip): string {
    if (this.context.node.behaviour.addressForm === 'plain') return ip.text;
    return `${ip.text}/${ip.family === 'IPv4' ? 32 : 128}`;
  }

  /** Traffic to an address and the service's port. */
  toPort(text: string, ip: Ip): Match[] {
    const { protocol: transport, port } = this.info;
    return [comment(text), protocol(transport), destination(this.address(ip)), destinationPort(port)];
  }

  toNodePort(text: string): Match[] {
    return [comment(text), protocol(this.info.protocol), destinationPort(this.info.nodePort)];
  }

  /** As `toNodePort`, on every address of the node: the filter table does not know nodePortAddresses. */
  toNodePortOfNode(text: string): Match[] {
    const { protocol: transport, nodePort } = this.info;
    return [comment(text), toLocalAddress, protocol(transport), destinationPort(nodePort)];
  }

  acceptHealthChecks(): void {
    const { name, healthCheckNodePort } = this.info;
    if (healthCheckNodePort === 0) return;
    const matches = [comment(`${name} health check node port`), protocol('TCP'), destinationPort(healthCheckNodePort)];
    this.shared.healthCheckPorts.push(rule(matches, { kind: 'ACCEPT' }));
  }

  /** Comments on endpoints would make up most of the text in large clusters. */
  endpointComment(text: string): Match[] {
    return this.context.largeCluster ? [] : [comment(text)];
  }

  private balancingComment({ endpoint }: EndpointInfo): Match[] {
    const { name } = this.info;
    const withEndpoint = this.context.node.behaviour.balancingComment === 'serviceAndEndpoint';
    return this.endpointComment(withEndpoint ? `${name} -> ${endpoint}` : name);
  }

  /** Session affinity: whoever came to an endpoint before goes there again. */
  addAffinityRules(chain: string, endpoints: readonly EndpointInfo[]): void {
    for (const endpoint of endpoints) this.addAffinityRule(chain, endpoint, this.balancingComment(endpoint));
  }

  addAffinityRule(chain: string, endpoint: EndpointInfo, comments: readonly Match[]): void {
    const { affinitySeconds } = this.info;
    if (affinitySeconds === null) return;
    const { name } = this.endpointChain(endpoint);
    const recent: Match = { kind: 'recent', name, operation: 'rcheck', seconds: affinitySeconds, reap: true };
    this.declare(chain).push(jump([...comments, recent], name));
  }

  /** Rule i of n takes 1/(n - i) of what is left, so that each endpoint gets the same share. */
  addBalancingRules(chain: string, endpoints: readonly EndpointInfo[], commentOf?: (index: number) => Match[]): void {
    endpoints.forEach((endpoint, index) => {
      const comments = commentOf?.(index) ?? this.balancingComment(endpoint);
      const left = endpoints.length - index;
      const chance: Match[] = left === 1 ? [] : [{ kind: 'statistic', probability: 1 / left }];
      this.declare(chain).push(jump([...comments, ...chance], this.endpointChain(endpoint).name));
    });
  }

  addEndpointChain(endpoint: EndpointInfo): void {
    const chain = this.endpointChain(endpoint);
    this.endpointChains.set(chain.name, chain);
  }

  /** Masquerade what comes back to its sender, then rewrite the destination. */
  private makeEndpointChain({ endpoint, ip, port }: EndpointInfo): Chain {
    const { name, protocol: transport, affinitySeconds } = this.info;
    const chain = endpointChainName(name, transport, endpoint);
    const comments = this.endpointComment(name);
    const stamp: Match[] = affinitySeconds === null ? [] : [{ kind: 'recent', name: chain, operation: 'set' }];
    const rules = [
      jump([...comments, source(this.address(ip))], 'KUBE-MARK-MASQ'),
      rule([...comments, ...stamp, protocol(transport)], { kind: 'DNAT', ip: ip.text, port }),
    ];
    return { name: chain, rules };
  }

  /** Jumps from the firewall chain for each allowed range; the node may use the VIPs if it is in a range itself. */
  addSourceRangeRules(chain: string, next: string, virtualIPs: readonly Ip[], isInRange: boolean): void {
    const allowed = this.info.loadBalancerSourceRanges.map((range) => range.text);
    if (isInRange) allowed.push(...virtualIPs.map((ip) => this.address(ip)));
    const comments = [comment(`${this.info.name} loadbalancer IP`)];
    for (const range of allowed) this.declare(chain).push(jump([...comments, source(range)], next));
  }
}
