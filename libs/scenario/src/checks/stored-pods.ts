/**
 * With `admission: asStored` a workload's pods count as made from the template that it has, and as so many as it wants:
 * where the two say different things, the pods are what runs, and a change of the workload alone does nothing.
 */
import { type ContainerSpec, isActive, keyOf, type PodObject, type PodSpec, selects, type WorkloadObject } from '#sim';
import type { Draft, Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import { of } from './addresses.js';

export function checkStoredPods(draft: Draft, issues: IssueList): void {
  if (draft.cluster.admission !== 'asStored') return;
  const pods = new Map<string, PodObject[]>();
  for (const { value } of of('Pod', draft)) {
    if (!isActive(value)) continue;
    const { namespace = 'default' } = value.metadata;
    const known = pods.get(namespace);
    if (known === undefined) pods.set(namespace, [value]);
    else known.push(value);
  }
  for (const kind of ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'] as const)
    for (const placed of of(kind, draft)) {
      const isOwned = placed.value.metadata.ownerReferences?.some((owner) => owner.kind === 'Deployment') ?? false;
      if (!isOwned) compare(placed, podsOf(placed.value, pods), issues);
    }
}

function podsOf({ kind, metadata, spec }: WorkloadObject, pods: ReadonlyMap<string, PodObject[]>): PodObject[] {
  if (spec?.selector === undefined) return [];
  return (pods.get(metadata.namespace ?? 'default') ?? []).filter((pod) => {
    const owner = pod.metadata.ownerReferences?.[0];
    return (owner === undefined || owns(kind, metadata.name, owner)) && selects(spec.selector!, pod.metadata.labels);
  });
}

/** A Deployment's ReplicaSets have its name and a hash. */
function owns(kind: WorkloadObject['kind'], name: string, owner: { kind: string; name: string }): boolean {
  if (kind !== 'Deployment') return owner.kind === kind && owner.name === name;
  return owner.kind === 'ReplicaSet' && owner.name.slice(0, owner.name.lastIndexOf('-')) === name;
}

function compare({ value: workload, at }: Placed<WorkloadObject>, pods: readonly PodObject[], issues: IssueList): void {
  if (pods.length === 0) return;
  const who = `${workload.kind} ${keyOf(workload)}`;
  const count = pods.length === 1 ? 'one pod' : `${pods.length} pods`;
  // In the middle of a rollout the old pods differ, as they should.
  const differences = pods.map(({ spec }) => differencesOf(workload.spec?.template?.spec ?? {}, spec ?? {}));
  if (differences.every((fields) => fields.length > 0)) {
    const fields = [...new Set(differences.flat())].join(', ');
    const message = `${who} and its ${count} among the objects differ in ${fields}: what the pods say holds, and nothing is rolled out.`;
    issues.add('workload-differs-from-its-pods', [...at, 'spec', 'template'], message);
  }
  const isRollingOut = new Set(pods.map(({ metadata }) => metadata.ownerReferences?.[0]?.name)).size > 1;
  const wanted = workload.spec?.replicas ?? 1;
  if (workload.kind === 'DaemonSet' || isRollingOut || wanted === pods.length) return;
  const message = `${who} wants ${wanted}, and has ${count} among the objects: none are made or taken away for that.`;
  issues.add('workload-differs-from-its-pods', [...at, 'spec', 'replicas'], message);
}

const CONTAINER_FIELDS = ['image', 'ports', 'startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle'] as const;

/** Of containers that both have: what was injected into the pod is nothing that the template could say. */
function differencesOf(template: PodSpec, pod: PodSpec): string[] {
  const own = new Map((pod.containers ?? []).map((container) => [container.name, container]));
  const containers = (template.containers ?? []).flatMap((container: ContainerSpec) => {
    const { name } = container;
    const there = own.get(name);
    if (there === undefined) return [`container ${name}`];
    return CONTAINER_FIELDS.filter((field) => !isSame(container[field], there[field])).map(
      (field) => `${field} of container ${name}`,
    );
  });
  const { terminationGracePeriodSeconds: grace } = template;
  return (grace ?? DEFAULT_GRACE_S) === (pod.terminationGracePeriodSeconds ?? DEFAULT_GRACE_S)
    ? containers
    : [...containers, 'terminationGracePeriodSeconds'];
}

const DEFAULT_GRACE_S = 30;

/** Whether the pod has all that the template says: the API server fills in defaults. */
function isSame(wanted: unknown, there: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || typeof there !== 'object' || there === null)
    return wanted === there;
  if (Array.isArray(wanted) && wanted.length !== (there as unknown[]).length) return false;
  return Object.entries(wanted).every(([key, value]) => isSame(value, (there as Record<string, unknown>)[key]));
}
