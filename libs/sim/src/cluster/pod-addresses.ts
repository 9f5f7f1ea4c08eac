/**
 * Addresses of pods.
 *
 * Models: one of each family from the node's podCIDRs, the node's own in the host network.
 * Source: the CNI host-local plug-in: the next one after the last that it gave, `.1` is the bridge, so that an address that was
 *   left is not used again at once.
 * Simplified: no plug-in's own ranges beside the podCIDRs.
 * Who could tell: someone whose CNI gives out addresses of its own (Calico's blocks, a VPC's).
 */
import { ADDRESS_BITS, type Ip, nthAddress, parseCidr, parseIp } from '../netfilter/address.js';
import type { NodeObject, PodObject } from '../objects.js';
import { internalIPs, podCIDRsOf } from './pod-objects.js';

/** The first addresses of a podCIDR are the network's and the bridge's. */
const FIRST_POD = 2;
/** Addresses of a podCIDR that are looked at. */
const LARGEST_POD_RANGE = 2 ** 16;

export class PodAddresses {
  /** By podCIDR: place of the address that was given last. */
  private readonly lastGiven = new Map<string, number>();
  /** podCIDRs without a free address: thousands of pods may ask for one. */
  private readonly full = new Set<string>();

  /** `isTaken`: somebody has this address. */
  constructor(private readonly isTaken: (ip: string) => boolean) {}

  /** Empty: there is none left. */
  free(pod: PodObject, node: NodeObject): Ip[] {
    if (pod.spec?.hostNetwork) return firstOfEachFamily(internalIPs(node).map(parseIp));
    return firstOfEachFamily(podCIDRsOf(node).map((cidr) => this.freeAddress(cidr)));
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

function firstOfEachFamily(ips: (Ip | null)[]): Ip[] {
  const found: Ip[] = [];
  for (const ip of ips) if (ip !== null && !found.some(({ family }) => family === ip.family)) found.push(ip);
  return found;
}
