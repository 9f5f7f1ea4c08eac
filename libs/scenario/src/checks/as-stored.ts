/** With `admission: asStored` nothing is given out and nothing made: manifests that count on it stay without effect. */
import { type KubeObject, keyOf, type ServiceObject, type WorkloadObject } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import { of } from './addresses.js';

export function checkAsStored(draft: Draft, issues: IssueList): void {
  if (draft.cluster.admission !== 'asStored') return;
  for (const { value: service, at } of of('Service', draft)) {
    if (hasAddress(service)) continue;
    const message = `Service ${keyOf(service)} has no clusterIP, so kube-proxy ignores it: there are no rules for it.`;
    issues.add('cluster-ip-missing', [...at, 'spec'], message);
  }
  const podLabels = new Map<string, Record<string, string>[]>();
  for (const { value } of of('Pod', draft)) {
    const { namespace = 'default', labels = {} } = value.metadata;
    const known = podLabels.get(namespace);
    if (known === undefined) podLabels.set(namespace, [labels]);
    else known.push(labels);
  }
  for (const { value: workload, at } of draft.objects) {
    if (!wantsPods(workload)) continue;
    const selector = Object.entries(workload.spec?.selector?.matchLabels ?? {});
    const pods = podLabels.get(workload.metadata.namespace ?? 'default') ?? [];
    if (pods.some((labels) => selector.every(([label, value]) => labels[label] === value))) continue;
    const message = `${workload.kind} ${keyOf(workload)} has no pods among the objects, and none are made for it.`;
    issues.add('workload-without-pods', at, message);
  }
}

function hasAddress({ spec }: ServiceObject): boolean {
  return spec.type === 'ExternalName' || Boolean(spec.clusterIP) || Boolean(spec.clusterIPs?.[0]);
}

/** What a Deployment owns is told of with the Deployment. */
function wantsPods(object: KubeObject): object is WorkloadObject {
  const isOwned = object.metadata.ownerReferences?.some(({ kind }) => kind === 'Deployment') ?? false;
  switch (object.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
      return !isOwned && (object.spec?.replicas ?? 1) > 0;
    case 'DaemonSet':
      return true;
    default:
      return false;
  }
}
