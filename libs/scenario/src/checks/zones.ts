/** Zones that are lost must be zones of some load balancer. */
import { type LoadBalancerProfile } from '#sim';
import type { Draft } from '../draft.js';
import { type IssueList, shown } from '../issues.js';

export function checkZones({ timeline, loadBalancers }: Draft, issues: IssueList): void {
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
