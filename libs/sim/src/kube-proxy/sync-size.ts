/**
 * How many rules a sync writes, which is what it takes long for in a large cluster.
 *
 * Models: a full sync writes every rule; a partial one of mode iptables those of the services that changed, and anew one rule for
 *   each address of every service that leads to them; other modes write what changed.
 * Source: KEP-3453; pkg/proxy/iptables/proxier.go; 2.84 s for 38,841 rules in kubernetes/kubernetes#138073, so 73 µs a rule.
 * Simplified: rules are counted by what they are for, not one by one: an address of a service is one, an endpoint three, and
 *   what is reached from outside three more. Scans of what is there already cost nothing.
 * Who could tell: someone whose full syncs of nftables take minutes (#139513).
 */
import type { EndpointInfo } from './endpoint-map.js';
import type { ServicePortInfo } from './service-map.js';
import type { Objects } from './service-ports.js';
import type { SyncKind } from './sync-runner.js';

export class SyncSize {
  /** Of all service ports in the last view: rules that lead to their chains, and all rules. */
  private leading = 0;
  private total = 0;

  /** Rules that the sync writes which puts `view` in the place of the view before. */
  written(
    before: Objects | null,
    view: Objects,
    changed: Iterable<string>,
    kind: SyncKind,
    rewritesLeading: boolean,
  ): number {
    let written = 0;
    for (const key of changed) {
      const [was, is] = [before?.services.get(key), view.services.get(key)];
      if (was !== undefined) {
        this.leading -= leadingRules(was);
        this.total -= rulesOf(was, before?.endpoints.get(key));
      }
      if (is === undefined) continue;
      const rules = rulesOf(is, view.endpoints.get(key));
      this.leading += leadingRules(is);
      this.total += rules;
      written += rules;
    }
    if (kind === 'full') return this.total;
    return rewritesLeading ? Math.min(this.total, written + this.leading) : written;
  }
}

function leadingRules({ externalIPs, loadBalancerVIPs, nodePort }: ServicePortInfo): number {
  return 1 + externalIPs.length + loadBalancerVIPs.length + (nodePort === 0 ? 0 : 1);
}

function rulesOf(info: ServicePortInfo, endpoints: readonly EndpointInfo[] = []): number {
  const leading = leadingRules(info);
  let used = 0;
  for (const { ready, serving } of endpoints) if (ready || serving) used++;
  return used === 0 ? leading : leading + 1 + 3 * used + (leading > 1 ? 3 : 0);
}
