/** Which lists of sources a node still keeps: one goes with the rules that name it. */
import type { Ruleset } from './rules.js';

/** `name`: as xt_recent has it, or table and set of nft: `ip kube-proxy affinity-…`, with what else the set's key says. */
export function keepsList({ tables }: Ruleset, name: string): boolean {
  for (const [title, table] of tables) {
    if (table.syntax === 'nft') {
      const [set] = name.startsWith(`${title} `) ? name.slice(title.length + 1).split(' ') : [];
      if (set !== undefined && table.sets.has(set)) return true;
    } else if (table.name === 'nat' && table.chains.has(name)) return true;
  }
  return false;
}
