/** Taints and tolerations. Source: k8s.io/api core/v1 (Toleration.ToleratesTaint), pkg/util/taints. */
import type { NodeObject, PodObject, Toleration } from '../objects.js';
import type { Nanos } from '../scenario.js';

export type Taint = NonNullable<NonNullable<NodeObject['spec']>['taints']>[number];

/** What the node controller puts on a node whose kubelet it does not hear. */
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
/** What the cluster autoscaler puts on a node that it will take away. */
export const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

export function withTaint(taints: readonly Taint[], taint: Taint): Taint[] {
  return [...withoutTaint(taints, taint.key, taint.effect), taint];
}

/** Without an effect: whatever its effect is. */
export function withoutTaint(taints: readonly Taint[], key: string, effect?: string): Taint[] {
  return taints.filter((taint) => taint.key !== key || (effect !== undefined && taint.effect !== effect));
}

export function effectOf({ spec }: NodeObject, key: string, effect: string): Taint | undefined {
  return spec?.taints?.find((taint) => taint.key === key && taint.effect === effect);
}

/** How long a pod stays with a taint that evicts; `defaultNs`: where it says nothing. Infinity: for good. */
export function tolerationNs({ spec }: PodObject, taint: Taint, defaultNs: Nanos): Nanos {
  const fitting = (spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
  if (fitting.length === 0) return defaultNs;
  const seconds = fitting.map(({ tolerationSeconds }) => tolerationSeconds ?? Infinity);
  return Math.max(0, Math.min(...seconds)) * 1e9;
}

export function tolerates(
  { key = '', operator = 'Equal', value = '', effect = '' }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''));
}
