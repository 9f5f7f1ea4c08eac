/**
 * Who is where: nodes by address, pods by address, and how a node reaches an address.
 *
 * Models: local addresses, the bridge of a bridge CNI (first address of the podCIDR), pods reached over it or over the uplink.
 * Source: design of bridge CNIs (kubenet, bridge plug-in) and routed ones (Calico, AWS VPC CNI); inet_select_addr in the kernel.
 * Simplified: one uplink a node, named eth0, with the node's primary address; every node reaches every other.
 * Who could tell: someone with overlays, whose tunnel devices have addresses of their own.
 */
import { type Cidr, contains, type Ip, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import type { Egress, NodeContext } from '../netfilter/packet.js';
import type { EndpointSliceObject, IpFamily, NodeObject, PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Cluster } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import { internalIPs } from './pods.js';

export const UPLINK = 'eth0';
const LOOPBACK = 'lo';
const LOOPBACK_V4 = parseCidr('127.0.0.0/8') as Cidr;

/** Something that answers at an address. */
export interface Host {
  /** Position in `Locations.hosts`. */
  index: number;
  /** `namespace/name` of a pod; the address where a slice names no pod. */
  name: string;
  ip: string;
  /** Index of its node; -1 where nothing says. */
  node: number;
  hostNetwork: boolean;
  /** `starting`: has an address, nothing listens yet. */
  state: 'starting' | 'running' | 'gone';
  /** What its containers declare; null: they declare nothing, then every port is taken to be open. */
  ports: ReadonlySet<number> | null;
}

export interface NodePlace {
  index: number;
  name: string;
  /** All addresses of the node that are bound to an interface. */
  addresses: Ip[];
  podCIDRs: Cidr[];
  context: NodeContext;
}

export class Locations {
  readonly nodes: NodePlace[] = [];
  readonly hosts: Host[] = [];
  private readonly nodeByName = new Map<string, number>();
  private readonly nodeByAddress = new Map<string, number>();
  private readonly hostByAddress = new Map<string, Host>();
  /** Counts changes: what was derived from an older count is stale. */
  revision = 0;
  /** Counts changes that change the way to an address, so that compiled rules are stale: rare. */
  routesRevision = 0;

  /** `routeLocalnet`: whether kube-proxy of that node sets net.ipv4.conf.all.route_localnet. */
  constructor(
    private readonly cluster: Cluster,
    private readonly routeLocalnet: (node: string) => boolean,
  ) {}

  nodeIndex(name: string): number {
    return this.nodeByName.get(name) ?? -1;
  }

  /** The node that has this address, or -1. */
  nodeAt(ip: string): number {
    return this.nodeByAddress.get(ip) ?? -1;
  }

  hostAt(ip: string): Host | undefined {
    return this.hostByAddress.get(ip);
  }

  hostNamed(name: string): Host | undefined {
    return this.hosts.find((host) => host.name === name && host.state !== 'gone');
  }

  /** Nodes keep their index for the whole run, also when they are gone. */
  setNode(node: NodeObject): void {
    this.revision++;
    this.routesRevision++;
    const { name } = node.metadata;
    const index = this.nodeByName.get(name) ?? this.nodes.length;
    const settings = this.cluster.nodes[name];
    const texts = (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP');
    const addresses = [...texts.map(({ address }) => address), ...(settings?.localAddresses ?? [])]
      .map(parseIp)
      .filter((ip) => ip !== null);
    const cidrs = node.spec?.podCIDRs ?? (node.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]);
    const podCIDRs = cidrs.map(parseCidr).filter((cidr) => cidr !== null);
    this.nodes[index] = {
      index,
      name,
      addresses,
      podCIDRs,
      context: this.context(index, name, addresses, podCIDRs, node),
    };
    this.nodeByName.set(name, index);
    for (const ip of addresses) this.nodeByAddress.set(ip.text, index);
    if (this.cluster.cni.type === 'bridge') {
      for (const cidr of podCIDRs) this.nodeByAddress.set(nthAddress(cidr, 1)?.text ?? '', index);
    }
  }

  removeNode(name: string): void {
    this.revision++;
    this.routesRevision++;
    const index = this.nodeByName.get(name);
    this.nodeByName.delete(name);
    for (const [address, owner] of this.nodeByAddress) if (owner === index) this.nodeByAddress.delete(address);
  }

  setPod(pod: PodObject): void {
    const ips = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP === undefined ? [] : [pod.status.podIP]);
    const state =
      pod.status?.phase === 'Pending'
        ? 'starting'
        : pod.status?.phase === 'Running' || pod.status?.phase === undefined
          ? 'running'
          : 'gone';
    const declared = (pod.spec?.containers ?? [])
      .flatMap((container) => container.ports ?? [])
      .map(({ containerPort }) => containerPort);
    const hostNetwork = pod.spec?.hostNetwork === true;
    for (const ip of ips) {
      this.put(ip, {
        name: keyOf(pod),
        node: this.nodeIndex(pod.spec?.nodeName ?? ''),
        hostNetwork,
        state,
        ports: declared.length === 0 ? null : new Set(declared),
      });
    }
  }

  removePod(pod: PodObject): void {
    for (const host of this.hosts) {
      if (host.name !== keyOf(pod) || host.state === 'gone') continue;
      this.revision++;
      host.state = 'gone';
      if (!host.hostNetwork) this.hostByAddress.delete(host.ip);
      this.noteRoute(host);
    }
  }

  /** Endpoints that no pod stands for answer as the slice says they are there. */
  setSlice(slice: EndpointSliceObject, api: ApiServer): void {
    for (const endpoint of slice.endpoints) {
      const ip = parseIp(endpoint.addresses[0] ?? '')?.text;
      if (ip === undefined || this.hostByAddress.has(ip)) continue;
      const target = endpoint.targetRef;
      const key =
        target?.kind === 'Pod' && target.name
          ? `${target.namespace ?? slice.metadata.namespace ?? 'default'}/${target.name}`
          : null;
      if (key !== null && api.get<PodObject>('Pod', key) !== undefined) continue;
      const node = this.nodeIndex(endpoint.nodeName ?? '');
      const atNode = this.nodeAt(ip);
      this.put(ip, {
        name: key ?? ip,
        node: atNode >= 0 ? atNode : node,
        hostNetwork: atNode >= 0,
        state: 'running',
        ports: null,
      });
    }
  }

  private put(ip: string, what: Omit<Host, 'index' | 'ip'>): void {
    const known = what.hostNetwork
      ? this.hosts.find((host) => host.name === what.name && host.ip === ip)
      : this.hostByAddress.get(ip);
    if (known !== undefined && known.name === what.name) {
      if (known.state === what.state && known.node === what.node) return;
      this.revision++;
      Object.assign(known, what);
      this.noteRoute(known);
      return;
    }
    this.revision++;
    const host: Host = { index: this.hosts.length, ip, ...what };
    this.hosts.push(host);
    if (!what.hostNetwork) this.hostByAddress.set(ip, host);
    this.noteRoute(host);
  }

  /** An address in its node's podCIDR is routed by that, whoever has it. */
  private noteRoute({ ip, node }: Host): void {
    const address = parseIp(ip);
    if (address !== null && !this.nodes[node]?.podCIDRs.some((cidr) => contains(cidr, address))) this.routesRevision++;
  }

  /** Running host-network pods (and such endpoints) on a node that would answer at this port. */
  listenerOn(node: number, port: number): Host | undefined {
    return this.hosts.find(
      (host) => host.hostNetwork && host.node === node && host.state === 'running' && (host.ports?.has(port) ?? true),
    );
  }

  private context(index: number, name: string, addresses: Ip[], podCIDRs: Cidr[], node: NodeObject): NodeContext {
    const local = new Set(addresses.map(({ text }) => text));
    const bridges =
      this.cluster.cni.type === 'bridge' ? podCIDRs.map((cidr) => nthAddress(cidr, 1)).filter((ip) => ip !== null) : [];
    for (const { text } of bridges) local.add(text);
    const primaries = internalIPs(node)
      .map(parseIp)
      .filter((ip) => ip !== null);
    const primary = (family: IpFamily): Ip | null =>
      primaries.find((ip) => ip.family === family) ?? addresses.find((ip) => ip.family === family) ?? null;
    const isLocalAddress = (ip: Ip): boolean =>
      local.has(ip.text) || ip.text === '::1' || (ip.family === 'IPv4' && contains(LOOPBACK_V4, ip));
    const egress = (ip: Ip): Egress => {
      if (isLocalAddress(ip)) return { interface: LOOPBACK, address: primary(ip.family), local: true };
      const host = this.hostByAddress.get(ip.text);
      const here =
        host !== undefined && host.node >= 0 ? host.node === index : podCIDRs.some((cidr) => contains(cidr, ip));
      if (!here) return { interface: UPLINK, address: primary(ip.family), local: false };
      if (this.cluster.cni.type === 'routed')
        return { interface: vethOf(ip), address: primary(ip.family), local: false };
      const bridge = bridges.find((address) => address.family === ip.family) ?? null;
      return { interface: this.cluster.cni.bridgeName, address: bridge, local: false };
    };
    return { name, isLocalAddress, egress, routeLocalnet: this.routeLocalnet(name) };
  }

  /** The interface by which a pod's packets come in at its node. */
  podInterface(host: Host): string {
    return this.cluster.cni.type === 'bridge' ? this.cluster.cni.bridgeName : vethOf(parseIp(host.ip));
  }
}

/** Real names are hashes; `InterfaceNamePrefix: veth` is what matters. */
function vethOf(ip: Ip | null): string {
  return `veth${(ip?.value ?? 0n).toString(16).slice(-8)}`;
}
