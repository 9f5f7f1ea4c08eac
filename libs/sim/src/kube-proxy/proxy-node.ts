/** What one kube-proxy knows of its node and its settings, for one IP family. Does not change while it runs. */
import type { Cidr, Ip } from '../netfilter/address.js';
import type { IpFamily, Labels } from '../objects.js';
import type { EndpointMap } from './endpoint-map.js';
import type { FeatureGates } from './feature-gates.js';
import type { LocalDetector } from './local-detector.js';
import type { ServiceMap } from './service-map.js';
import type { ProxyBehaviour } from './versions.js';

export const NFACCT_COUNTERS = ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'] as const;
export type NfacctCounter = (typeof NFACCT_COUNTERS)[number];

export interface ProxyNode {
  readonly name: string;
  readonly ipFamily: IpFamily;
  readonly behaviour: ProxyBehaviour;
  readonly gates: FeatureGates;
  /** All addresses of the family on the node, without loopback. */
  readonly ips: readonly Ip[];
  /** Those of bridges beside them. */
  readonly bridgeIPs: readonly Ip[];
  /** The first InternalIP of the family; null: the node has none. */
  readonly primaryIP: Ip | null;
  /** Null: nothing tells pods of this node from others. */
  readonly localDetector: LocalDetector | null;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly nodePortAddresses: readonly string[];
  /** Of the family. */
  readonly serviceCIDRs: readonly Cidr[];
  readonly localhostNodePorts: boolean;
  /** Of mode ipvs. */
  readonly ipvsScheduler: string;
  /** nf_conntrack_tcp_be_liberal is set on the node. */
  readonly tcpBeLiberal: boolean;
  /** Counters that the node's kernel has; an empty list where it lacks nfnetlink_acct. */
  readonly nfacctCounters: readonly NfacctCounter[];
  /** iptables knows `--random-fully` (1.6.2 and newer). */
  readonly randomFully: boolean;
  /** Of mode userspace; absent: its defaults. */
  readonly userspace?: {
    /** Null: all addresses. */
    readonly bindAddress: Ip | null;
    /** Null: whatever the kernel gives. */
    readonly portRange: { readonly first: number; readonly last: number } | null;
  };
}

/** The bit as a mark. */
export function masqueradeMarkOf({ masqueradeBit }: Pick<ProxyNode, 'masqueradeBit'>): number {
  return 2 ** masqueradeBit;
}

/** The state that a sync turns into rules. Parts that did not change are the same objects as before. */
export interface ProxyView {
  readonly node: ProxyNode;
  readonly nodeLabels: Labels;
  readonly services: ServiceMap;
  readonly endpoints: EndpointMap;
}
