/** Lists of sources that a node keeps: one goes with the rules that name it, and some are short. */
import type { Ruleset } from './rules.js';
import { isPersistenceName } from './virtual-servers.js';

/**
 * `name`: as xt_recent has it; or table and set of nft: `ip kube-proxy affinity-…`, with what else the set's key says; or
 * virtual server and real server of IPVS.
 */
export function keepsList({ tables, virtualServers }: Ruleset, name: string): boolean {
  if (virtualServers !== undefined && isPersistenceName(name, virtualServers)) return true;
  for (const [title, table] of tables) {
    if (table.syntax === 'nft') {
      const [set] = name.startsWith(`${title} `) ? name.slice(title.length + 1).split(' ') : [];
      if (set !== undefined && table.sets.has(set)) return true;
    } else if (table.name === 'nat' && table.chains.has(name)) return true;
  }
  return false;
}

/** xt_recent's ip_list_tot, as it is loaded unless someone says otherwise. */
const RECENT_ADDRESSES = 100;

/** How many addresses a list holds before the one goes that was away for longest. Others have a space in their name. */
export function capacityOf(name: string): number {
  return name.includes(' ') ? Number.POSITIVE_INFINITY : RECENT_ADDRESSES;
}
