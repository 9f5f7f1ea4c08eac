/** Nodes without podCIDR in a scenario whose pods need addresses: those that the model gives are told. */
import { type KubectlCommand, type KubeObject, podCIDRsOf, podRangesOf } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import { of } from './addresses.js';
import { commandsOf } from './capacity.js';
import { writtenObjects } from './version-fields.js';

export function checkPodAddresses(draft: Draft, issues: IssueList): void {
  const [first, ...more] = of('Node', draft).filter(({ value }) => podCIDRsOf(value).length === 0);
  const needed =
    writtenObjects(draft).some(({ value }) => needsAddress(value)) ||
    commandsOf(draft).some(({ command }) => makesPod(command));
  if (first === undefined || !needed) return;
  const { name } = first.value.metadata;
  const { clusterCIDR } = (draft.cluster.nodes[name] ?? draft.nodeDefaults).kubeProxy;
  const ranges = podRangesOf(first.value, clusterCIDR).join(' and ');
  const who = more.length === 0 ? `Node ${name} has` : `${more.length + 1} nodes (${name}, …) have`;
  issues.add(
    'pod-addresses-assumed',
    [...first.at, 'spec', 'podCIDR'],
    `${who} no podCIDR: pods that come there get addresses of ${ranges}${clusterCIDR === '' ? '' : ', the clusterCIDR of kube-proxy'}.`,
  );
}

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']);

/** A pod without one, or what makes pods. */
function needsAddress(object: KubeObject): boolean {
  if (object.kind !== 'Pod') return WORKLOADS.has(object.kind);
  const { podIP, podIPs = [] } = object.status ?? {};
  return object.spec?.hostNetwork !== true && podIP === undefined && podIPs.length === 0;
}

const makesPod = ({ verb }: KubectlCommand): boolean => verb === 'create-deployment' || verb === 'run';
