/**
 * Evictions: deletions that a PodDisruptionBudget has to allow.
 *
 * Models: minAvailable and maxUnavailable, in numbers and shares, pods that need no budget (pending, over, terminating), pods that
 *   are not ready, more than one budget for a pod.
 * Source: pkg/registry/core/pod/storage/eviction.go, pkg/controller/disruption/disruption.go.
 * Simplified: the budget is counted when it is asked for, where a real one is kept in a status by a controller.
 * Who could tell: someone whose controller manager is slower than their drains.
 */
import type { PodDisruptionBudgetObject, PodObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import { selects } from './label-selector.js';
import { isReady } from './pod-objects.js';
import type { Pods } from './pods.js';
import { resolved } from './rollout.js';
import type { Workloads } from './workloads.js';

export const OVER_BUDGET = "Cannot evict pod as it would violate the pod's disruption budget.";
const SEVERAL_BUDGETS =
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

/** Null: it is on its way out. `again`: asking later may help. */
export type Refusal = { reason: string; again: boolean } | null;

interface Budget {
  healthy: number;
  /** So many have to stay. */
  desired: number;
}

export class Evictions {
  constructor(
    private readonly api: ApiServer,
    private readonly pods: Pods,
    private readonly workloads: Workloads,
  ) {}

  evict(pod: PodObject, nowNs: Nanos): Refusal {
    const refusal = isFree(pod) ? null : this.refusalFor(pod);
    if (refusal === null) this.pods.terminate(keyOf(pod), nowNs);
    return refusal;
  }

  /** Null: a share of pods that nobody counts, so that no number of them is enough. */
  budget({ metadata, spec }: PodDisruptionBudgetObject): Budget | null {
    const pods = this.api
      .list<PodObject>('Pod')
      .filter((pod) => pod.metadata.namespace === metadata.namespace && selects(spec?.selector, pod.metadata.labels));
    const healthy = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestampNs === undefined).length;
    const { minAvailable, maxUnavailable } = spec ?? {};
    if (typeof minAvailable === 'number') return { healthy, desired: minAvailable };
    const expected = this.expected(pods);
    if (expected === null) return null;
    if (minAvailable !== undefined) return { healthy, desired: resolved(minAvailable, expected, 'up') };
    return { healthy, desired: Math.max(0, expected - resolved(maxUnavailable ?? 0, expected, 'up')) };
  }

  private refusalFor(pod: PodObject): Refusal {
    const [budget, another] = this.budgetsOf(pod);
    if (budget === undefined) return null;
    if (another !== undefined) return { reason: SEVERAL_BUDGETS, again: false };
    const counted = this.budget(budget);
    const refusal = { reason: OVER_BUDGET, again: true };
    if (counted === null) return refusal;
    if (!isReady(pod)) {
      const mayGo = budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow';
      if (mayGo || (counted.desired > 0 && counted.healthy >= counted.desired)) return null;
    }
    return counted.healthy > counted.desired ? null : refusal;
  }

  private budgetsOf({ metadata }: PodObject): PodDisruptionBudgetObject[] {
    return this.api
      .list<PodDisruptionBudgetObject>('PodDisruptionBudget')
      .filter(
        (budget) => budget.metadata.namespace === metadata.namespace && selects(budget.spec?.selector, metadata.labels),
      );
  }

  /** What the owners of the pods want in all; null where one has none. */
  private expected(pods: readonly PodObject[]): number | null {
    const scales = new Map<WorkloadObject, number>();
    for (const pod of pods) {
      const scale = this.workloads.scaleOf(pod);
      if (scale === null) return null;
      scales.set(scale.owner, scale.replicas);
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  }
}

/** No budget is asked for it. */
function isFree({ metadata, status }: PodObject): boolean {
  return metadata.deletionTimestampNs !== undefined || (status?.phase !== undefined && status.phase !== 'Running');
}
