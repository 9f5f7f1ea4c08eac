/** A cluster as the vector files write it, as kube-proxy sees it. */
import {
  behaviourOf,
  ChangeTracker,
  featureGatesOf,
  type LocalDetector,
  NFACCT_COUNTERS,
  type NfacctCounter,
  type ProxyNode,
  type ProxyView,
} from '../../libs/sim/src/kube-proxy/index.js';
import { parseCidr, parseIp } from '../../libs/sim/src/netfilter/address.js';
import type { EndpointSliceObject, IpFamily, Protocol, ServiceObject } from '../../libs/sim/src/objects.js';

export interface VectorCluster {
  ipFamily: IpFamily;
  thisNode: { name: string; ips: string[]; primaryIP: string };
  localDetector: { mode: string; cidr?: string };
  masqueradeAll: boolean;
  nodePortAddresses: string[] | null;
  localhostNodePorts: boolean;
  /** Absent: not known. */
  serviceCIDRs?: string[];
  /** Absent: the case does not look at counters. */
  nfacctCounters?: Partial<Record<NfacctCounter, boolean>>;
  conntrackTCPBeLiberal?: boolean;
  iptablesSupportsRandomFully?: boolean;
  featureGates?: Record<string, boolean>;
}

export interface VectorObjects {
  services: ServiceObject[];
  endpointSlices: EndpointSliceObject[];
}

/** One of kube-proxy's own packet flows: `vectors/packet-flows.json`. */
export interface FlowCase extends VectorObjects {
  id: string;
  case: string;
  proxyMode: string;
  cluster: VectorCluster;
  flow: { sourceIP: string; destIP: string; destPort: number; protocol: Protocol };
  expected: { outcome: string; endpoints: string[]; masquerade: boolean; accepted?: boolean };
}

export function vectorNode(cluster: VectorCluster, version: string): ProxyNode {
  const { ipFamily, thisNode, localDetector } = cluster;
  const ips = thisNode.ips.map((text) => parseIp(text)!).filter((ip) => ip.family === ipFamily);
  const detector: LocalDetector | null =
    localDetector.cidr === undefined ? null : { kind: 'cidr', cidr: localDetector.cidr };
  return {
    name: thisNode.name,
    ipFamily,
    behaviour: behaviourOf(version),
    gates: featureGatesOf(version, cluster.featureGates),
    ips,
    bridgeIPs: [],
    primaryIP: ips[0] ?? null,
    localDetector: detector,
    masqueradeAll: cluster.masqueradeAll,
    masqueradeBit: 14,
    nodePortAddresses: cluster.nodePortAddresses ?? [],
    serviceCIDRs: (cluster.serviceCIDRs ?? [])
      .map((text) => parseCidr(text)!)
      .filter((cidr) => cidr.family === ipFamily),
    localhostNodePorts: cluster.localhostNodePorts,
    ipvsScheduler: 'rr',
    tcpBeLiberal: cluster.conntrackTCPBeLiberal ?? false,
    nfacctCounters: NFACCT_COUNTERS.filter((counter) => cluster.nfacctCounters?.[counter] === true),
    randomFully: cluster.iptablesSupportsRandomFully ?? false,
  };
}

export function trackerOf(node: ProxyNode): ChangeTracker {
  return new ChangeTracker(node.name, node);
}

export function vectorView(node: ProxyNode, objects: VectorObjects): ProxyView {
  const tracker = trackerOf(node);
  for (const service of objects.services) tracker.serviceChanged(service);
  for (const slice of objects.endpointSlices) tracker.endpointSliceChanged(slice);
  const { services, endpoints } = tracker.checkout();
  return { node, nodeLabels: {}, services, endpoints };
}
