/** What walks looked up: while a ruleset gives the same answers, with the same base chains, they would go the same ways. */
import { ConsultedElements } from './consulted-elements.js';
import { contentOf, type IpSet } from './ip-sets.js';
import type { NftChain } from './nft-rules.js';
import { type Chain, type Ruleset, type Table, titleOf } from './rules.js';
import type { VirtualServer } from './virtual-servers.js';

export class Consulted {
  /** Of nft's named sets and maps. */
  readonly elements = new ConsultedElements();
  /** Chains that rules led to, or what they are part of, with the title of their table and a chain's name. */
  private readonly chains = new Map<object, readonly [table: string, chain: string]>();
  private readonly servers = new Map<string, VirtualServer | undefined>();
  /** What was asked of sets; null stands for all that a set holds. */
  private readonly sets = new Map<IpSet, Set<string | null>>();

  chain(table: Table, chain: Chain | NftChain): void {
    const part = partOf(table, chain.name) ?? chain;
    if (!this.chains.has(part)) this.chains.set(part, [titleOf(table), chain.name]);
  }

  server(key: string, server: VirtualServer | undefined): void {
    this.servers.set(key, server);
  }

  set(set: IpSet, key: string | null): void {
    const keys = this.sets.get(set);
    if (keys === undefined) this.sets.set(set, new Set([key]));
    else keys.add(key);
  }

  holdsIn({ tables, virtualServers, sets }: Ruleset): boolean {
    for (const [part, [title, chain]] of this.chains) {
      const table = tables.get(title);
      if (table === undefined || (partOf(table, chain) ?? table.chains.get(chain)) !== part) return false;
    }
    for (const [key, server] of this.servers) if (virtualServers?.get(key) !== server) return false;
    for (const [set, keys] of this.sets) {
      const now = sets?.get(set.name);
      if (now === set) continue;
      if (now === undefined || now.type !== set.type) return false;
      for (const key of keys) if (key === null || contentOf(now, key) !== contentOf(set, key)) return false;
    }
    return this.elements.holdIn(tables);
  }
}

function partOf(table: Table, chain: string): object | undefined {
  return table.partOf?.(chain);
}
