/**
 * Who is where: nodes by address, pods by address, and how a node reaches an address.
 *
 * Models: local addresses, the bridge of a bridge CNI (first address of the podCIDR; without one pods have interfaces of
 *   their own, as from CNIs that give addresses themselves), pods reached over it or over the uplink.
 * Source: design of bridge CNIs (kubenet, bridge plug-in) and routed ones (Calico, AWS VPC CNI); inet_select_addr in the kernel.
 * Simplified: one uplink a node, named eth0, with the node's primary address; every node reaches every other.
 * Who could tell: someone with overlays, whose tunnel devices have addresses of their own.
 */
import { type Cidr, contains, type Ip, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import { isLoopback } from '../netfilter/loopback.js';
import type { Egress, NodeContext } from '../netfilter/packet.js';
import type { EndpointSliceObject, IpFamily, NodeObject, PodObject, Protocol } from '../objects.js';
import { keyOf } from '../objects.js';
import type { AppBehaviour, Cluster, Nanos } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import type { ProcessState } from './kubelets.js';
import { internalIPs, podAddresses, podCIDRsOf } from './pod-objects.js';

export const UPLINK = 'eth0';
const LOOPBACK = 'lo';
const LOOPBACK_ADDRESSES = [parseIp('127.0.0.1') as Ip, parseIp('::1') as Ip];

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
  /**
   * `starting`: has an address, nothing listens yet. `closing`: its process answers what it has taken, and takes nothing new.
   * `stopped`: its process has ended, the address is still there.
   */
  state: ProcessState | 'gone';
  /** Since when the process has been closing; Infinity: it has not. */
  closingNs: Nanos;
  /** Each time that its process ended, in order: connections are of one life. */
  readonly ends: HostEnd[];
  /** How it works on requests. */
  app: AppBehaviour | null;
  /** What its containers declare; null: they declare nothing. */
  ports: Readonly<Record<Protocol, ReadonlySet<number>>> | null;
}

/** `process`: it ended, and its kernel closes what was open. `machine`: silence, as nobody is left to close anything. */
export interface HostEnd {
  atNs: Nanos;
  how: 'process' | 'machine';
  /** When the process had begun to shut down; Infinity: it had not. */
  closingNs: Nanos;
}

export interface NodePlace {
  index: number;
  name: string;
  /** False once its object has been deleted: the machine is off. */
  alive: boolean;
  /** False while the machine has no power, whatever the API server knows. */
  isOn: boolean;
  /** How often it has lost it: its conntrack table is empty after that. */
  outages: number;
  /** All addresses of the node that are bound to an interface. */
  addresses: Ip[];
  /** The pods' side of the node: addresses of its bridge. */
  bridges: Ip[];
  podCIDRs: Cidr[];
  context: NodeContext;
}

export class Locations {
  /** Nodes keep their index for the whole run, also when they are gone or come back. */
  readonly nodes: NodePlace[] = [];
  readonly hosts: Host[] = [];
  private readonly indexByName = new Map<string, number>();
  private readonly nodeByAddress = new Map<string, number>();
  /** The last one that had the address, also when it is gone: rules may still name it. */
  private readonly hostByAddress = new Map<string, Host>();
  private readonly names = new Map<string, readonly string[]>();
  private readonly hostsByName = new Map<string, Host[]>();
  /** By pod: what its process does, where that is not what its phase says. */
  private readonly processes = new Map<string, ProcessState>();
  /** On the nodes' own addresses, by node. */
  private readonly hostNetwork = new Map<number, Host[]>();
  /** Counts changes: what was derived from an older count is stale. */
  revision = 0;
  /** Told when the process of a pod ends, or the machine under it. */
  onEnd: (host: Host) => void = () => {};
  /** When a pod will have answered all that it has taken; traffic knows. */
  answersUntilNs: (host: Host) => Nanos = () => 0;
  /** Counts changes that change the way to an address, so that compiled rules are stale: rare. */
  routesRevision = 0;

  /** `routeLocalnet`: whether kube-proxy of that node sets net.ipv4.conf.all.route_localnet. */
  constructor(
    private readonly cluster: Cluster,
    private readonly routeLocalnet: (node: string) => boolean,
    private readonly nowNs: () => Nanos = () => 0,
    private readonly appOf: (pod: PodObject) => AppBehaviour | null = () => null,
  ) {}

  /** -1 for a node that is not there (any more). */
  nodeIndex(name: string): number {
    const index = this.indexByName.get(name) ?? -1;
    return this.nodes[index]?.alive ? index : -1;
  }

  /** The node that has this address, or -1. */
  nodeAt(ip: string): number {
    return this.nodeByAddress.get(ip) ?? -1;
  }

  /** Of a load balancer: what its name in a Service's status stands for. */
  setName(hostname: string, addresses: readonly string[]): void {
    if (hostname === '') return;
    this.revision++;
    this.names.set(hostname, addresses);
  }

  addressesNamed(hostname: string): readonly string[] {
    return this.names.get(hostname) ?? [];
  }

  /** Who has the address, or had it last; not those on a node's own address. */
  hostAt(ip: string): Host | undefined {
    return this.hostByAddress.get(ip);
  }

  /** Those of a pod that are not gone, one for each address. */
  hostsNamed(name: string): Host[] {
    return (this.hostsByName.get(name) ?? []).filter(({ state }) => state !== 'gone');
  }

  isTaken(ip: string): boolean {
    const host = this.hostByAddress.get(ip);
    return this.nodeByAddress.has(ip) || (host !== undefined && host.state !== 'gone');
  }

  setNode(node: NodeObject): void {
    this.revision++;
    this.routesRevision++;
    const { name } = node.metadata;
    const index = this.indexByName.get(name) ?? this.nodes.length;
    const settings = this.cluster.nodes[name];
    const texts = (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP');
    const addresses = [...texts.map(({ address }) => address), ...(settings?.localAddresses ?? [])]
      .map(parseIp)
      .filter((ip) => ip !== null);
    const podCIDRs = podCIDRsOf(node)
      .map(parseCidr)
      .filter((cidr) => cidr !== null);
    const bridges =
      this.cluster.cni.type === 'bridge' ? podCIDRs.map((cidr) => nthAddress(cidr, 1)).filter((ip) => ip !== null) : [];
    const context = this.context(index, name, addresses, bridges, podCIDRs, node);
    const known = this.nodes[index];
    const isOn = known?.alive === true ? known.isOn : true;
    const outages = known?.outages ?? 0;
    const place = { index, name, alive: true, isOn, outages, addresses, bridges, podCIDRs, context };
    // Its kube-proxy keeps looking at the same place.
    this.nodes[index] = Object.assign(known ?? place, place);
    this.indexByName.set(name, index);
    this.forgetAddresses(index);
    for (const ip of [...addresses, ...bridges]) this.nodeByAddress.set(ip.text, index);
  }

  removeNode(name: string): void {
    const index = this.nodeIndex(name);
    const place = this.nodes[index];
    if (place === undefined) return;
    this.revision++;
    this.routesRevision++;
    this.power(index, false);
    place.alive = false;
    this.forgetAddresses(index);
  }

  /** The machine loses its power, with all that runs on it, or has it again; its pods listen anew when somebody starts them. */
  power(index: number, isOn: boolean): void {
    const place = this.nodes[index];
    if (place === undefined || place.isOn === isOn) return;
    this.revision++;
    place.isOn = isOn;
    if (isOn) return;
    place.outages++;
    for (const host of this.hosts) {
      if (host.node !== index || host.state === 'gone') continue;
      this.processes.set(host.name, 'stopped');
      this.become(host, 'stopped', 'machine');
    }
  }

  /** Whether somebody's machine has power; where nothing says on which one it is, it has. */
  hasPower(node: number): boolean {
    return this.nodes[node]?.isOn !== false;
  }

  setPod(pod: PodObject): void {
    const phase = pod.status?.phase ?? 'Running';
    const declared = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
    for (const { text } of podAddresses(pod)) {
      this.put(text, {
        name: keyOf(pod),
        node: this.nodeIndex(pod.spec?.nodeName ?? ''),
        hostNetwork: pod.spec?.hostNetwork === true,
        state: phase === 'Pending' ? 'starting' : phase === 'Running' ? this.processOf(keyOf(pod)) : 'gone',
        ports: declared.length === 0 ? null : portsByProtocol(declared),
        app: this.appOf(pod),
      });
    }
  }

  /** What the process of a pod that runs does; Pending, Succeeded and Failed ones have none. */
  setProcess(pod: string, state: ProcessState): void {
    this.processes.set(pod, state);
    for (const host of this.hostsNamed(pod)) {
      if (host.state === state) continue;
      this.revision++;
      this.become(host, state, 'process');
    }
  }

  private processOf(pod: string): Host['state'] {
    return this.processes.get(pod) ?? 'running';
  }

  removePod(pod: PodObject): void {
    this.processes.delete(keyOf(pod));
    for (const host of this.hostsNamed(keyOf(pod))) {
      this.revision++;
      this.become(host, 'gone', 'process');
      this.noteRoute(host);
    }
  }

  /** Endpoints that no pod stands for answer as the slice says they are there. */
  setSlice(slice: EndpointSliceObject, api: ApiServer): void {
    for (const endpoint of slice.endpoints) {
      const ip = parseIp(endpoint.addresses[0] ?? '')?.text;
      const holder = ip === undefined ? undefined : this.hostByAddress.get(ip);
      if (ip === undefined || (holder !== undefined && holder.state !== 'gone')) continue;
      const target = endpoint.targetRef;
      const key =
        target?.kind === 'Pod' && target.name
          ? `${target.namespace ?? slice.metadata.namespace ?? 'default'}/${target.name}`
          : null;
      if (key !== null && api.get<PodObject>('Pod', key) !== undefined) continue;
      const atNode = this.nodeAt(ip);
      this.put(ip, {
        name: key ?? ip,
        node: atNode >= 0 ? atNode : this.nodeIndex(endpoint.nodeName ?? ''),
        hostNetwork: atNode >= 0,
        state: 'running',
        ports: null,
        app: null,
      });
    }
  }

  /** What answers on the node's own addresses at this port. `translated`: a rule has sent the packet there. */
  listenerOn(node: number, protocol: Protocol, port: number, translated: boolean): Host | undefined {
    const running = this.hostNetwork.get(node)?.filter(({ state }) => state === 'running');
    // What a container declares is information, no limit; where nobody declares the port, a service tells that one listens.
    return running?.find(({ ports }) => ports?.[protocol].has(port)) ?? (translated ? running?.[0] : undefined);
  }

  private forgetAddresses(node: number): void {
    for (const [address, owner] of this.nodeByAddress) if (owner === node) this.nodeByAddress.delete(address);
  }

  /** With its process goes what was open. */
  private become(host: Host, state: Host['state'], how: HostEnd['how']): void {
    const ends = isAlive(host.state) && !isAlive(state);
    host.state = state;
    if (state === 'closing') host.closingNs = this.nowNs();
    if (!ends) return;
    host.ends.push({ atNs: this.nowNs(), how, closingNs: host.closingNs });
    host.closingNs = Infinity;
    this.onEnd(host);
  }

  private put(ip: string, what: Omit<Host, 'index' | 'ip' | 'ends' | 'closingNs'>): void {
    const known = this.hostsByName
      .get(what.name)
      ?.find((host) => host.ip === ip && host.hostNetwork === what.hostNetwork && host.node === what.node);
    if (known?.state === what.state) return;
    this.revision++;
    const host: Host = known ?? { index: this.hosts.length, ip, ends: [], closingNs: Infinity, ...what };
    if (known !== undefined) {
      this.become(known, what.state, 'process');
      Object.assign(known, what);
    } else {
      this.hosts.push(host);
      append(this.hostsByName, host.name, host);
      if (host.hostNetwork) append(this.hostNetwork, host.node, host);
    }
    // A pod that has ended keeps its address in its status, whoever has it now.
    const mayTake = host.state !== 'gone' || !this.isTaken(ip);
    if (!host.hostNetwork && mayTake) this.hostByAddress.set(ip, host);
    this.noteRoute(host);
  }

  /** An address in its node's podCIDR is routed by that, whoever has it. */
  private noteRoute({ ip, node }: Host): void {
    const address = parseIp(ip);
    if (address !== null && !this.nodes[node]?.podCIDRs.some((cidr) => contains(cidr, address))) this.routesRevision++;
  }

  private context(
    index: number,
    name: string,
    addresses: Ip[],
    bridges: Ip[],
    podCIDRs: Cidr[],
    node: NodeObject,
  ): NodeContext {
    const local = new Set([...addresses, ...bridges].map(({ text }) => text));
    const primaries = internalIPs(node)
      .map(parseIp)
      .filter((ip) => ip !== null);
    const primary = (family: IpFamily): Ip | null =>
      primaries.find((ip) => ip.family === family) ?? addresses.find((ip) => ip.family === family) ?? null;
    const isLocalAddress = (ip: Ip): boolean => local.has(ip.text) || isLoopback(ip);
    const egress = (ip: Ip): Egress => {
      if (isLocalAddress(ip)) return { interface: LOOPBACK, address: primary(ip.family), local: true };
      const host = this.hostByAddress.get(ip.text);
      const here =
        host !== undefined && host.node >= 0 ? host.node === index : podCIDRs.some((cidr) => contains(cidr, ip));
      if (!here) return { interface: UPLINK, address: primary(ip.family), local: false };
      const bridge = bridges.find((address) => address.family === ip.family);
      if (bridge === undefined) return { interface: vethOf(ip), address: primary(ip.family), local: false };
      return { interface: this.cluster.cni.bridgeName, address: bridge, local: false };
    };
    const addressesOf = (interfaceName: string): readonly Ip[] => {
      if (interfaceName === LOOPBACK) return LOOPBACK_ADDRESSES;
      if (interfaceName === this.cluster.cni.bridgeName) return bridges;
      return interfaceName === UPLINK ? [...primaries, ...addresses] : [];
    };
    const context = { name, isLocalAddress, egress, addressesOf, routeLocalnet: this.routeLocalnet(name) };
    return bridges.length > 0 ? { ...context, bridge: this.cluster.cni.bridgeName } : context;
  }

  /** The interface by which a pod's packets come in at its node. */
  podInterface(host: Host): string {
    const ipFamily: IpFamily = host.ip.includes(':') ? 'IPv6' : 'IPv4';
    const isBridged = this.nodes[host.node]?.bridges.some(({ family }) => family === ipFamily) === true;
    return isBridged ? this.cluster.cni.bridgeName : vethOf(parseIp(host.ip));
  }
}

function portsByProtocol(declared: readonly { containerPort: number; protocol?: Protocol }[]): Host['ports'] {
  const of = (wanted: Protocol) =>
    new Set(declared.filter(({ protocol = 'TCP' }) => protocol === wanted).map(({ containerPort }) => containerPort));
  return { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
}

function append<K>(lists: Map<K, Host[]>, key: K, host: Host): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [host]);
  else list.push(host);
}

/** Real names are hashes; `InterfaceNamePrefix: veth` is what matters. */
function vethOf(ip: Ip | null): string {
  return `veth${(ip?.value ?? 0n).toString(16).slice(-8)}`;
}

/** A process is there, whether it listens or not. */
function isAlive(state: Host['state']): boolean {
  return state === 'running' || state === 'closing';
}
