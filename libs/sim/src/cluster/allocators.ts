/**
 * What the API server and the cloud hand out: cluster IPs, node ports, health-check node ports, load balancer addresses.
 *
 * Models: ranges, reserved lower bands for static values, "already allocated".
 * Source: KEP-3070 (service IP bands: min(max(16, size/16), 256) addresses), KEP-3668 (node port band: min(max(16, size/32), 128)
 *   ports), both GA in 1.27 and 1.29; before that the whole range was one band.
 * Simplified: the lowest free value of the dynamic band, where a real server picks at random; both bands in every version.
 * Who could tell: someone who compares the numbers with those of a cluster; `cluster.allocations` gives them.
 */
import { contains, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import type { IpFamily, KubeObject, ServiceObject } from '../objects.js';
import type { Allocations, Cluster } from '../scenario.js';

/** Documentation addresses (RFC 5737, RFC 3849) for load balancers that no `allocations` names. */
const LOAD_BALANCER_POOL: Record<IpFamily, string> = { IPv4: '203.0.113.0/24', IPv6: '2001:db8:cb:7100::/120' };

export class Allocators {
  private readonly clusterIPs = new Set<string>();
  private readonly nodePorts = new Set<string>();
  private readonly loadBalancerIPs = new Set<string>();
  /** Values that objects of the scenario ask for by name: given to nobody else. */
  private readonly spokenFor = new Set<string>();
  private readonly wanted: Allocations;
  private readonly ranges: Cluster['nodePortRange'];
  private readonly serviceCIDRs: string[];

  constructor(cluster: Cluster) {
    this.wanted = cluster.allocations;
    this.ranges = cluster.nodePortRange;
    this.serviceCIDRs = cluster.serviceCIDRs;
  }

  /** A service of the scenario will take these values itself. */
  keepFree(service: ServiceObject): void {
    for (const ip of clusterIPsOf(service)) this.spokenFor.add(ip);
    for (const { nodePort, protocol } of service.spec.ports ?? [])
      if (nodePort) this.spokenFor.add(`${nodePort}/${protocol ?? 'TCP'}`);
    if (service.spec.healthCheckNodePort) this.spokenFor.add(`${service.spec.healthCheckNodePort}/TCP`);
    for (const { ip } of service.status?.loadBalancer?.ingress ?? []) if (ip) this.spokenFor.add(ip);
  }

  /** The families that the cluster has service ranges for, the first is the default. */
  serviceFamilies(): IpFamily[] {
    const families = this.serviceCIDRs.map((cidr) => parseCidr(cidr)?.family).filter((family) => family !== undefined);
    return families.length === 0 ? ['IPv4'] : [...new Set(families)];
  }

  /** False where it is taken. */
  takeClusterIP(ip: string): boolean {
    return take(this.clusterIPs, ip);
  }

  /** Null where the range is exhausted or the family has none. */
  clusterIP(service: string, family: IpFamily): string | null {
    const wanted = this.wanted.clusterIP[service];
    if (wanted !== undefined && parseIp(wanted)?.family === family && take(this.clusterIPs, wanted)) return wanted;
    for (const text of this.serviceCIDRs) {
      const cidr = parseCidr(text);
      if (cidr === null || cidr.family !== family) continue;
      const bits = (family === 'IPv4' ? 32 : 128) - cidr.prefixLength;
      const size = bits >= 20 ? 2 ** 20 : 2 ** bits;
      const band = size > 16 ? Math.min(Math.max(16, Math.floor(size / 16)), 256) : 0;
      const found = firstFree(size, band, (n) => nthAddress(cidr, n)?.text, this.clusterIPs, this.spokenFor);
      if (found !== null) return found;
    }
    return null;
  }

  inNodePortRange(port: number): boolean {
    return port >= this.ranges.from && port <= this.ranges.to;
  }

  /** A node port belongs to a protocol; a health-check node port is TCP. False where it is taken. */
  takeNodePort(port: number, protocol: string): boolean {
    return take(this.nodePorts, `${port}/${protocol}`);
  }

  nodePort(keys: string[], protocol: string): number | null {
    for (const key of keys) {
      const wanted = this.wanted.nodePort[key];
      if (wanted !== undefined && take(this.nodePorts, `${wanted}/${protocol}`)) return wanted;
    }
    return this.freePort(protocol);
  }

  healthCheckNodePort(service: string): number | null {
    const wanted = this.wanted.healthCheckNodePort[service];
    if (wanted !== undefined && take(this.nodePorts, `${wanted}/TCP`)) return wanted;
    return this.freePort('TCP');
  }

  loadBalancerIP(service: string, family: IpFamily, asked: string | undefined): string | null {
    for (const wanted of [this.wanted.loadBalancerIP[service], asked]) {
      if (wanted !== undefined && parseIp(wanted)?.family === family && take(this.loadBalancerIPs, wanted))
        return wanted;
    }
    const pool = parseCidr(LOAD_BALANCER_POOL[family]);
    if (pool === null) return null;
    return firstFree(256, 1, (n) => nthAddress(pool, n)?.text, this.loadBalancerIPs, this.spokenFor);
  }

  /** After a deletion: everything that the object held. */
  release(object: KubeObject): void {
    if (object.kind !== 'Service') return;
    this.releaseSpec(object);
    for (const { ip } of object.status?.loadBalancer?.ingress ?? []) if (ip) this.loadBalancerIPs.delete(ip);
  }

  /** Cluster IPs and ports; the load balancer's address belongs to the cloud and stays. */
  releaseSpec(service: ServiceObject): void {
    for (const ip of clusterIPsOf(service)) this.clusterIPs.delete(ip);
    for (const { nodePort, protocol } of service.spec.ports ?? []) {
      if (nodePort) this.releasePort(nodePort, protocol ?? 'TCP');
    }
    if (service.spec.healthCheckNodePort) this.releasePort(service.spec.healthCheckNodePort, 'TCP');
  }

  takeLoadBalancerIP(ip: string): boolean {
    return take(this.loadBalancerIPs, ip);
  }

  releasePort(port: number, protocol: string): void {
    this.nodePorts.delete(`${port}/${protocol}`);
  }

  inServiceRange(ip: string): boolean {
    const parsed = parseIp(ip);
    if (parsed === null) return false;
    return this.serviceCIDRs.some((text) => {
      const cidr = parseCidr(text);
      return cidr !== null && cidr.family === parsed.family && contains(cidr, parsed);
    });
  }

  private freePort(protocol: string): number | null {
    const size = this.ranges.to - this.ranges.from + 1;
    const band = size > 16 ? Math.min(Math.max(16, Math.floor(size / 32)), 128) : 0;
    const found = firstFree(size, band, (n) => `${this.ranges.from + n}/${protocol}`, this.nodePorts, this.spokenFor);
    return found === null ? null : Number.parseInt(found, 10);
  }
}

/** Every cluster IP of a service, `None` and empty ones left out. */
export function clusterIPsOf(service: ServiceObject): string[] {
  const { clusterIP, clusterIPs } = service.spec;
  const all = clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);
  return all.filter((ip) => ip !== '' && ip !== 'None');
}

function take(taken: Set<string>, value: string): boolean {
  if (taken.has(value)) return false;
  taken.add(value);
  return true;
}

/** The dynamic band (from `band` on) first, then the static one; the last address of a range stays free, as the first. */
function firstFree(
  size: number,
  band: number,
  nth: (n: number) => string | undefined,
  taken: Set<string>,
  spokenFor: ReadonlySet<string>,
): string | null {
  const start = Math.max(band, 1);
  const dynamic = size - 1 - start;
  for (let i = 0; i < size - 2; i++) {
    const n = i < dynamic ? start + i : i - dynamic + 1;
    const value = nth(n);
    if (value !== undefined && !spokenFor.has(value) && take(taken, value)) return value;
  }
  return null;
}
