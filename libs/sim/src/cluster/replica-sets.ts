/**
 * ReplicaSets: so many pods of one template.
 *
 * Models: pods made and removed until the number is right, and which ones go first.
 * Source: pkg/controller/replicaset/replica_set.go, ActivePodsWithRanks in pkg/controller/controller_utils.go.
 * Simplified: all at once, without slow start; ages are compared as they are, not by their logarithm (1.22).
 * Who could tell: someone who scales down pods of nearly the same age.
 */
import type { PodObject, WorkloadObject } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { OwnedPods } from './owned-pods.js';
import { isReady } from './pod-objects.js';
import { TEMPLATE_HASH_LABEL } from './rollout.js';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

export class ReplicaSets {
  constructor(private readonly owned: OwnedPods) {}

  /** `siblings`: all ReplicaSets of the same Deployment, this one too. */
  reconcile(set: WorkloadObject, siblings: readonly WorkloadObject[], nowNs: Nanos, running: boolean): void {
    const active = this.owned.active(set);
    const wanted = set.spec?.replicas ?? 1;
    const known = this.owned.ownerOf(set) ?? set;
    for (let n = active.length; n < wanted; n++)
      this.owned.add(set, known, { name: this.owned.newName(set.metadata.name, known) }, nowNs, running);
    if (active.length <= wanted) return;
    const related = new Map<string | undefined, number>();
    for (const sibling of siblings)
      for (const { spec } of this.owned.active(sibling))
        related.set(spec?.nodeName, (related.get(spec?.nodeName) ?? 0) + 1);
    const ranked = active
      .map((pod, age) => ({ pod, age, rank: this.rankOf(pod, related) }))
      .sort((a, b) => compare(a.rank, b.rank) || b.age - a.age);
    for (const { pod } of ranked.slice(0, active.length - wanted))
      this.owned.pods.terminate(`${pod.metadata.namespace}/${pod.metadata.name}`, nowNs);
  }

  /** What is lower goes first, the first difference decides. */
  private rankOf(pod: PodObject, related: ReadonlyMap<string | undefined, number>): number[] {
    const { metadata, spec, status } = pod;
    const ready = isReady(pod);
    return [
      spec?.nodeName === undefined ? 0 : 1,
      status?.phase === 'Pending' ? 0 : 1,
      ready ? 1 : 0,
      Number(metadata.annotations?.[DELETION_COST] ?? 0) || 0,
      -(related.get(spec?.nodeName) ?? 0),
      ready ? -this.owned.pods.readySinceNs(pod) : 0,
      -(status?.containerStatuses?.[0]?.restartCount ?? 0),
      -(metadata.creationTimestampNs ?? 0),
    ];
  }
}

/** The ReplicaSet of a Deployment's template. */
export function replicaSetOf(deployment: WorkloadObject, hash: string, replicas: number): WorkloadObject {
  const { name, namespace } = deployment.metadata;
  const { selector, template, minReadySeconds } = deployment.spec ?? {};
  const labels = { ...template?.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ownerReferences: [{ kind: 'Deployment', name }],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [n, value] of a.entries()) {
    const other = b[n] as number;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
