/** What all workloads do with their pods: tell whose they are, make them under a name, count them. */
import { draw, hashName, Stream } from '../kernel/index.js';
import type { KubeObject, ObjectMeta, PodObject, PodSpec, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { ApiServer } from './api-server.js';
import { selects } from './label-selector.js';
import { isReady } from './pod-objects.js';
import type { Pods } from './pods.js';

/** The letters of generated names: no vowels, so that no words come about. Source: apimachinery util/rand. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SECOND_NS = 1e9;

export const WORKLOAD_KINDS = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'] as const;

export function isWorkload(object: KubeObject): object is WorkloadObject {
  return (WORKLOAD_KINDS as readonly string[]).includes(object.kind);
}

export interface NewPod {
  name: string;
  /** What the pod has beside its template. */
  labels?: Record<string, string>;
  spec?: PodSpec;
  /** Instead of the workload's own. */
  template?: NonNullable<WorkloadObject['spec']>['template'];
}

export class OwnedPods {
  /** How many names were made up, by workload. */
  private readonly named = new Map<string, number>();

  constructor(
    readonly api: ApiServer,
    readonly pods: Pods,
    private readonly seed: number,
  ) {}

  /** Its pods, terminating ones too, oldest first. Pods of nobody that its selector matches are adopted. */
  of(workload: WorkloadObject): PodObject[] {
    const { namespace } = workload.metadata;
    const selector = workload.spec?.selector ?? { matchLabels: workload.spec?.template?.metadata?.labels ?? {} };
    const labels = selector.matchLabels ?? {};
    const candidates =
      Object.keys(labels).length > 0
        ? this.api.select<PodObject>('Pod', namespace, labels)
        : this.api.list<PodObject>('Pod').filter(({ metadata }) => metadata.namespace === namespace);
    return candidates.filter((pod) => isOwner(workload, pod.metadata) && selects(selector, pod.metadata.labels));
  }

  /** A workload whose selector leaves out what its template makes would make pods without end: the API server takes none. */
  knowsItsOwn({ spec }: WorkloadObject): boolean {
    return spec?.selector === undefined || selects(spec.selector, spec.template?.metadata?.labels);
  }

  active(workload: WorkloadObject): PodObject[] {
    return this.of(workload).filter(isActive);
  }

  ownerOf({ metadata }: KubeObject): WorkloadObject | undefined {
    const owner = metadata.ownerReferences?.[0];
    const kind = WORKLOAD_KINDS.find((known) => known === owner?.kind);
    return kind && this.api.get<WorkloadObject>(kind, `${metadata.namespace}/${owner?.name}`);
  }

  /** How long until the pod counts as available; 0: it does, Infinity: it is not ready. */
  availableInNs(pod: PodObject, { spec }: WorkloadObject, nowNs: Nanos): Nanos {
    if (!isReady(pod) || !isActive(pod)) return Infinity;
    const minReadyNs = (spec?.minReadySeconds ?? 0) * SECOND_NS;
    return minReadyNs === 0 ? 0 : Math.max(0, this.pods.readySinceNs(pod) + minReadyNs - nowNs);
  }

  /** `known`: the workload by whose name the scenario allocates; a ReplicaSet's is its Deployment. */
  add(
    workload: WorkloadObject,
    known: WorkloadObject,
    { name, labels, spec, template = workload.spec?.template }: NewPod,
    nowNs: Nanos,
    running: boolean,
  ): void {
    const { namespace = 'default' } = workload.metadata;
    const given = this.pods.nextAllocation(keyOf(known));
    const isFree = given.name !== undefined && this.api.get('Pod', `${namespace}/${given.name}`) === undefined;
    const pod: PodObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: isFree && workload.kind !== 'StatefulSet' ? (given.name as string) : name,
        namespace,
        labels: { ...template?.metadata?.labels, ...labels },
        ...(template?.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
        ownerReferences: [{ kind: workload.kind, name: workload.metadata.name }],
      },
      spec: { ...template?.spec, ...spec },
    };
    this.pods.create(pod, given, nowNs, running);
  }

  /** A name that no pod has: `stem` and five letters. */
  newName(stem: string, known: WorkloadObject): string {
    const key = keyOf(known);
    for (;;) {
      const n = this.named.get(key) ?? 0;
      this.named.set(key, n + 1);
      const candidate = `${stem}-${this.letters(key, n, 5)}`;
      if (this.api.get('Pod', `${known.metadata.namespace}/${candidate}`) === undefined) return candidate;
    }
  }

  /** The `n`-th word of so many letters that belongs to a key. */
  letters(key: string, n: number, count: number): string {
    let text = '';
    for (let i = 0; i < count; i++) {
      text +=
        NAME_LETTERS[Math.floor(draw(this.seed, Stream.control, hashName(key), n * count + i) * NAME_LETTERS.length)];
    }
    return text;
  }
}

/** Neither over nor on its way out. */
export function isActive({ metadata, status }: PodObject): boolean {
  return metadata.deletionTimestampNs === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function isOwner(workload: WorkloadObject, { ownerReferences }: ObjectMeta): boolean {
  const owner = ownerReferences?.[0];
  return owner === undefined || (owner.kind === workload.kind && owner.name === workload.metadata.name);
}
