/** Fields of pods and workloads that the API server of an early version drops or refuses: with them the run would be another one. */
import type { KubeObject, PodSpec } from '#sim';
import type { Draft, Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import { minorNumber } from '../normalize/version.js';
import type { Path } from '../pointer.js';

interface Field {
  path: Path;
  name: string;
  /** Minor version in which it is on by default. */
  since: number;
}

export function checkVersionFields(draft: Draft, issues: IssueList): void {
  if (draft.cluster.admission === 'asStored') return;
  const { version } = draft.cluster;
  const minor = minorNumber(version);
  for (const { value, at } of writtenObjects(draft)) {
    for (const { path, name, since } of fieldsOf(value)) {
      if (minor >= since) continue;
      const message = `${name} is there since Kubernetes 1.${since}; ${version} has it not, or behind a gate that is off.`;
      issues.add('version-lacks-feature', [...at, ...path], message);
    }
  }
}

/** Of the document, and of what is applied. */
export function writtenObjects(draft: Draft): Placed<KubeObject>[] {
  const applied = [...draft.steps, ...draft.timeline].flatMap(({ value, at }) => {
    if (value.do !== 'kubectl' || value.command.verb !== 'apply') return [];
    const verbAt = at[0] === 'steps' ? [...at, 'kubectl', 'apply'] : [...at, 'apply'];
    return [{ value: value.command.object, at: verbAt }];
  });
  return [...draft.objects, ...applied];
}

function fieldsOf(object: KubeObject): Field[] {
  if (object.kind === 'Pod') return podFields(object.spec, ['spec']);
  if (
    object.kind !== 'Deployment' &&
    object.kind !== 'ReplicaSet' &&
    object.kind !== 'DaemonSet' &&
    object.kind !== 'StatefulSet'
  )
    return [];
  const { spec } = object;
  const fields = podFields(spec?.template?.spec, ['spec', 'template', 'spec']);
  if (object.kind === 'DaemonSet' && spec?.updateStrategy?.rollingUpdate?.maxSurge !== undefined) {
    const path = ['spec', 'updateStrategy', 'rollingUpdate', 'maxSurge'];
    fields.push({ path, name: 'maxSurge of a DaemonSet', since: 22 });
  }
  if (object.kind === 'StatefulSet' && spec?.minReadySeconds !== undefined)
    fields.push({ path: ['spec', 'minReadySeconds'], name: 'minReadySeconds of a StatefulSet', since: 23 });
  return fields;
}

function podFields(spec: PodSpec | undefined, at: Path): Field[] {
  return (spec?.containers ?? []).flatMap(({ lifecycle }, n) =>
    lifecycle?.preStop?.sleep === undefined
      ? []
      : [{ path: [...at, 'containers', n, 'lifecycle', 'preStop', 'sleep'], name: 'preStop.sleep', since: 30 }],
  );
}
