/**
 * What pods and nodes say of themselves, read off their objects.
 *
 * Models: a pod's addresses and whether it is ready; a node's InternalIP addresses and podCIDRs.
 * Source: k8s.io/api core/v1; pkg/kubelet/kubelet_pods.go for the conditions.
 */
import { type Ip, parseIp } from '../netfilter/address.js';
import type { NodeObject, PodObject } from '../objects.js';

/** InternalIP addresses in order; the first of a family is the node's primary one. */
export function internalIPs(node: NodeObject): string[] {
  return (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
}

export function podCIDRsOf({ spec }: NodeObject): string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
}

/** What is no address is left out. */
export function podAddresses({ status }: PodObject): Ip[] {
  const texts = status?.podIPs?.map(({ ip }) => ip) ?? [status?.podIP ?? ''];
  return texts.map(parseIp).filter((ip) => ip !== null);
}

/** A running pod that says nothing about its readiness is taken to be ready. */
export function isReady({ status }: PodObject): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  return condition === undefined ? status?.phase === 'Running' : condition.status === 'True';
}

export function withState(pod: PodObject, phase: 'Pending' | 'Running', ready: boolean): PodObject {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  return {
    ...pod,
    status: { ...pod.status, phase, conditions: [...others, { type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}
