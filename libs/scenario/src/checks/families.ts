/** Load balancers without a family on nodes of a cloud: no family is chosen for anybody, but those that fit are told. */
import { keyOf, type LoadBalancerFamily } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import { of } from './addresses.js';

/** By the scheme of `spec.providerID`, as each cloud's controller writes it. What runs anywhere (MetalLB, kube-vip) has none. */
export const FAMILIES_OF: Record<string, readonly LoadBalancerFamily[]> = {
  gce: ['gke-l4', 'gce-1.21'],
  aws: ['aws-lbc-nlb', 'aws-nlb-ip', 'aws-alb', 'aws-nlb-1.21', 'aws-clb-1.21'],
  azure: ['azure', 'azure-shared', 'azure-1.21'],
  digitalocean: ['digitalocean', 'digitalocean-regional'],
  hcloud: ['hetzner'],
  openstack: ['octavia', 'octavia-monitor', 'octavia-ovn', 'octavia-ovn-monitor'],
  k3s: ['servicelb', 'klipper'],
};

export function checkFamilies(draft: Draft, issues: IssueList): void {
  const [first, ...more] = of('Service', draft).filter(
    ({ value }) => value.spec.type === 'LoadBalancer' && !draft.familySaid(keyOf(value)),
  );
  const schemes = new Set(of('Node', draft).flatMap(({ value }) => schemeOf(value.spec?.providerID)));
  const [scheme = ''] = schemes;
  const families = Object.hasOwn(FAMILIES_OF, scheme) ? FAMILIES_OF[scheme] : undefined;
  if (first === undefined || families === undefined || schemes.size > 1) return;
  const others = more.length === 0 ? '' : `, and those of ${more.length} more`;
  const message = `The nodes are ${scheme}'s (spec.providerID), and the load balancer of Service ${keyOf(first.value)}${others} has no family: generic is assumed, which is no cloud's.`;
  const one = families.length === 1 ? '' : 'one of ';
  issues.add(
    'family-assumed',
    [...first.at, 'spec', 'type'],
    message,
    `Set loadBalancer.family to ${one}${families.join(', ')}.`,
  );
}

function schemeOf(providerID: string | undefined): string[] {
  const scheme = /^([a-z][a-z0-9]*):\/\//.exec(providerID ?? '')?.[1];
  return scheme === undefined ? [] : [scheme];
}
