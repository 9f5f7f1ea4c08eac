/**
 * Workloads: Deployments, ReplicaSets, StatefulSets and DaemonSets keep as many pods as they want.
 *
 * Models: creating and removing pods when a workload appears, is scaled or goes, and when a pod goes.
 * Source: pkg/controller/replicaset, pkg/controller/statefulset, pkg/controller/daemon for names and counts.
 * Simplified: a Deployment owns its pods itself (its ReplicaSet shows in the pod's name only); a changed template does not
 *   roll out; controllers act at once; the youngest pods go first.
 * Who could tell: someone who lists ReplicaSets or rolls out an image.
 */
import { draw, hashName, Stream } from '../kernel/index.js';
import type { KubeObject, NodeObject, PodObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { ApiServer, Change } from './api-server.js';
import { isReady, type Pods } from './pods.js';

/** The letters of generated names: no vowels, so that no words come about. Source: apimachinery util/rand. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export class Workloads {
  /** How many names were made up, by workload. */
  private readonly named = new Map<string, number>();
  /** A controller is at work: what it does itself does not wake it. */
  private busy = false;

  constructor(
    private readonly api: ApiServer,
    private readonly pods: Pods,
    private readonly seed: number,
  ) {}

  /** Makes and removes pods until the workload has what it wants. One that another workload owns is left to that. */
  reconcile(workload: WorkloadObject, nowNs: Nanos, running: boolean): void {
    if (this.busy || this.ownerOf(workload) !== undefined) return;
    this.busy = true;
    if (workload.kind === 'DaemonSet') this.coverNodes(workload, nowNs, running);
    else if (workload.kind === 'StatefulSet') this.fillOrdinals(workload, nowNs, running);
    else this.fillCount(workload, nowNs, running);
    this.busy = false;
  }

  /** A pod goes, or has gone: whoever owns it wants another one. */
  onPodChange({ object, previous }: Change, nowNs: Nanos): void {
    const isGoing = object !== null && object.metadata.deletionTimestampNs !== undefined;
    const wasGoing = previous?.metadata.deletionTimestampNs !== undefined;
    if (object !== null && (!isGoing || wasGoing)) return;
    const direct = this.ownerOf((object ?? previous) as PodObject);
    const owner = direct && (this.ownerOf(direct) ?? direct);
    if (owner !== undefined) this.reconcile(owner, nowNs, false);
  }

  /** A node came: DaemonSets want a pod on it. */
  onNewNode(nowNs: Nanos): void {
    for (const workload of this.api.list<WorkloadObject>('DaemonSet')) this.reconcile(workload, nowNs, false);
  }

  removeAll(workload: WorkloadObject, nowNs: Nanos): void {
    for (const pod of this.owned(workload)) this.pods.terminate(keyOf(pod), nowNs);
  }

  status(workload: WorkloadObject): NonNullable<WorkloadObject['status']> {
    const pods = this.owned(workload);
    const ready = pods.filter(isReady).length;
    return { replicas: pods.length, updatedReplicas: pods.length, readyReplicas: ready, availableReplicas: ready };
  }

  private fillCount(workload: WorkloadObject, nowNs: Nanos, running: boolean): void {
    const owned = this.owned(workload);
    const wanted = workload.spec?.replicas ?? 1;
    for (let n = owned.length; n < wanted; n++) this.add(workload, this.newName(workload), {}, nowNs, running);
    for (const pod of owned.slice(wanted)) this.pods.terminate(keyOf(pod), nowNs);
  }

  /** A name is used again when the pod that had it is gone, not before. */
  private fillOrdinals(workload: WorkloadObject, nowNs: Nanos, running: boolean): void {
    const { namespace, name } = workload.metadata;
    const wanted = workload.spec?.replicas ?? 1;
    for (let n = 0; n < wanted; n++) {
      if (this.api.get('Pod', `${namespace}/${name}-${n}`) === undefined)
        this.add(workload, `${name}-${n}`, {}, nowNs, running);
    }
    for (const pod of this.owned(workload)) {
      const ordinal = Number(pod.metadata.name.slice(name.length + 1));
      if (!(ordinal < wanted)) this.pods.terminate(keyOf(pod), nowNs);
    }
  }

  private coverNodes(workload: WorkloadObject, nowNs: Nanos, running: boolean): void {
    const covered = new Set(this.owned(workload).map(({ spec }) => spec?.nodeName));
    for (const { metadata } of this.api.list<NodeObject>('Node')) {
      if (!covered.has(metadata.name))
        this.add(workload, this.newName(workload), { nodeName: metadata.name }, nowNs, running);
    }
  }

  /** Its living pods, oldest first. Pods of nobody that its selector matches are adopted. */
  private owned(workload: WorkloadObject): PodObject[] {
    const { namespace } = workload.metadata;
    const selector = workload.spec?.selector?.matchLabels ?? workload.spec?.template?.metadata?.labels ?? {};
    return this.api
      .select<PodObject>('Pod', namespace, selector)
      .filter((pod) => pod.metadata.deletionTimestampNs === undefined && owns(workload, pod));
  }

  private ownerOf({ metadata }: KubeObject): WorkloadObject | undefined {
    const owner = metadata.ownerReferences?.[0];
    const kind = WORKLOAD_KINDS.find((known) => known === owner?.kind);
    return kind && this.api.get<WorkloadObject>(kind, `${metadata.namespace}/${owner?.name}`);
  }

  private add(
    workload: WorkloadObject,
    name: string,
    spec: PodObject['spec'] & object,
    nowNs: Nanos,
    running: boolean,
  ): void {
    const { namespace = 'default' } = workload.metadata;
    const template = workload.spec?.template;
    const given = this.pods.nextAllocation(`${namespace}/${workload.metadata.name}`);
    const isFree = given.name !== undefined && this.api.get('Pod', `${namespace}/${given.name}`) === undefined;
    const pod: PodObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: isFree && workload.kind !== 'StatefulSet' ? (given.name as string) : name,
        namespace,
        labels: { ...template?.metadata?.labels },
        ownerReferences: [{ kind: workload.kind, name: workload.metadata.name }],
      },
      spec: { ...template?.spec, ...spec },
    };
    this.pods.create(pod, given, nowNs, running);
  }

  /** A name that no pod has. Of a Deployment: with the hash of its template, here of its name. */
  private newName(workload: WorkloadObject): string {
    const { name, namespace } = workload.metadata;
    const key = keyOf(workload);
    const stem = workload.kind === 'Deployment' ? `${name}-${this.letters(`template of ${key}`, 0, 9)}` : name;
    for (;;) {
      const n = this.named.get(key) ?? 0;
      this.named.set(key, n + 1);
      const candidate = `${stem}-${this.letters(key, n, 5)}`;
      if (this.api.get('Pod', `${namespace}/${candidate}`) === undefined) return candidate;
    }
  }

  /** The `n`-th word of so many letters that belongs to a key. */
  private letters(key: string, n: number, count: number): string {
    let text = '';
    for (let i = 0; i < count; i++) {
      text +=
        NAME_LETTERS[Math.floor(draw(this.seed, Stream.control, hashName(key), n * count + i) * NAME_LETTERS.length)];
    }
    return text;
  }
}

const WORKLOAD_KINDS = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'] as const;

export function isWorkload(object: KubeObject): object is WorkloadObject {
  return (WORKLOAD_KINDS as readonly string[]).includes(object.kind);
}

/** Of pods that the selector matches. A ReplicaSet's pods are its Deployment's. */
function owns(workload: WorkloadObject, pod: PodObject): boolean {
  const owner = pod.metadata.ownerReferences?.[0];
  if (owner === undefined) return true;
  if (owner.kind === workload.kind) return owner.name === workload.metadata.name;
  return workload.kind === 'Deployment' && owner.kind === 'ReplicaSet';
}
