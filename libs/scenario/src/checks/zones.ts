/** Zones of load balancers: where nodes must be, and what can be lost. */
import type { LoadBalancerProfile } from '#sim';
import type { Draft } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import type { Path } from '../pointer.js';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

export function checkZones(draft: Draft, issues: IssueList): void {
  checkLostZones(draft, issues);
  const { default: common, byService } = draft.loadBalancers;
  checkNodesInZones(common, ['loadBalancer'], draft, issues);
  for (const [service, profile] of Object.entries(byService))
    if (profile.zones !== common.zones) checkNodesInZones(profile, ['loadBalancers', service], draft, issues);
}

/** A load balancer that stays in its zones has no target where no node is in one. */
function checkNodesInZones({ zones, crossZone }: LoadBalancerProfile, at: Path, draft: Draft, issues: IssueList): void {
  const nodes = draft.objects.flatMap(({ value }) => (value.kind === 'Node' ? [value] : []));
  if (zones.length === 0 || crossZone || nodes.length === 0) return;
  if (nodes.some(({ metadata }) => zones.includes(metadata.labels?.[ZONE_LABEL] ?? ''))) return;
  const message = `No node is in ${zones.map(shown).join(' or ')}, so this load balancer has no target.`;
  const hint = `Give nodes the label ${ZONE_LABEL}, or set crossZone: true.`;
  issues.add('no-nodes', [...at, 'zones'], message, hint);
}

function checkLostZones({ timeline, loadBalancers }: Draft, issues: IssueList): void {
  const upgrades = timeline.flatMap(({ value }): LoadBalancerProfile[] =>
    value.do === 'upgradeCloudProvider' ? [value.profile] : [],
  );
  const all = [loadBalancers.default, ...Object.values(loadBalancers.byService), ...upgrades];
  const zones = new Set(all.flatMap((profile) => profile.zones));
  for (const { value, at } of timeline) {
    if (value.do !== 'loseZone' || zones.has(value.zone)) continue;
    const message = `No load balancer is in zone ${shown(value.zone)}.`;
    const hint = 'Name its zones: loadBalancer: {zones: [a, b]}.';
    issues.add('ignored-setting', [...at, 'lose', 'zone'], message, hint);
  }
}
