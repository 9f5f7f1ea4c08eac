/**
 * DaemonSets: a pod on each node that it may be on.
 *
 * Models: node selectors and affinity, taints with the tolerations that the controller adds, rolling updates with
 *   maxUnavailable or maxSurge, OnDelete, minReadySeconds.
 * Source: pkg/controller/daemon: daemon_controller.go, update.go, util/daemonset_util.go.
 * Simplified: nodes are taken in the order in which they were made; the controller gives a pod its node itself, where a real
 *   one asks the scheduler by node affinity.
 * Who could tell: someone whose daemon pods do not fit on a node for want of resources.
 */
import type { NodeObject, PodObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { isActive, type OwnedPods } from './owned-pods.js';
import { type Revisions, revisionLabel, revisionOf } from './revisions.js';
import { resolved } from './rollout.js';
import { DAEMON_TOLERATIONS, fitsDaemon, staysOn } from './scheduling-rules.js';

interface OnNode {
  present: PodObject | null;
  old: PodObject | null;
}

export class DaemonSets {
  constructor(
    private readonly owned: OwnedPods,
    private readonly revisions: Revisions,
  ) {}

  reconcile(set: WorkloadObject, nowNs: Nanos, running: boolean): void {
    const { hash } = this.revisions.present(set);
    const wanted = new Set(this.nodesOf(set));
    const byNode = this.byNode(set);
    for (const [node, pods] of byNode) this.tidy(node, pods, wanted, nowNs);
    for (const node of wanted) if (!byNode.has(node)) this.add(set, node, nowNs, running);
    if (running || set.spec?.updateStrategy?.type === 'OnDelete') return;
    const states = [...wanted].map((node): OnNode => {
      const pods = byNode.get(node) ?? [];
      return {
        present: pods.find((pod) => revisionOf(pod) === hash && isActive(pod)) ?? null,
        old: pods.find((pod) => revisionOf(pod) !== hash) ?? null,
      };
    });
    const { maxSurge = 0, maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
    const surge = resolved(maxSurge, wanted.size, 'up');
    if (surge > 0) this.surge(set, states, surge, nowNs);
    else this.replace(set, states, Math.max(1, resolved(maxUnavailable, wanted.size, 'up')), nowNs);
  }

  /** Names of the nodes that it wants a pod on. */
  nodesOf(set: WorkloadObject): string[] {
    const nodes = this.owned.api.list<NodeObject>('Node').filter((node) => fitsDaemon(podSpecOf(set), node));
    return nodes.map(({ metadata }) => metadata.name);
  }

  /** A stored one: what most of its pods are labelled with is the template that it has. */
  adopt(set: WorkloadObject): void {
    this.revisions.present(set);
  }

  updated(set: WorkloadObject, pods: readonly PodObject[]): number {
    const { hash } = this.revisions.present(set);
    return pods.filter((pod) => revisionOf(pod) === hash).length;
  }

  /** Pods go from nodes that they may not be on (any more). */
  private tidy(node: string, pods: readonly PodObject[], wanted: ReadonlySet<string>, nowNs: Nanos): void {
    if (wanted.has(node)) return;
    const object = this.owned.api.get<NodeObject>('Node', node);
    for (const pod of pods)
      if (object === undefined || !staysOn(pod.spec ?? {}, object)) this.owned.pods.terminate(keyOf(pod), nowNs);
  }

  /** Old pods that are not available go at once, the others as far as the new ones allow. */
  private replace(set: WorkloadObject, states: readonly OnNode[], most: number, nowNs: Nanos): void {
    const isAvailable = (pod: PodObject | null) => pod !== null && this.owned.availableInNs(pod, set, nowNs) === 0;
    let left = most - states.filter(({ present, old }) => !isAvailable(present) && !isAvailable(old)).length;
    for (const { present, old } of states) {
      if (present !== null || old === null || !isActive(old)) continue;
      if (isAvailable(old) && left-- <= 0) continue;
      this.owned.pods.terminate(keyOf(old), nowNs);
    }
  }

  /** A new pod beside the old one, which goes when the new one is available. */
  private surge(set: WorkloadObject, states: readonly OnNode[], most: number, nowNs: Nanos): void {
    let left = most - states.filter(({ present, old }) => present !== null && old !== null).length;
    for (const { present, old } of states) {
      if (old === null) continue;
      if (present !== null) {
        const isAvailable = this.owned.availableInNs(present, set, nowNs) === 0;
        if (isAvailable || this.owned.availableInNs(old, set, nowNs) > 0) this.owned.pods.terminate(keyOf(old), nowNs);
      } else if (old.spec?.nodeName !== undefined && left-- > 0) this.add(set, old.spec.nodeName, nowNs, false);
    }
  }

  private add(set: WorkloadObject, nodeName: string, nowNs: Nanos, running: boolean): void {
    const { hash } = this.revisions.present(set);
    const tolerations = [...(podSpecOf(set).tolerations ?? []), ...DAEMON_TOLERATIONS];
    const name = this.owned.newName(set.metadata.name, set);
    const labels = revisionLabel(hash);
    this.owned.add(set, set, { name, labels, spec: { nodeName, tolerations } }, nowNs, running);
  }

  private byNode(set: WorkloadObject): Map<string, PodObject[]> {
    const byNode = new Map<string, PodObject[]>();
    for (const pod of this.owned.of(set)) {
      const node = pod.spec?.nodeName ?? '';
      const pods = byNode.get(node);
      if (pods === undefined) byNode.set(node, [pod]);
      else pods.push(pod);
    }
    return byNode;
  }
}

function podSpecOf({ spec }: WorkloadObject): NonNullable<PodObject['spec']> {
  return spec?.template?.spec ?? {};
}
