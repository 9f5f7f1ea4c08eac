/**
 * Load balancers without a machine in front: the nodes settle among themselves who takes the packets of an address.
 *
 * Models: MetalLB's election of one node for each address in layer 2, and its announcements by BGP; kube-vip's lease, one for
 *   all services or one for each; who takes over from a node that is gone, and when.
 * Source: metallb speaker/layer2_controller.go (order by sha256 of node and address), speaker/bgp_controller.go,
 *   internal/k8s/epslices/endpoint_slices.go (usable: ready or serving), internal/speakerlist; kube-vip cmd/kube-vip.go.
 * Simplified: every node has a speaker and peers with every router; no preference scores; neighbours believe a gratuitous ARP
 *   at once; a lease goes to any of the others by a draw; hashicorp/memberlist and BGP hold timers are one time, `failover`.
 * Who could tell: someone with routers that keep ARP entries, or with several pools and node selectors.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import { sha256 } from '../kube-proxy/sha256.js';
import type { EndpointSliceObject } from '../objects.js';
import type { LoadBalancerProfile, Nanos } from '../scenario.js';

export interface Announcement {
  /** `namespace/name`. */
  service: string;
  profile: LoadBalancerProfile;
  address: string;
  isLocal: boolean;
  slices: readonly EndpointSliceObject[];
  /** Names of the nodes whose speakers are known to be there, in the order of their objects. */
  nodes: readonly string[];
}

/** kube-vip's retry period: so often its holder renews the lease, and the others look at it. */
const LEASE_RETRY_NS = 2e9;
const ALL_SERVICES = 'plndr-svcs-lock';

export class Announcers {
  /** By lease: who holds it, and how often it has changed hands. */
  private readonly leases = new Map<string, { holder: string; terms: number }>();

  constructor(private readonly seed: number) {}

  /** Nodes that take packets for the address now. */
  announcing(what: Announcement): string[] {
    const candidates = candidatesOf(what);
    switch (what.profile.announcement) {
      case 'metallb-l2':
        return candidates.length === 0 ? [] : [elected(candidates, what.address)];
      case 'kube-vip':
        // One lease for all services: whoever holds it takes everything, whether it has endpoints or not.
        return this.holder(ALL_SERVICES, what.nodes);
      case 'kube-vip-services':
        return this.holder(what.service, candidates);
      default:
        return candidates;
    }
  }

  /** How long after a node's end the others take over. `service`: whose lease, where there are leases. */
  takeoverNs({ announcement, failoverNs }: LoadBalancerProfile, node: string, service: string): Nanos {
    if (announcement !== 'kube-vip' && announcement !== 'kube-vip-services') return failoverNs;
    const place = hashName(`lease ${announcement === 'kube-vip' ? ALL_SERVICES : service} of ${node}`);
    const retryNs = Math.min(LEASE_RETRY_NS, failoverNs);
    const [sinceRenewal, untilLook] = [0, 1].map((n) => draw(this.seed, Stream.control, place, n) * retryNs);
    return Math.round(failoverNs - (sinceRenewal ?? 0) + (untilLook ?? 0));
  }

  private holder(lease: string, candidates: readonly string[]): string[] {
    const held = this.leases.get(lease) ?? { holder: '', terms: 0 };
    this.leases.set(lease, held);
    if (candidates.length === 0) return [];
    if (!candidates.includes(held.holder)) {
      const u = draw(this.seed, Stream.control, hashName(`lease ${lease}`), held.terms++);
      held.holder = candidates[Math.floor(u * candidates.length)] as string;
    }
    return [held.holder];
  }
}

/** Nodes that may announce: with policy Local those that have a usable endpoint, and none where nobody has one. */
function candidatesOf({ isLocal, slices, nodes, profile }: Announcement): string[] {
  const usable = slices
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ conditions }) => conditions?.ready !== false || conditions.serving === true);
  if (!isLocal) return usable.length === 0 && profile.allDown === 'withdraw' ? [] : [...nodes];
  const withEndpoint = new Set(usable.map(({ nodeName }) => nodeName));
  return nodes.filter((name) => withEndpoint.has(name));
}

/** MetalLB's order: by the hash of node and address. */
export function elected(nodes: readonly string[], address: string): string {
  const hashes = new Map(nodes.map((node) => [node, sha256(`${node}#${address}`).slice()]));
  const before = (a: string, b: string): number => {
    const [left, right] = [hashes.get(a) as Int32Array, hashes.get(b) as Int32Array];
    const at = left.findIndex((word, n) => word !== right[n]);
    return at < 0 ? 0 : ((left[at] as number) >>> 0) - ((right[at] as number) >>> 0);
  };
  return [...nodes].sort(before)[0] as string;
}
