/**
 * The API server: the objects as they are now, and who may change them how.
 *
 * Models: create, apply, patch, delete with admission; every write yields one change for the watchers.
 * Source: k8s.io/apiserver's semantics as kubectl shows them; texts as kubectl 1.21 and later print them.
 * Simplified: no resourceVersion, no finalizers, no other writers, no authorisation.
 * Who could tell: someone who lets two controllers fight over one object.
 */
import type { KubeKind, KubeObject, Labels, ServiceObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Cluster, Nanos } from '../scenario.js';
import { admit, notCreatable, type Written } from './admission.js';
import { Allocators } from './allocators.js';
import { Blame } from './blame.js';
import { LabelIndex } from './label-index.js';
import { misfit } from './object-shapes.js';
import { mergeManifest, strategicMerge } from './patch.js';
import { NEWEST_FEATURES, type ServiceFeatures } from './service-validation.js';

export interface Change {
  type: 'added' | 'modified' | 'deleted';
  kind: KubeKind;
  key: string;
  /** As it is now; null after a deletion. */
  object: KubeObject | null;
  /** As it was before; null where it is new. */
  previous: KubeObject | null;
  /** The entry of the timeline, or the step, behind it (see `Blame`); NOBODY. */
  because: number;
}

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
  PodDisruptionBudget: 'poddisruptionbudgets.policy',
};

const KINDS = Object.keys(RESOURCES) as KubeKind[];

/** Objects by kind and key. Objects are immutable: a write replaces them. */
export class ApiServer {
  readonly allocators: Allocators;
  private readonly store = new Map<KubeKind, Map<string, KubeObject>>(KINDS.map((kind) => [kind, new Map()]));
  private readonly labels = new Map<KubeKind, LabelIndex>(KINDS.map((kind) => [kind, new LabelIndex()]));
  /** Services by one label of their selector; a pod that they match has it. */
  private readonly selectors = new LabelIndex();

  constructor(
    cluster: Cluster,
    private readonly onChange: (change: Change) => void,
    private readonly features: ServiceFeatures = NEWEST_FEATURES,
    readonly blame = new Blame(),
  ) {
    this.allocators = new Allocators(cluster);
  }

  list<T extends KubeObject>(kind: T['kind']): T[] {
    return [...this.kind(kind).values()] as T[];
  }

  get<T extends KubeObject>(kind: T['kind'], key: string): T | undefined {
    return this.kind(kind).get(key) as T | undefined;
  }

  all(): KubeObject[] {
    return [...this.store.values()].flatMap((objects) => [...objects.values()]);
  }

  count(kind: KubeKind): number {
    return this.kind(kind).size;
  }

  /** Those of the namespace that the selector matches; an empty one matches nothing. */
  select<T extends KubeObject>(kind: T['kind'], namespace: string | undefined, selector: Labels): T[] {
    let fewest: ReadonlySet<string> | null = null;
    for (const [label, value] of Object.entries(selector)) {
      const keys = (this.labels.get(kind) as LabelIndex).with(namespace, label, value);
      if (fewest === null || keys.size < fewest.size) fewest = keys;
    }
    const found = [...(fewest ?? [])].map((key) => this.get<T>(kind, key) as T);
    return found.filter(({ metadata }) => matchesLabels(selector, metadata.labels));
  }

  /** Services of the namespace whose selector, if they have one, matches these labels. */
  selecting(namespace: string | undefined, labels: Labels | undefined): ServiceObject[] {
    const keys = Object.entries(labels ?? {}).flatMap(([label, value]) => [
      ...this.selectors.with(namespace, label, value),
    ]);
    return keys
      .map((key) => this.get<ServiceObject>('Service', key) as ServiceObject)
      .filter(({ spec }) => matchesLabels(spec.selector ?? {}, labels));
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
    if (before !== undefined) return this.write(mergeManifest(before, object), before);
    const error = notCreatable(object);
    return error === null ? this.create(object, nowNs) : { error };
  }

  patch(kind: KubeKind, key: string, patch: Record<string, unknown>): Written {
    const before = this.kind(kind).get(key);
    if (before === undefined) return { error: notFound(kind, key) };
    const merged = strategicMerge(before, patch);
    const problem = otherKind(merged, before) ?? misfit(merged) ?? renaming(merged, before);
    return problem === null ? this.write(merged, before) : { error: `Error from server (BadRequest): ${problem}` };
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
    this.labels.get(kind)?.delete(key);
    if (kind === 'Service') this.selectors.delete(key);
    this.allocators.release(previous);
    this.onChange({ type: 'deleted', kind, key, object: null, previous, because: this.blame.current });
    return { object: previous };
  }

  private write(object: KubeObject, previous: KubeObject | null): Written {
    const admitted = admit(object, previous, this.allocators, this.features);
    if ('error' in admitted) return admitted;
    if (previous !== null && isSame(previous, admitted.object)) return { object: previous };
    this.put(admitted.object, previous);
    return admitted;
  }

  private put(object: KubeObject, previous: KubeObject | null): void {
    const key = keyOf(object);
    this.kind(object.kind).set(key, object);
    const { namespace, labels } = object.metadata;
    this.labels.get(object.kind)?.set(key, namespace, labels);
    if (object.kind === 'Service') {
      const [first] = Object.entries(object.spec.selector ?? {});
      this.selectors.set(key, namespace, first === undefined ? {} : { [first[0]]: first[1] });
    }
    const because = this.blame.current;
    this.onChange({
      type: previous === null ? 'added' : 'modified',
      kind: object.kind,
      key,
      object,
      previous,
      because,
    });
  }

  private kind(kind: KubeKind): Map<string, KubeObject> {
    return this.store.get(kind) as Map<string, KubeObject>;
  }
}

/** Kind and name say which object it is: a patch that changes them is about another one. */
function otherKind({ kind }: Partial<KubeObject>, before: KubeObject): string | null {
  if (kind === before.kind) return null;
  return kind === undefined
    ? "Object 'Kind' is missing"
    : `the kind of the object (${kind}) does not match ${before.kind}`;
}

function renaming(merged: KubeObject, before: KubeObject): string | null {
  const { name = '' }: Partial<KubeObject['metadata']> = merged.metadata ?? {};
  if (name === '')
    return `the name of the object (${before.metadata.name} based on URL) was undeterminable: name must be provided`;
  if (keyOf(merged) === keyOf(before)) return null;
  return `the name of the object (${keyOf(merged)}) does not match the name on the URL (${keyOf(before)})`;
}

/** Two objects are the same where they say the same, in whatever order. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const fields = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    fields.length === Object.keys(b).length &&
    fields.every(
      (field) =>
        Object.hasOwn(b, field) && isSame((a as Record<string, unknown>)[field], (b as Record<string, unknown>)[field]),
    )
  );
}

function notFound(kind: KubeKind, key: string): string {
  return `Error from server (NotFound): ${RESOURCES[kind]} "${key.slice(key.indexOf('/') + 1)}" not found`;
}

/** Whether every label that the selector names has that value. An empty selector matches everything. */
export function matchesLabels(selector: Labels, labels: Labels | undefined): boolean {
  for (const name of Object.keys(selector)) if (labels?.[name] !== selector[name]) return false;
  return true;
}
