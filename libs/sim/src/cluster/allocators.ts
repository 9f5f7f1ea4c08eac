/**
 * What the API server and the cloud hand out: cluster IPs, node ports, health-check node ports, load balancer addresses.
 *
 * Models: ranges, reserved lower bands for static values, "already allocated".
 * Source: KEP-3070 (service IP bands: min(max(16, size/16), 256) addresses), KEP-3668 (node port band: min(max(16, size/32), 128)
 *   ports), both GA in 1.27 and 1.29; before that the whole range was one band. pkg/registry/core/service/ipallocator:
 *   the first address of a range is not handed out, the last one of an IPv4 range neither.
 * Simplified: the lowest free value of the dynamic band, where a real server picks at random; both bands in every version.
 * Who could tell: someone who compares the numbers with those of a cluster; `cluster.allocations` gives them.
 */
import { ADDRESS_BITS, type Cidr, contains, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import type { IpFamily, KubeObject, Protocol, ServiceObject } from '../objects.js';
import type { Allocations, Cluster } from '../scenario.js';

/** Documentation addresses (RFC 5737, RFC 3849) for load balancers that no `allocations` names. */
const LOAD_BALANCER_POOL: Record<IpFamily, string> = { IPv4: '203.0.113.0/24', IPv6: '2001:db8:cb:7100::/120' };
const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
/** No more of a range is looked at. */
const LARGEST_RANGE = 2 ** 20;

export class Allocators {
  private readonly clusterIPs = new Set<string>();
  private readonly nodePorts = new Set<string>();
  private readonly loadBalancerIPs = new Set<string>();
  /** Values that objects of the scenario ask for by name: given to nobody else. */
  private readonly spokenFor = new Set<string>();
  private readonly wanted: Allocations;
  private readonly portRange: Cluster['nodePortRange'];
  private readonly serviceCIDRs: readonly Cidr[];
  private readonly ipRanges: readonly { family: IpFamily; range: Range }[];
  private readonly portRanges: ReadonlyMap<string, Range>;
  private readonly balancerRanges: Readonly<Record<IpFamily, Range>>;

  constructor({ allocations, nodePortRange, serviceCIDRs }: Cluster) {
    this.wanted = allocations;
    this.portRange = nodePortRange;
    this.serviceCIDRs = serviceCIDRs.map(parseCidr).filter((cidr) => cidr !== null);
    this.ipRanges = this.serviceCIDRs.map((cidr) => ({ family: cidr.family, range: addressRange(cidr) }));
    this.portRanges = new Map(PROTOCOLS.map((protocol) => [protocol, portRange(nodePortRange, protocol)]));
    this.balancerRanges = { IPv4: balancerRange('IPv4'), IPv6: balancerRange('IPv6') };
  }

  /** A service of the scenario will take these values itself. */
  keepFree(service: ServiceObject): void {
    for (const value of valuesOf(service)) this.spokenFor.add(value);
    for (const { ip } of service.status?.loadBalancer?.ingress ?? []) if (ip) this.spokenFor.add(ip);
  }

  /** The families that the cluster has service ranges for, the first is the default. */
  serviceFamilies(): IpFamily[] {
    const families = this.serviceCIDRs.map(({ family }) => family);
    return families.length === 0 ? ['IPv4'] : [...new Set(families)];
  }

  inServiceRange(ip: string): boolean {
    const parsed = parseIp(ip);
    return parsed !== null && this.serviceCIDRs.some((cidr) => contains(cidr, parsed));
  }

  get nodePortRange(): string {
    return `${this.portRange.from}-${this.portRange.to}`;
  }

  inNodePortRange(port: number): boolean {
    return port >= this.portRange.from && port <= this.portRange.to;
  }

  /** False where it is taken. */
  takeClusterIP(ip: string): boolean {
    return take(this.clusterIPs, ip);
  }

  /** A node port belongs to a protocol; a health-check node port is TCP. False where it is taken. */
  takeNodePort(port: number, protocol: string): boolean {
    return take(this.nodePorts, `${port}/${protocol}`);
  }

  takeLoadBalancerIP(ip: string): boolean {
    return take(this.loadBalancerIPs, ip);
  }

  /** Null where the range is exhausted or the family has none. */
  clusterIP(service: string, family: IpFamily): string | null {
    const wanted = this.wanted.clusterIP[service];
    if (wanted !== undefined && parseIp(wanted)?.family === family && take(this.clusterIPs, wanted)) return wanted;
    for (const { family: offered, range } of this.ipRanges) {
      const found = offered === family ? range.next(this.clusterIPs, this.spokenFor) : null;
      if (found !== null) return found;
    }
    return null;
  }

  /** `keys`: under which names `cluster.allocations` may know it. Null where the range is exhausted. */
  nodePort(keys: string[], protocol: string): number | null {
    for (const key of keys) {
      const wanted = this.wanted.nodePort[key];
      if (wanted !== undefined && this.takeNodePort(wanted, protocol)) return wanted;
    }
    return this.freePort(protocol);
  }

  healthCheckNodePort(service: string): number | null {
    const wanted = this.wanted.healthCheckNodePort[service];
    return wanted !== undefined && this.takeNodePort(wanted, 'TCP') ? wanted : this.freePort('TCP');
  }

  loadBalancerIP(service: string, family: IpFamily, asked: string | undefined): string | null {
    for (const wanted of [this.wanted.loadBalancerIP[service], asked]) {
      if (wanted && parseIp(wanted)?.family === family && take(this.loadBalancerIPs, wanted)) return wanted;
    }
    return this.balancerRanges[family].next(this.loadBalancerIPs, this.spokenFor);
  }

  /** After a deletion: everything that the object held. */
  release(object: KubeObject): void {
    if (object.kind === 'Service') this.releaseSpec(object);
  }

  /** Cluster IPs and ports; the load balancer's address belongs to the cloud, which gives it back itself. */
  releaseSpec(service: ServiceObject): void {
    for (const ip of clusterIPsOf(service)) this.releaseClusterIP(ip);
    for (const { nodePort, protocol } of service.spec.ports ?? []) {
      if (nodePort) this.releasePort(nodePort, protocol ?? 'TCP');
    }
    if (service.spec.healthCheckNodePort) this.releasePort(service.spec.healthCheckNodePort, 'TCP');
  }

  releaseClusterIP(ip: string): void {
    this.clusterIPs.delete(ip);
    this.spokenFor.delete(ip);
    for (const { range } of this.ipRanges) range.restart();
  }

  releasePort(port: number, protocol: string): void {
    this.nodePorts.delete(`${port}/${protocol}`);
    this.spokenFor.delete(`${port}/${protocol}`);
    this.portRanges.get(protocol)?.restart();
  }

  releaseLoadBalancerIP(ip: string): void {
    this.loadBalancerIPs.delete(ip);
    this.spokenFor.delete(ip);
    this.balancerRanges.IPv4.restart();
    this.balancerRanges.IPv6.restart();
  }

  private freePort(protocol: string): number | null {
    const found = this.portRanges.get(protocol)?.next(this.nodePorts, this.spokenFor) ?? null;
    return found === null ? null : Number.parseInt(found, 10);
  }
}

/** Values that are handed out, the dynamic band first, then the static one. */
class Range {
  /** Everything before it is taken. */
  private from = 0;

  /** `nth` gives the values from the lowest on; `band` is how many of them are kept for those who ask by name. */
  constructor(
    private readonly size: number,
    private readonly band: number,
    private readonly nth: (n: number) => string | undefined,
  ) {}

  next(taken: Set<string>, spokenFor: ReadonlySet<string>): string | null {
    for (; this.from < this.size; this.from++) {
      const value = this.nth((this.from + this.band) % this.size);
      if (value !== undefined && !spokenFor.has(value) && take(taken, value)) return value;
    }
    return null;
  }

  restart(): void {
    this.from = 0;
  }
}

function addressRange(cidr: Cidr): Range {
  const bits = ADDRESS_BITS[cidr.family] - cidr.prefixLength;
  const all = Math.min(2 ** bits, LARGEST_RANGE);
  const size = Math.max(0, all - (cidr.family === 'IPv4' ? 2 : 1));
  return new Range(size, band(size, 16, 256), (n) => nthAddress(cidr, n + 1)?.text);
}

function portRange({ from, to }: Cluster['nodePortRange'], protocol: string): Range {
  const size = to - from + 1;
  return new Range(size, band(size, 32, 128), (n) => `${from + n}/${protocol}`);
}

function balancerRange(family: IpFamily): Range {
  const pool = parseCidr(LOAD_BALANCER_POOL[family]) as Cidr;
  return new Range(254, 0, (n) => nthAddress(pool, n + 1)?.text);
}

/** calculateRangeOffset: small ranges have no static band. */
function band(size: number, step: number, most: number): number {
  return size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / step)), most);
}

/** Every cluster IP of a service, `None` and empty ones left out. */
export function clusterIPsOf(service: ServiceObject): string[] {
  const { clusterIP, clusterIPs } = service.spec;
  const all = clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);
  return all.filter((ip) => ip !== '' && ip !== 'None');
}

/** As the sets here hold them. */
function valuesOf(service: ServiceObject): string[] {
  const { ports = [], healthCheckNodePort } = service.spec;
  const nodePorts = ports.flatMap(({ nodePort, protocol }) => (nodePort ? [`${nodePort}/${protocol ?? 'TCP'}`] : []));
  return [...clusterIPsOf(service), ...nodePorts, ...(healthCheckNodePort ? [`${healthCheckNodePort}/TCP`] : [])];
}

function take(taken: Set<string>, value: string): boolean {
  if (taken.has(value)) return false;
  taken.add(value);
  return true;
}
