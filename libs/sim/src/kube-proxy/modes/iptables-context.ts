/** What all rules of one sync have in common, worked out once. */
import type { Match } from '../../netfilter/rules.js';
import { type CategorizedEndpoints, categorizeEndpoints, type NodeTopology } from '../categorize-endpoints.js';
import type { EndpointInfo } from '../endpoint-map.js';
import { LARGE_CLUSTER_ENDPOINTS } from '../large-cluster.js';
import { matchLocal } from '../local-detector.js';
import { type NodePortAddresses, nodePortAddressesOf } from '../node-port-addresses.js';
import type { ProxyNode, ProxyView } from '../proxy-node.js';
import { type ServicePortInfo, settingsText } from '../service-map.js';

export interface IptablesContext {
  readonly node: ProxyNode;
  readonly topology: NodeTopology;
  /** What decides about a service port's rules, but for `topology` and `node.primaryIP`. */
  readonly settings: string;
  readonly largeCluster: boolean;
  readonly nodePorts: NodePortAddresses;
  /** Node ports work on 127.0.0.1. */
  readonly localhostNodePorts: boolean;
  /** Null: no detector. */
  readonly ifLocal: Match | null;
  readonly ifNotLocal: Match | null;
  readonly categorize: (endpoints: readonly EndpointInfo[], info: ServicePortInfo) => CategorizedEndpoints;
}

export function iptablesContext({ node, nodeLabels }: ProxyView, endpointCount: number): IptablesContext {
  const topology = { nodeName: node.name, nodeLabels, behaviour: node.behaviour, gates: node.gates };
  const own = [...node.ips, ...node.bridgeIPs];
  const nodePorts = nodePortAddressesOf(node.nodePortAddresses, node.ipFamily, own, node.primaryIP);
  const wantsLocalhost = node.localhostNodePorts || !node.behaviour.localhostNodePortsSetting;
  const largeCluster = endpointCount > LARGE_CLUSTER_ENDPOINTS;
  const localhostNodePorts = node.ipFamily === 'IPv4' && wantsLocalhost && nodePorts.containsIPv4Loopback;
  const { localDetector, masqueradeAll, nfacctCounters } = node;
  const others = [
    localDetector,
    masqueradeAll,
    nfacctCounters,
    largeCluster,
    localhostNodePorts,
    nodePorts.ips?.length === 0,
  ];
  return {
    node,
    topology,
    settings: `${settingsText(node)} ${JSON.stringify(others)}`,
    largeCluster,
    nodePorts,
    localhostNodePorts,
    ifLocal: node.localDetector && matchLocal(node.localDetector, false),
    ifNotLocal: node.localDetector && matchLocal(node.localDetector, true),
    categorize: (list, info) => categorizeEndpoints(list, info, topology),
  };
}
