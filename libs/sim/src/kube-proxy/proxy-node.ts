/** What one kube-proxy knows of its node and its settings, for one IP family. Does not change while it runs. */
import { type Ip, parseIpLenient } from '../netfilter/address.js';
import type { IpFamily, Labels, NodeObject } from '../objects.js';
import type { NodeSettings } from '../scenario.js';
import type { EndpointMap } from './endpoint-map.js';
import { type FeatureGates, featureGatesOf } from './feature-gates.js';
import { type LocalDetector, localDetectorOf } from './local-detector.js';
import type { ServiceMap } from './service-map.js';
import { behaviourOf, type ProxyBehaviour } from './versions.js';

export const NFACCT_COUNTERS = ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'] as const;
export type NfacctCounter = (typeof NFACCT_COUNTERS)[number];

export interface ProxyNode {
  readonly name: string;
  readonly ipFamily: IpFamily;
  readonly behaviour: ProxyBehaviour;
  readonly gates: FeatureGates;
  /** All addresses of the family on the node, without loopback. */
  readonly ips: readonly Ip[];
  /** The first InternalIP of the family; null: the node has none. */
  readonly primaryIP: Ip | null;
  /** Null: nothing tells pods of this node from others. */
  readonly localDetector: LocalDetector | null;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly nodePortAddresses: readonly string[];
  readonly localhostNodePorts: boolean;
  /** nf_conntrack_tcp_be_liberal is set on the node. */
  readonly tcpBeLiberal: boolean;
  /** Counters that the node's kernel has; an empty list where it lacks nfnetlink_acct. */
  readonly nfacctCounters: readonly NfacctCounter[];
  /** iptables knows `--random-fully` (1.6.2 and newer). */
  readonly randomFully: boolean;
}

/** The state that a sync turns into rules. Parts that did not change are the same objects as before. */
export interface ProxyView {
  readonly node: ProxyNode;
  readonly nodeLabels: Labels;
  readonly services: ServiceMap;
  readonly endpoints: EndpointMap;
}

/** What the node's kernel and tools have. */
export interface NodeTools {
  readonly nfacctCounters: readonly NfacctCounter[];
  readonly randomFully: boolean;
}

/** A current iptables; no nfnetlink_acct, whose rules load only where the counters were made first. */
export const DEFAULT_NODE_TOOLS: NodeTools = { nfacctCounters: [], randomFully: true };

/** kube-proxy on a node of a scenario. The order of addresses is the Node's, then that of `localAddresses`. */
export function proxyNodeOf(
  node: NodeObject,
  settings: NodeSettings,
  ipFamily: IpFamily,
  tools: NodeTools = DEFAULT_NODE_TOOLS,
): ProxyNode {
  const { kubeProxy, version, localAddresses } = settings;
  const addresses = node.status?.addresses ?? [];
  const internal = addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  const bound = addresses.filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP');
  const podCIDRs = node.spec?.podCIDRs ?? (node.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]);
  return {
    name: node.metadata.name,
    ipFamily,
    behaviour: behaviourOf(version),
    gates: featureGatesOf(version, kubeProxy.featureGates),
    ips: ofFamily([...bound.map(({ address }) => address), ...localAddresses], ipFamily),
    primaryIP: ofFamily(internal, ipFamily)[0] ?? null,
    localDetector: localDetectorOf(kubeProxy, podCIDRs, ipFamily),
    masqueradeAll: kubeProxy.iptables.masqueradeAll,
    masqueradeBit: kubeProxy.iptables.masqueradeBit,
    nodePortAddresses: kubeProxy.nodePortAddresses,
    localhostNodePorts: kubeProxy.iptables.localhostNodePorts,
    tcpBeLiberal: kubeProxy.conntrack.tcpBeLiberal,
    ...tools,
  };
}

function ofFamily(texts: readonly string[], ipFamily: IpFamily): Ip[] {
  const ips = texts.map((text) => parseIpLenient(text)).filter((ip) => ip !== null && ip.family === ipFamily) as Ip[];
  return ips.filter((ip, index) => ips.findIndex((other) => other.value === ip.value) === index);
}
