/**
 * Workloads: Deployments, ReplicaSets, StatefulSets and DaemonSets keep as many pods as they want.
 *
 * Models: creating and removing pods when a workload appears, is scaled or goes.
 * Source: pkg/controller/replicaset, pkg/controller/statefulset, pkg/controller/daemon for names and counts.
 * Simplified: a Deployment owns its pods itself (its ReplicaSet shows in the pod's name only); a changed template does not
 *   roll out; the youngest pods go first.
 * Who could tell: someone who lists ReplicaSets or rolls out an image.
 */
import { draw, Stream } from '../kernel/index.js';
import type { NodeObject, PodObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import { type ApiServer, matchesLabels } from './api-server.js';
import { isReady, type Pods } from './pods.js';

/** The letters of generated names: no vowels, so that no words come about. Source: apimachinery util/rand. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export class Workloads {
  private generated = 0;

  constructor(
    private readonly api: ApiServer,
    private readonly pods: Pods,
    private readonly seed: number,
  ) {}

  /** Makes and removes pods until the workload has what it wants. */
  reconcile(workload: WorkloadObject, nowNs: Nanos, running: boolean): void {
    if (workload.kind === 'DaemonSet') return this.reconcileDaemonSet(workload, nowNs, running);
    const owned = this.owned(workload);
    const wanted = workload.spec?.replicas ?? 1;
    for (let n = owned.length; n < wanted; n++) this.add(workload, n, undefined, nowNs, running);
    for (const pod of owned.slice(wanted)) this.pods.terminate(keyOf(pod), nowNs);
  }

  removeAll(workload: WorkloadObject, nowNs: Nanos): void {
    for (const pod of this.owned(workload)) this.pods.terminate(keyOf(pod), nowNs);
  }

  status(workload: WorkloadObject): NonNullable<WorkloadObject['status']> {
    const pods = this.owned(workload);
    const ready = pods.filter(isReady).length;
    return { replicas: pods.length, updatedReplicas: pods.length, readyReplicas: ready, availableReplicas: ready };
  }

  private reconcileDaemonSet(workload: WorkloadObject, nowNs: Nanos, running: boolean): void {
    const owned = this.owned(workload);
    for (const node of this.api.list<NodeObject>('Node')) {
      const name = node.metadata.name;
      if (!owned.some((pod) => pod.spec?.nodeName === name)) this.add(workload, owned.length, name, nowNs, running);
    }
  }

  /** Its living pods, oldest first. */
  private owned(workload: WorkloadObject): PodObject[] {
    const selector = workload.spec?.selector?.matchLabels;
    if (selector === undefined) return [];
    return this.api
      .list<PodObject>('Pod')
      .filter(
        (pod) =>
          pod.metadata.namespace === workload.metadata.namespace &&
          pod.metadata.deletionTimestampNs === undefined &&
          matchesLabels(selector, pod.metadata.labels),
      );
  }

  private add(
    workload: WorkloadObject,
    ordinal: number,
    node: string | undefined,
    nowNs: Nanos,
    running: boolean,
  ): void {
    const { namespace = 'default', name } = workload.metadata;
    const template = workload.spec?.template;
    const given = this.pods.nextAllocation(`${namespace}/${name}`);
    const pod: PodObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: given.name ?? this.podName(workload, ordinal),
        namespace,
        labels: { ...template?.metadata?.labels },
        ownerReferences: [{ kind: workload.kind, name }],
      },
      spec: { ...template?.spec, ...(node === undefined ? {} : { nodeName: node }) },
    };
    this.pods.create(pod, given, nowNs, running);
  }

  private podName(workload: WorkloadObject, ordinal: number): string {
    const { name } = workload.metadata;
    if (workload.kind === 'StatefulSet') return `${name}-${ordinal}`;
    const suffix = this.letters(5);
    return workload.kind === 'Deployment' ? `${name}-${this.letters(9)}-${suffix}` : `${name}-${suffix}`;
  }

  private letters(count: number): string {
    let text = '';
    for (let n = 0; n < count; n++) {
      text += NAME_LETTERS[Math.floor(draw(this.seed, Stream.control, this.generated++, 0) * NAME_LETTERS.length)];
    }
    return text;
  }
}
