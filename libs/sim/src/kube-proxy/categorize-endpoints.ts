/**
 * Which endpoints of a service port this node uses, for policy Cluster and for policy Local.
 *
 * Models: readiness, terminating fallback, topology hints, topologyKeys (1.21); the same for every proxy mode.
 * Source: pkg/proxy/topology.go of 1.21 to 1.34 (CategorizeEndpoints; FilterEndpoints before 1.24).
 * Simplified: a node without the label kubernetes.io/hostname is taken to have its name there, as kubelet sets it.
 * Who could tell: someone who takes that label off.
 */
import type { Labels } from '../objects.js';
import { type EndpointInfo, HOSTNAME_LABEL, isLocalTo } from './endpoint-map.js';
import type { FeatureGates } from './feature-gates.js';
import { isExternallyAccessible, type ServicePortInfo } from './service-map.js';
import type { ProxyBehaviour } from './versions.js';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

export interface NodeTopology {
  readonly nodeName: string;
  readonly nodeLabels: Labels;
  readonly behaviour: ProxyBehaviour;
  readonly gates: FeatureGates;
}

/** The part of a service port that decides. */
export type PolicyInfo = Pick<
  ServicePortInfo,
  | 'internalPolicyLocal'
  | 'externalPolicyLocal'
  | 'nodePort'
  | 'loadBalancerVIPs'
  | 'externalIPs'
  | 'hintsAnnotation'
  | 'topologyKeys'
>;

export interface CategorizedEndpoints {
  /** For traffic under policy Cluster; empty where nothing uses it. */
  readonly clusterEndpoints: readonly EndpointInfo[];
  /** For traffic under policy Local; empty where nothing uses it. */
  readonly localEndpoints: readonly EndpointInfo[];
  /** The union, in the order of endpoints: those that get rules of their own. */
  readonly allReachableEndpoints: readonly EndpointInfo[];
  /** Whether a usable endpoint exists anywhere in the cluster: otherwise traffic is rejected. */
  readonly hasAnyEndpoints: boolean;
}

/** Even with policy Local for external traffic, what comes from pods and from the node itself goes to all endpoints. */
export function usesClusterEndpoints(info: PolicyInfo): boolean {
  return !info.internalPolicyLocal || isExternallyAccessible(info);
}

export function usesLocalEndpoints(info: PolicyInfo): boolean {
  return info.internalPolicyLocal || (info.externalPolicyLocal && isExternallyAccessible(info));
}

const isFallback = (endpoint: EndpointInfo): boolean => endpoint.serving && endpoint.terminating;

export function categorizeEndpoints(
  endpoints: readonly EndpointInfo[],
  info: PolicyInfo,
  node: NodeTopology,
): CategorizedEndpoints {
  const fallback = fallbackRule(node);
  let clusterEndpoints: readonly EndpointInfo[] = [];
  let hasAnyEndpoints = false;
  if (usesClusterEndpoints(info)) {
    const isHinted = topologyFilter(endpoints, info, node);
    clusterEndpoints = endpoints.filter((endpoint) => endpoint.ready && isHinted(endpoint));
    if (clusterEndpoints.length === 0) clusterEndpoints = endpoints.filter(fallback);
    hasAnyEndpoints = clusterEndpoints.length > 0;
  }
  if (!usesLocalEndpoints(info)) {
    return { clusterEndpoints, localEndpoints: [], allReachableEndpoints: clusterEndpoints, hasAnyEndpoints };
  }
  hasAnyEndpoints ||= endpoints.some((endpoint) => endpoint.ready || fallback(endpoint));
  const onNode = endpoints.filter((endpoint) => isLocalTo(node.nodeName, endpoint));
  const readyOnNode = onNode.filter((endpoint) => endpoint.ready);
  const localEndpoints = readyOnNode.length > 0 ? readyOnNode : onNode.filter(fallback);
  const used = new Set([...clusterEndpoints, ...localEndpoints]);
  const allReachableEndpoints = endpoints.filter((endpoint) => used.has(endpoint));
  return { clusterEndpoints, localEndpoints, allReachableEndpoints, hasAnyEndpoints };
}

/** Whether another node with the same settings may use others of these endpoints. */
export function dependsOnNode(endpoints: readonly EndpointInfo[], info: PolicyInfo, { gates }: NodeTopology): boolean {
  if (info.internalPolicyLocal || info.externalPolicyLocal || gates.ServiceTopology) return true;
  return endpoints.some(({ zoneHints, nodeHints }) => zoneHints.length > 0 || nodeHints.length > 0);
}

function fallbackRule({ behaviour, gates }: NodeTopology): (endpoint: EndpointInfo) => boolean {
  if (behaviour.terminatingFallback === 'all') return isFallback;
  return behaviour.terminatingFallback === 'all, gated' && gates.ProxyTerminatingEndpoints ? isFallback : () => false;
}

const everywhere = (): boolean => true;

/** Which endpoints the hints leave for this node; all of them where topology cannot be used. */
export function topologyFilter(
  endpoints: readonly EndpointInfo[],
  info: Pick<PolicyInfo, 'hintsAnnotation'>,
  node: NodeTopology,
): (endpoint: EndpointInfo) => boolean {
  const { behaviour, gates, nodeName } = node;
  const counted = behaviour.unreadyNeedsHints ? endpoints : endpoints.filter((endpoint) => endpoint.ready);

  if (behaviour.nodeHints && gates.PreferSameTrafficDistribution) {
    const forThisNode = (endpoint: EndpointInfo): boolean => endpoint.nodeHints.includes(nodeName);
    if (counted.every((endpoint) => endpoint.nodeHints.length > 0) && counted.some(forThisNode)) return forThisNode;
  }

  const zone = node.nodeLabels[ZONE_LABEL] ?? '';
  if (zone === '' || !heedsZoneHints(info.hintsAnnotation, node)) return everywhere;
  const forThisZone = (endpoint: EndpointInfo): boolean => endpoint.zoneHints.includes(zone);
  const usable = counted.every((endpoint) => endpoint.zoneHints.length > 0) && counted.some(forThisZone);
  return usable ? forThisZone : everywhere;
}

function heedsZoneHints(annotation: string, { behaviour, gates }: NodeTopology): boolean {
  if (!gates.TopologyAwareHints) return false;
  if (behaviour.hintsCondition === 'always' || gates.ServiceTrafficDistribution) return true;
  if (behaviour.hintsCondition === 'annotationAuto') return annotation === 'Auto' || annotation === 'auto';
  return annotation !== '' && annotation !== 'disabled' && annotation !== 'Disabled';
}

/**
 * Up to 1.23: the endpoints that are left before readiness is looked at. externalTrafficPolicy: Local leaves all of them;
 * otherwise internalTrafficPolicy: Local leaves those of this node, for traffic from outside as well. Where topologyKeys are
 * switched on, they come before that policy and before hints, for Services that have none as well.
 */
export function filterEndpointsLegacy(
  endpoints: readonly EndpointInfo[],
  info: PolicyInfo,
  node: NodeTopology,
): readonly EndpointInfo[] {
  if (info.externalPolicyLocal) return endpoints;
  if (node.gates.ServiceTopology) return byTopologyKeys(endpoints, info.topologyKeys, node);
  if (info.internalPolicyLocal) return endpoints.filter((endpoint) => isLocalTo(node.nodeName, endpoint));
  const isHinted = topologyFilter(endpoints, info, node);
  return endpoints.filter(isHinted);
}

/** The endpoints that share the node's value of the first key for which there are any; `*` is shared by all. */
function byTopologyKeys(
  endpoints: readonly EndpointInfo[],
  keys: readonly string[],
  { nodeLabels, nodeName }: NodeTopology,
): readonly EndpointInfo[] {
  if (keys.length === 0) return endpoints;
  for (const key of keys) {
    if (key === '*') return endpoints;
    const value = nodeLabels[key] ?? (key === HOSTNAME_LABEL ? nodeName : undefined);
    if (value === undefined) continue;
    const matching = endpoints.filter(({ topology }) => topology[key] === value);
    if (matching.length > 0) return matching;
  }
  return [];
}
