/**
 * Which chains a packet meets at each hook, and in which order.
 *
 * Models: base chains of all tables by priority; chains of type nat at the fixed place of NAT, in their own order there.
 * Source: include/uapi/linux/netfilter_ipv4.h (priorities of iptables' tables); net/netfilter/nf_nat_core.c
 *   (nf_nat_register_fn: all nat chains of a hook hang on one hook function of fixed priority);
 *   core.c (nf_hook_entries_grow: where priorities are equal the newest comes first; tried on kernel 6.18);
 *   net/netfilter/ipvs/ip_vs_core.c (ip_vs_ops4).
 * Simplified: nothing that a rule could tell.
 * Who could tell: nobody.
 */
import type { Hook } from '../trace-result.js';
import type { NftBase, NftChain, NftTable } from './nft-rules.js';
import {
  BASE_CHAINS,
  type Chain,
  type IptablesTable,
  type Ruleset,
  type Table,
  type TableName,
  titleOf,
} from './rules.js';

export interface BaseChain {
  readonly table: Table;
  readonly chain: Chain | NftChain;
  /** `nat`: only first packets of a connection walk it, and no more once a chain of the hook has translated. */
  readonly type: 'filter' | 'nat' | 'route';
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

export type Hooks = Readonly<Record<Hook, readonly BaseChain[]>>;

/** Where the kernel translates destinations (PREROUTING, OUTPUT) and sources (INPUT, POSTROUTING). */
const NAT_PRIORITY: Readonly<Record<Hook, number>> = {
  PREROUTING: -100,
  INPUT: 100,
  FORWARD: 0,
  OUTPUT: -100,
  POSTROUTING: 100,
};

const IPTABLES_PRIORITY: Readonly<Record<Exclude<TableName, 'nat'>, number>> = {
  raw: -300,
  mangle: -150,
  filter: 0,
  security: 50,
};

export const IPTABLES_HOOKS: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: BASE_CHAINS,
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const known = new WeakMap<Ruleset, Hooks>();

/** Rulesets are immutable: worked out once for each. */
export function hooksOf(ruleset: Ruleset): Hooks {
  let hooks = known.get(ruleset);
  if (hooks === undefined) {
    hooks = sortedHooks(ruleset);
    known.set(ruleset, hooks);
  }
  return hooks;
}

/** Whether packets meet the same base chains in both, in the same order. */
export function sameHooks(a: Ruleset, b: Ruleset): boolean {
  const before = hooksOf(a);
  const after = hooksOf(b);
  return BASE_CHAINS.every((hook) => {
    const bases = before[hook];
    return (
      bases.length === after[hook].length &&
      after[hook].every((base, place) => sameBase(base, bases[place] as BaseChain))
    );
  });
}

function sameBase(a: BaseChain, b: BaseChain): boolean {
  return (
    a.chain === b.chain &&
    titleOf(a.table) === titleOf(b.table) &&
    a.type === b.type &&
    a.priority === b.priority &&
    a.policy === b.policy
  );
}

function sortedHooks(ruleset: Ruleset): Hooks {
  const hooks: Record<Hook, BaseChain[]> = { PREROUTING: [], INPUT: [], FORWARD: [], OUTPUT: [], POSTROUTING: [] };
  for (const table of ruleset.tables.values()) {
    if (table.syntax === 'nft') addNft(hooks, table);
    else addIptables(hooks, table);
  }
  // Of two chains with one priority the kernel walks the one first that was made last.
  for (const hook of BASE_CHAINS)
    hooks[hook].reverse().sort((a, b) => placeOf(hook, a) - placeOf(hook, b) || a.priority - b.priority);
  return hooks;
}

function addIptables(hooks: Record<Hook, BaseChain[]>, table: IptablesTable): void {
  for (const hook of IPTABLES_HOOKS[table.name]) {
    const chain = table.chains.get(hook);
    if (chain === undefined) continue;
    const type = table.name === 'nat' ? 'nat' : table.name === 'mangle' && hook === 'OUTPUT' ? 'route' : 'filter';
    const priority = table.name === 'nat' ? NAT_PRIORITY[hook] : IPTABLES_PRIORITY[table.name];
    const policy = table.policies?.get(hook) === 'DROP' ? 'drop' : 'accept';
    hooks[hook].push({ table, chain, type, priority, policy });
  }
}

function addNft(hooks: Record<Hook, BaseChain[]>, table: NftTable): void {
  if (table.dormant === true) return;
  for (const chain of table.baseChains ?? table.chains.values()) {
    if (chain.base !== undefined) hooks[chain.base.hook].push({ table, chain, ...settingOf(chain.base) });
  }
}

function settingOf({ type, priority, policy }: NftBase): Pick<BaseChain, 'type' | 'priority' | 'policy'> {
  return { type, priority, policy };
}

/** Where IPVS looks at packets: just before NAT of sources in INPUT, just behind NAT of destinations in OUTPUT. */
const IPVS_PRIORITY: Partial<Record<Hook, number>> = { INPUT: 99, OUTPUT: -98 };

/** Place of the first base chain that comes after IPVS; -1: IPVS is not in this hook. */
export function ipvsPlace(hooks: Hooks, hook: Hook): number {
  const priority = IPVS_PRIORITY[hook];
  if (priority === undefined) return -1;
  const after = hooks[hook].findIndex((base) => placeOf(hook, base) > priority);
  return after < 0 ? hooks[hook].length : after;
}

function placeOf(hook: Hook, { type, priority }: BaseChain): number {
  return type === 'nat' ? NAT_PRIORITY[hook] : priority;
}
