/**
 * Addresses of pods.
 *
 * Models: one of each family from the node's podCIDRs, the node's own in the host network; where a node has no podCIDR, its
 *   CNI gives addresses of its own: of kube-proxy's clusterCIDR, or else of ranges that are pods' in many clouds.
 * Source: the CNI host-local plug-in: the next one after the last that it gave, `.1` is the bridge, so that an address that was
 *   left is not used again at once. RFC 6598 (100.64.0.0/10), RFC 4193 (fd00::/8).
 * Simplified: nodes without podCIDR share one range; no blocks of nodes, no subnets of a VPC.
 * Who could tell: someone who knows which block or subnet a node's pods are of.
 */
import { ADDRESS_BITS, type Ip, nthAddress, parseCidr, parseCidrLenient, parseIp } from '../netfilter/address.js';
import type { IpFamily, NodeObject, PodObject } from '../objects.js';
import { internalIPs, podCIDRsOf } from './pod-objects.js';

/** The first addresses of a podCIDR are the network's and the bridge's. */
const FIRST_POD = 2;
/** Addresses of a podCIDR that are looked at. */
const LARGEST_POD_RANGE = 2 ** 16;

/** Of pods whose nodes have no podCIDR in a cluster without clusterCIDR. */
const ASSUMED_RANGES: Record<IpFamily, string> = { IPv4: '100.64.0.0/16', IPv6: 'fd64::/112' };

export class PodAddresses {
  /** By podCIDR: place of the address that was given last. */
  private readonly lastGiven = new Map<string, number>();
  /** podCIDRs without a free address: thousands of pods may ask for one. */
  private readonly full = new Set<string>();

  /** `isTaken`: somebody has this address. `clusterCIDROf`: as kube-proxy on the node of this name has it. */
  constructor(
    private readonly isTaken: (ip: string) => boolean,
    private readonly clusterCIDROf: (node: string) => string,
  ) {}

  /** Empty: there is none left. */
  free(pod: PodObject, node: NodeObject): Ip[] {
    if (pod.spec?.hostNetwork) return firstOfEachFamily(internalIPs(node).map(parseIp));
    const ranges = podRangesOf(node, this.clusterCIDROf(node.metadata.name));
    return firstOfEachFamily(ranges.map((cidr) => this.freeAddress(cidr)));
  }

  /** Somebody may have left an address. */
  noteLeft(): void {
    this.full.clear();
  }

  private freeAddress(text: string): Ip | null {
    if (this.full.has(text)) return null;
    const cidr = parseCidr(text);
    if (cidr === null) return null;
    const size = Math.min(2 ** (ADDRESS_BITS[cidr.family] - cidr.prefixLength), LARGEST_POD_RANGE);
    const count = size - 1 - FIRST_POD;
    const start = this.lastGiven.get(cidr.text) ?? -1;
    for (let n = 1; n <= count; n++) {
      const at = (start + n) % count;
      const ip = nthAddress(cidr, at + FIRST_POD);
      if (ip === null || this.isTaken(ip.text)) continue;
      this.lastGiven.set(cidr.text, at);
      return ip;
    }
    this.full.add(text);
    return null;
  }
}

/** Of which the node's pods get their addresses; assumed ones in the families of its InternalIPs. `clusterCIDR`: its kube-proxy's. */
export function podRangesOf(node: NodeObject, clusterCIDR: string): string[] {
  const podCIDRs = podCIDRsOf(node);
  if (podCIDRs.length > 0) return podCIDRs;
  const known = clusterCIDR.split(',').flatMap((text) => parseCidrLenient(text.trim())?.text ?? []);
  if (known.length > 0) return known;
  return firstOfEachFamily(internalIPs(node).map(parseIp)).map(({ family }) => ASSUMED_RANGES[family]);
}

function firstOfEachFamily(ips: (Ip | null)[]): Ip[] {
  const found: Ip[] = [];
  for (const ip of ips) if (ip !== null && !found.some(({ family }) => family === ip.family)) found.push(ip);
  return found;
}
