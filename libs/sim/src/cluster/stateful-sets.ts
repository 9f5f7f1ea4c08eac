/**
 * StatefulSets: pods with ordinals.
 *
 * Models: OrderedReady (one after the other, each only when the one before is ready) and Parallel, rolling updates from the
 *   highest ordinal down to the partition, OnDelete, scaling down from the highest ordinal.
 * Source: pkg/controller/statefulset/stateful_set_control.go.
 * Simplified: maxUnavailable (behind a gate) is 1; ordinals start at 0; no volumes, no stable network names.
 * Who could tell: someone with volumeClaimTemplates, or with the gate MaxUnavailableStatefulSet.
 */
import type { PodObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { isActive, type OwnedPods } from './owned-pods.js';
import { type Revisions, revisionLabel, revisionOf } from './revisions.js';

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';

export class StatefulSets {
  /** By StatefulSet: the revision that all its pods had last. */
  private readonly current = new Map<string, string>();

  constructor(
    private readonly owned: OwnedPods,
    private readonly revisions: Revisions,
  ) {}

  reconcile(set: WorkloadObject, nowNs: Nanos, running: boolean): void {
    const { spec } = set;
    const present = this.revisions.present(set);
    const isOrdered = !running && spec?.podManagementPolicy !== 'Parallel';
    const wanted = spec?.replicas ?? 1;
    const pods = this.byOrdinal(set);
    const isDone = [...pods.values()].filter((pod) => revisionOf(pod) === present.hash).length >= wanted;
    if (isDone || !this.current.has(keyOf(set))) this.current.set(keyOf(set), present.hash);
    for (let n = 0; n < wanted; n++) {
      const pod = pods.get(n);
      if (pod === undefined) {
        this.add(set, n, nowNs, running);
        if (isOrdered) return;
      } else if (isOrdered && this.owned.availableInNs(pod, set, nowNs) > 0) return;
    }
    const ordinals = [...pods.keys()].sort((a, b) => b - a);
    for (const n of ordinals.filter((ordinal) => ordinal >= wanted)) {
      const pod = pods.get(n) as PodObject;
      if (isActive(pod)) this.owned.pods.terminate(keyOf(pod), nowNs);
      if (isOrdered) return;
    }
    if (spec?.updateStrategy?.type === 'OnDelete') return;
    const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (const n of ordinals.filter((ordinal) => ordinal < wanted && ordinal >= partition)) {
      const pod = pods.get(n) as PodObject;
      if (revisionOf(pod) !== present.hash && isActive(pod)) return this.owned.pods.terminate(keyOf(pod), nowNs);
      if (this.owned.availableInNs(pod, set, nowNs) > 0) return;
    }
  }

  /** A stored one: all its pods count as made from the template that it has. */
  adopt(set: WorkloadObject): void {
    this.current.set(keyOf(set), this.revisions.present(set).hash);
  }

  updated(set: WorkloadObject, pods: readonly PodObject[]): number {
    const { hash } = this.revisions.present(set);
    return pods.filter((pod) => revisionOf(pod) === hash).length;
  }

  /** Below the partition a pod that is made anew has the template that all had last. */
  private add(set: WorkloadObject, ordinal: number, nowNs: Nanos, running: boolean): void {
    const name = `${set.metadata.name}-${ordinal}`;
    const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    const present = this.revisions.present(set);
    const old = ordinal < partition ? this.current.get(keyOf(set)) : undefined;
    const { hash, template } = (old === undefined ? undefined : this.revisions.byHash(set, old)) ?? present;
    const labels = { [POD_NAME_LABEL]: name, ...revisionLabel(hash) };
    this.owned.add(set, set, { name, labels, template }, nowNs, running);
  }

  private byOrdinal(set: WorkloadObject): Map<number, PodObject> {
    const stem = `${set.metadata.name}-`;
    const pods = this.owned
      .of(set)
      .map((pod): [number, PodObject] => [Number(pod.metadata.name.slice(stem.length)), pod]);
    return new Map(pods.filter(([n, { metadata }]) => Number.isInteger(n) && metadata.name.startsWith(stem)));
  }
}
