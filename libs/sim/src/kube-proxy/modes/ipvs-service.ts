/**
 * What one service port adds in mode ipvs: virtual servers, entries of sets, addresses of the dummy device.
 *
 * Models: a virtual server for each cluster IP, external IP, load balancer IP and node address with a node port; which
 *   endpoints each gets by its traffic policy.
 * Source: pkg/proxy/ipvs/proxier.go (syncProxyRules, syncEndpoint) of 1.21 to 1.34, graceful_termination.go.
 * Simplified: an endpoint that is gone leaves its virtual servers at once; kube-proxy keeps it with weight 0 while it has
 *   connections, which a new connection cannot tell, persistent or not (expire_quiescent_template).
 * Who could tell: someone who lists virtual servers while connections drain.
 */
import { ADDRESS_BITS, type Cidr, contains, type Ip } from '../../netfilter/address.js';
import { addressAndPort } from '../../netfilter/ip-sets.js';
import type { Refusal } from '../../netfilter/refusal.js';
import { keyOf, type RealServer, type VirtualServer } from '../../netfilter/virtual-servers.js';
import {
  categorizeEndpoints,
  dependsOnNode,
  filterEndpointsLegacy,
  type NodeTopology,
} from '../categorize-endpoints.js';
import { type EndpointInfo, isLocalTo } from '../endpoint-map.js';
import { isEqual } from '../plain-equality.js';
import type { ProxyNode } from '../proxy-node.js';
import { Remembered } from '../remembered.js';
import { type ServicePortInfo, settingsText } from '../service-map.js';
import type { ServicePort } from '../service-ports.js';
import type { Entries, SetKey } from './ipvs-sets.js';

export interface IpvsContext {
  readonly node: ProxyNode;
  readonly topology: NodeTopology;
  /** Addresses on which node ports work. */
  readonly nodePortIPs: readonly Ip[];
}

export interface IpvsService {
  readonly info: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
  readonly servers: ReadonlyMap<string, VirtualServer>;
  readonly entries: Entries;
  /** Texts of the addresses that it has bound to the dummy device. */
  readonly bound: readonly string[];
  /** Load balancer IPs from which processes of the node are kept. */
  readonly closedToNode: readonly string[];
}

const realServers = new Remembered<readonly RealServer[]>();

export function ipvsService(
  context: IpvsContext,
  { info, endpoints }: ServicePort,
  before: IpvsService | undefined,
): IpvsService {
  const builder = new IpvsServiceBuilder(context, info, endpoints);
  const service = builder.build();
  if (before === undefined) return service;
  const servers = new Map([...service.servers].map(([key, server]) => [key, unlessChanged(server, before.servers)]));
  return { ...service, servers, entries: isEqual(service.entries, before.entries) ? before.entries : service.entries };
}

/** Others remember what a virtual server said: it stays the same object while it says the same. */
function unlessChanged(server: VirtualServer, before: ReadonlyMap<string, VirtualServer>): VirtualServer {
  const known = before.get(keyOf(server));
  return known !== undefined && isEqual(known, server) ? known : server;
}

class IpvsServiceBuilder {
  private readonly servers = new Map<string, VirtualServer>();
  private readonly entries: Partial<Record<SetKey, string[]>> = {};
  private readonly bound = new Set<string>();
  private readonly closedToNode: string[] = [];
  /** Under each policy. */
  private readonly realServers = new Map<boolean, readonly RealServer[]>();

  constructor(
    private readonly context: IpvsContext,
    private readonly info: ServicePortInfo,
    private readonly endpoints: readonly EndpointInfo[],
  ) {}

  build(): IpvsService {
    const { info, endpoints, servers, entries, bound, closedToNode } = this;
    this.captureEndpoints();
    this.captureClusterIP();
    for (const ip of info.externalIPs) this.captureExternalIP(ip);
    for (const ip of info.loadBalancerVIPs) this.captureLoadBalancerIP(ip);
    const hasNodePort = info.nodePort === 0 || this.captureNodePort();
    if (hasNodePort && info.healthCheckNodePort !== 0)
      this.add('healthCheckNodePort', String(info.healthCheckNodePort));
    return {
      info,
      endpoints,
      servers,
      entries: { ...entries, dummyDevice: [...bound] },
      bound: [...bound],
      closedToNode,
    };
  }

  /** An endpoint of this node that meets itself must be masqueraded. */
  private captureEndpoints(): void {
    const { info, endpoints, context } = this;
    for (const endpoint of endpoints) {
      if (!isLocalTo(context.node.name, endpoint)) continue;
      const { ip, port } = endpoint;
      this.add('loopBack', `${addressAndPort(ip.text, info.protocol, port)},${ip.text}`);
    }
  }

  private captureClusterIP(): void {
    const { clusterIP, internalPolicyLocal, port } = this.info;
    this.add('clusterIP', this.entryFor(clusterIP));
    this.bound.add(clusterIP.text);
    this.serve(clusterIP, port, internalPolicyLocal);
  }

  private captureExternalIP(ip: Ip): void {
    const { externalPolicyLocal, port } = this.info;
    this.add(externalPolicyLocal ? 'externalIPLocal' : 'externalIP', this.entryFor(ip));
    this.bind(ip);
    this.serve(ip, port, externalPolicyLocal);
  }

  private captureLoadBalancerIP(ip: Ip): void {
    const { externalPolicyLocal, loadBalancerSourceRanges, port } = this.info;
    const entry = this.entryFor(ip);
    this.add('loadBalancer', entry);
    if (externalPolicyLocal) this.add('loadBalancerLocal', entry);
    if (loadBalancerSourceRanges.length > 0) this.guard(ip, entry);
    this.bind(ip);
    this.serve(ip, port, externalPolicyLocal);
  }

  /** A process of the node has the load balancer's IP as its source, which no range names. */
  private guard(ip: Ip, entry: string): void {
    const { primaryIP } = this.context.node;
    this.add('loadBalancerFirewall', entry);
    const ranges = this.info.loadBalancerSourceRanges;
    for (const range of ranges) this.add('loadBalancerSourceCIDR', `${entry},${networkText(range)}`);
    if (primaryIP !== null && ranges.some((range) => contains(range, primaryIP))) {
      this.add('loadBalancerSourceIP', `${entry},${ip.text}`);
    } else {
      this.closedToNode.push(ip.text);
    }
  }

  /** False where no address of the node is for node ports: then kube-proxy is done with the service port. */
  private captureNodePort(): boolean {
    const { nodePort, protocol, externalPolicyLocal } = this.info;
    const { nodePortIPs } = this.context;
    const entries =
      protocol === 'SCTP' ? nodePortIPs.map((ip) => addressAndPort(ip.text, protocol, nodePort)) : [String(nodePort)];
    for (const entry of nodePortIPs.length === 0 ? [] : entries) {
      this.add(`nodePort${protocol}`, entry);
      if (externalPolicyLocal) this.add(`nodePortLocal${protocol}`, entry);
    }
    for (const ip of nodePortIPs) this.serve(ip, nodePort, externalPolicyLocal);
    return nodePortIPs.length > 0;
  }

  private entryFor(ip: Ip): string {
    return addressAndPort(ip.text, this.info.protocol, this.info.port);
  }

  private add(set: SetKey, entry: string): void {
    const entries = this.entries[set];
    if (entries === undefined) this.entries[set] = [entry];
    else entries.push(entry);
  }

  private bind(ip: Ip): void {
    const { node } = this.context;
    const isElsewhere = [...node.ips, ...node.bridgeIPs].some((own) => own.text === ip.text);
    if (node.behaviour.ipvsBindsOwnAddresses || !isElsewhere) this.bound.add(ip.text);
  }

  private serve(ip: Ip, port: number, onlyLocal: boolean): void {
    const { node } = this.context;
    const { affinitySeconds, protocol } = this.info;
    const realServers = this.realServersFor(onlyLocal);
    const server: VirtualServer = {
      ip,
      port,
      protocol,
      scheduler: node.ipvsScheduler,
      hashesPorts: node.ipvsScheduler === 'mh' && node.behaviour.ipvsHashesPorts,
      persistenceSeconds: affinitySeconds,
      realServers,
      ...(realServers.length === 0 ? { refusal: this.refusalOf(onlyLocal) } : {}),
    };
    this.servers.set(keyOf(server), server);
  }

  private refusalOf(onlyLocal: boolean): Refusal {
    const isElsewhere = onlyLocal && this.realServersFor(false).length > 0;
    return { cause: isElsewhere ? 'no-local-endpoint' : 'no-endpoint', service: this.info.service };
  }

  /** Its virtual servers share them, and all nodes do where nothing of the node is in them. */
  private realServersFor(onlyLocal: boolean): readonly RealServer[] {
    const { context, info, endpoints } = this;
    let servers = this.realServers.get(onlyLocal);
    if (servers !== undefined) return servers;
    const make = (): readonly RealServer[] => this.endpointsFor(onlyLocal).map(({ ip, port }) => ({ ip, port }));
    servers =
      endpoints.length === 0 || dependsOnNode(endpoints, info, context.topology)
        ? make()
        : realServers.get(endpoints, [info, onlyLocal, settingsText(context.node)], make);
    this.realServers.set(onlyLocal, servers);
    return servers;
  }

  private endpointsFor(onlyLocal: boolean): readonly EndpointInfo[] {
    const { context, info, endpoints } = this;
    const { behaviour } = context.node;
    if (behaviour.externalLocalOverridesAll) return legacyEndpoints(context, info, endpoints, onlyLocal);
    const { clusterEndpoints, localEndpoints } = categorizeEndpoints(endpoints, info, context.topology);
    if (!onlyLocal) return clusterEndpoints;
    return localEndpoints.length > 0 || behaviour.ipvsLocalFallback === 'nothing' ? localEndpoints : clusterEndpoints;
  }
}

/** As ipset shows it: a whole address goes without its prefix. */
function networkText({ address, family, prefixLength, text }: Cidr): string {
  return prefixLength === ADDRESS_BITS[family] ? address.text : text;
}

/** Up to 1.23: what topology and policy leave, then what is ready of it. */
function legacyEndpoints(
  { node, topology }: IpvsContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  onlyLocal: boolean,
): readonly EndpointInfo[] {
  const left = filterEndpointsLegacy(endpoints, info, topology);
  const ready = left.filter((endpoint) => endpoint.ready && (!onlyLocal || isLocalTo(node.name, endpoint)));
  const { behaviour, gates } = node;
  const fallsBack = behaviour.terminatingFallback !== 'none' && gates.ProxyTerminatingEndpoints;
  if (!onlyLocal || ready.length > 0 || !fallsBack) return ready;
  return left.filter((endpoint) => isLocalTo(node.name, endpoint) && endpoint.serving && endpoint.terminating);
}
