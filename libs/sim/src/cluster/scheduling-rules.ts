/**
 * What a node must have for a pod: taints and tolerations, node selectors and affinity.
 *
 * Source: k8s.io/component-helpers/scheduling/corev1, pkg/controller/daemon/util/daemonset_util.go for what daemon pods
 *   tolerate by themselves.
 */
import type { NodeObject, NodeSelectorTerm, PodSpec, Toleration } from '../objects.js';
import { meets } from './label-selector.js';

export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const DAEMON_TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: UNSCHEDULABLE.key, operator: 'Exists', effect: 'NoSchedule' },
];
const NETWORK: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some(({ key = '', operator = 'Equal', value = '', effect = '' }) => {
    if (effect !== '' && effect !== taint.effect) return false;
    if (key !== '' && key !== taint.key) return false;
    return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''));
  });
}

/** Its taints; a node that is cordoned has one more, whether it is written or not. */
export function taintsOf({ spec }: NodeObject): Taint[] {
  const taints = spec?.taints ?? [];
  const isWritten = taints.some(({ key }) => key === UNSCHEDULABLE.key);
  return spec?.unschedulable === true && !isWritten ? [...taints, UNSCHEDULABLE] : taints;
}

/** Nothing is written on the node, and it is not cordoned: most are so. */
function isFree({ spec }: NodeObject): boolean {
  return spec?.unschedulable !== true && (spec?.taints === undefined || spec.taints.length === 0);
}

/** The node's taints let the pod come. */
export function isLetOn(spec: PodSpec, node: NodeObject): boolean {
  if (isFree(node)) return true;
  return taintsOf(node).every(({ effect, ...taint }) => {
    return (effect !== 'NoSchedule' && effect !== 'NoExecute') || tolerates(spec.tolerations, { ...taint, effect });
  });
}

/** The node has the labels that the pod asks for. */
export function isWanted({ nodeSelector, affinity }: PodSpec, node: NodeObject): boolean {
  if (nodeSelector === undefined && affinity?.nodeAffinity === undefined) return true;
  const { labels } = node.metadata;
  for (const [key, value] of Object.entries(nodeSelector ?? {})) if (labelOf(node, key) !== value) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => meetsTerm(term, node, labels));
}

/** A term without requirements is met by no node. */
export function meetsTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: NodeObject,
  labels: Readonly<Record<string, string>> | undefined = node.metadata.labels,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const withHostname = { [HOSTNAME]: node.metadata.name, ...labels };
  const fields = { 'metadata.name': node.metadata.name };
  return (
    matchExpressions.every((requirement) => meets(requirement, withHostname)) &&
    matchFields.every((requirement) => meets(requirement, fields))
  );
}

export const HOSTNAME = 'kubernetes.io/hostname';

/** Nodes have their name as a label, also where the scenario does not write it. */
export function labelOf({ metadata }: NodeObject, key: string): string | undefined {
  return metadata.labels?.[key] ?? (key === HOSTNAME ? metadata.name : undefined);
}

export function fitsDaemon(spec: PodSpec, node: NodeObject): boolean {
  return isLetOn(withDaemonTolerations(spec), node) && isWanted(spec, node);
}

/** A daemon pod that is there stays, unless the node is another one or drives it away. */
export function staysOn(spec: PodSpec, node: NodeObject): boolean {
  const { tolerations } = withDaemonTolerations(spec);
  const isDriven = taintsOf(node).some((taint) => taint.effect === 'NoExecute' && !tolerates(tolerations, taint));
  return !isDriven && isWanted(spec, node);
}

function withDaemonTolerations(spec: PodSpec): PodSpec {
  const own = spec.hostNetwork === true ? [...DAEMON_TOLERATIONS, NETWORK] : DAEMON_TOLERATIONS;
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...own] };
}
