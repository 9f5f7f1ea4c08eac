/**
 * The chains of a nat table: those that all share, then those of each service port, in order.
 *
 * A table of thousands of Services changes in a few chains at a sync. So it is no map of its own but a view of the service
 * ports' rules, with an index from chain to service port that the tables of one kube-proxy share: a chain's name belongs
 * to one service port for good, and an entry that has gone stale leads to rules that lack the chain.
 */
import type { Chain } from '../../netfilter/rules.js';
import type { ServiceRules } from './iptables-service-rules.js';

/** Chain name → key of the service port. Only ever added to. */
export type ChainOwners = Map<string, string>;

export function addOwners(owners: ChainOwners, rules: ServiceRules): void {
  for (const name of rules.chains.keys()) owners.set(name, rules.info.key);
}

export class ServiceChains implements ReadonlyMap<string, Chain> {
  /** Of the service port that was asked last: a packet's way stays in its chains. */
  private recent: ServiceRules | undefined;

  constructor(
    private readonly common: ReadonlyMap<string, Chain>,
    private readonly services: ReadonlyMap<string, ServiceRules>,
    private readonly owners: ChainOwners,
  ) {}

  get(name: string): Chain | undefined {
    return this.rulesWith(name)?.chains.get(name) ?? this.common.get(name);
  }

  /** The rules of the service port that the chain belongs to; undefined for those that all share. */
  rulesWith(name: string): ServiceRules | undefined {
    if (this.recent?.chains.has(name)) return this.recent;
    const owner = this.owners.get(name);
    const rules = owner === undefined ? undefined : this.services.get(owner);
    if (!rules?.chains.has(name)) return undefined;
    this.recent = rules;
    return rules;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    let size = this.common.size;
    for (const { chains } of this.services.values()) size += chains.size;
    return size;
  }

  *entries(): MapIterator<[string, Chain]> {
    yield* this.common.entries();
    for (const { chains } of this.services.values()) yield* chains.entries();
  }

  *keys(): MapIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): MapIterator<Chain> {
    for (const [, chain] of this.entries()) yield chain;
  }

  [Symbol.iterator](): MapIterator<[string, Chain]> {
    return this.entries();
  }

  forEach(visit: (chain: Chain, name: string, map: ReadonlyMap<string, Chain>) => void): void {
    for (const [name, chain] of this.entries()) visit(chain, name, this);
  }
}
