/**
 * The API server: the objects as they are now, and who may change them how.
 *
 * Models: create, apply, patch, delete with admission; every write yields one change for the watchers.
 * Source: k8s.io/apiserver's semantics as kubectl shows them; texts as kubectl 1.21 and later print them.
 * Simplified: no resourceVersion, no finalizers, no other writers, no authorisation.
 * Who could tell: someone who lets two controllers fight over one object.
 */
import type { KubeKind, KubeObject, Labels } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Cluster, Nanos } from '../scenario.js';
import { admit } from './admission.js';
import { Allocators } from './allocators.js';
import { strategicMerge } from './patch.js';

export interface Change {
  type: 'added' | 'modified' | 'deleted';
  kind: KubeKind;
  key: string;
  /** As it is now; null after a deletion. */
  object: KubeObject | null;
  /** As it was before; null where it is new. */
  previous: KubeObject | null;
}

/** `error` is what kubectl prints. */
export type Written = { object: KubeObject } | { error: string };

/** `services`, as the API's messages name the resource. */
export const RESOURCES: Record<KubeKind, string> = {
  Node: 'nodes',
  Namespace: 'namespaces',
  Pod: 'pods',
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  DaemonSet: 'daemonsets.apps',
  StatefulSet: 'statefulsets.apps',
  Service: 'services',
  EndpointSlice: 'endpointslices.discovery.k8s.io',
};

const KINDS = Object.keys(RESOURCES) as KubeKind[];

/** Objects by kind and key. Objects are immutable: a write replaces them. */
export class ApiServer {
  readonly allocators: Allocators;
  private readonly store = new Map<KubeKind, Map<string, KubeObject>>(KINDS.map((kind) => [kind, new Map()]));

  constructor(
    cluster: Cluster,
    private readonly onChange: (change: Change) => void,
  ) {
    this.allocators = new Allocators(cluster);
  }

  list<T extends KubeObject>(kind: T['kind']): T[] {
    return [...this.kind(kind).values()] as T[];
  }

  get<T extends KubeObject>(kind: T['kind'], key: string): T | undefined {
    return this.kind(kind).get(key) as T | undefined;
  }

  create(object: KubeObject, nowNs: Nanos): Written {
    const key = keyOf(object);
    if (this.kind(object.kind).has(key)) {
      return {
        error: `Error from server (AlreadyExists): ${RESOURCES[object.kind]} "${object.metadata.name}" already exists`,
      };
    }
    const stamped = { ...object, metadata: { ...object.metadata, creationTimestampNs: nowNs } };
    return this.write(stamped, null);
  }

  /** `kubectl apply`: creates, or merges into what is there. */
  apply(object: KubeObject, nowNs: Nanos): Written {
    const before = this.kind(object.kind).get(keyOf(object));
    return before === undefined ? this.create(object, nowNs) : this.write(strategicMerge(before, object), before);
  }

  patch(kind: KubeKind, key: string, patch: Record<string, unknown>): Written {
    const before = this.kind(kind).get(key);
    if (before === undefined) return { error: notFound(kind, key) };
    return this.write(strategicMerge(before, patch), before);
  }

  /** Replaces without admission: for status updates and what controllers write. */
  replace(object: KubeObject): void {
    const previous = this.kind(object.kind).get(keyOf(object)) ?? null;
    this.put(object, previous);
  }

  delete(kind: KubeKind, key: string): Written {
    const previous = this.kind(kind).get(key);
    if (previous === undefined) return { error: notFound(kind, key) };
    this.kind(kind).delete(key);
    this.allocators.release(previous);
    this.onChange({ type: 'deleted', kind, key, object: null, previous });
    return { object: previous };
  }

  private write(object: KubeObject, previous: KubeObject | null): Written {
    const admitted = admit(object, previous, this.allocators);
    if ('object' in admitted) this.put(admitted.object, previous);
    return admitted;
  }

  private put(object: KubeObject, previous: KubeObject | null): void {
    const key = keyOf(object);
    this.kind(object.kind).set(key, object);
    this.onChange({ type: previous === null ? 'added' : 'modified', kind: object.kind, key, object, previous });
  }

  private kind(kind: KubeKind): Map<string, KubeObject> {
    return this.store.get(kind) as Map<string, KubeObject>;
  }
}

function notFound(kind: KubeKind, key: string): string {
  return `Error from server (NotFound): ${RESOURCES[kind]} "${key.slice(key.indexOf('/') + 1)}" not found`;
}

/** Whether every label that the selector names has that value. An empty selector matches everything. */
export function matchesLabels(selector: Labels, labels: Labels | undefined): boolean {
  for (const name of Object.keys(selector)) if (labels?.[name] !== selector[name]) return false;
  return true;
}
