/** preStop hooks that do not say how long they take: whoever counts on them is told, once for all pods of a workload. */
import { behaviourOfPod, type KubeObject, type Labels, type PodSpec, preStopHookOf } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';
import { writtenObjects } from './version-fields.js';

export function checkHooks(draft: Draft, issues: IssueList): void {
  const apps = draft.apps.map(({ value }) => value);
  const objects = writtenObjects(draft);
  const owners = new Map(objects.map(({ value }) => [nameOf(value, value), value]));
  const told = new Set<string>();
  for (const { value, at } of objects) {
    const template = templateOf(value);
    const hook = preStopHookOf(template?.spec);
    if (template === null || hook === null || hook.takesNs !== null) continue;
    const { namespace = 'default', name } = value.metadata;
    const pod = { metadata: { name, namespace, labels: template.labels } };
    if ((behaviourOfPod(pod, apps)?.preStopNs ?? null) !== null) continue;
    const whose = ownerOf(value, owners);
    if (told.has(whose)) continue;
    told.add(whose);
    const path = [...at, ...template.at, 'containers', hook.container, 'lifecycle', 'preStop'];
    const message = 'This preStop hook does not say how long it takes: it takes no time here.';
    issues.add('hook-without-duration', path, message, `Set apps[].preStop ${appOf(template.labels)}.`);
  }
}

interface Template {
  spec: PodSpec | undefined;
  labels: Labels;
  /** From the object to the pod's spec. */
  at: Path;
}

function templateOf(object: KubeObject): Template | null {
  switch (object.kind) {
    case 'Pod':
      return { spec: object.spec, labels: object.metadata.labels ?? {}, at: ['spec'] };
    case 'Deployment':
    case 'ReplicaSet':
    case 'DaemonSet':
    case 'StatefulSet': {
      const { metadata, spec } = object.spec?.template ?? {};
      return { spec, labels: metadata?.labels ?? {}, at: ['spec', 'template', 'spec'] };
    }
    default:
      return null;
  }
}

const nameOf = ({ metadata }: KubeObject, { kind, name }: { kind: string; name?: string }) =>
  `${kind} ${metadata.namespace ?? 'default'}/${name ?? metadata.name}`;

/** Its owner, and the owner of that: a pod's Deployment, where its ReplicaSet is known. */
function ownerOf(object: KubeObject, owners: ReadonlyMap<string, KubeObject>): string {
  const owner = object.metadata.ownerReferences?.[0];
  if (owner === undefined) return nameOf(object, object);
  const key = nameOf(object, owner);
  const further = owners.get(key)?.metadata.ownerReferences?.[0];
  return further === undefined ? key : nameOf(object, further);
}

function appOf(labels: Labels): string {
  const [first] = Object.entries(labels);
  return first === undefined ? '' : `of an entry with match: {${first[0]}: ${first[1]}}`;
}
