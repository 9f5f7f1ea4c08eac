/**
 * The iptables text of typed rules: one table, a whole iptables-restore input, a whole iptables-save output.
 *
 * Models: the text that kube-proxy hands to iptables-restore, and the text that iptables-save prints afterwards.
 * Source: pkg/proxy/iptables/proxier.go; iptables/nft.c, iptables/xtables-save.c of iptables 1.8.9 (order of tables and chains).
 * Simplified: counters are zero; iptables-legacy lists its tables in the order in which the kernel made them.
 * Who could tell: someone who compares with a listing of iptables-legacy, by the order of the tables.
 */
import type { Hook } from '../trace-result.js';
import { IPTABLES_HOOKS } from './hooks.js';
import { type FormatOptions, formatAppend } from './iptables-text/write-rule.js';
import { BASE_CHAINS, type Chain, type IptablesTable, type Ruleset, type TableName } from './rules.js';

export {
  type FormatOptions,
  formatAppend,
  formatMark,
  formatRule,
  type MarkFormat,
} from './iptables-text/write-rule.js';

export interface RestoreOptions extends FormatOptions {
  /** Whether the built-in chains are written, with their policies and jumps: then the text loads into an empty kernel as it is. */
  baseChains: boolean;
  /**
   * `generated`: as the ruleset has them. `sorted`: tables by name; KUBE-NODEPORTS, KUBE-SERVICES, then the other chains
   * by name; rules keep their order within a chain. Default `generated`.
   */
  order?: 'generated' | 'sorted';
}

/** As iptables-nft lists them. */
const SAVED_TABLES: readonly TableName[] = ['mangle', 'security', 'raw', 'filter', 'nat'];

/** What `iptables-save`, or `ip6tables-save`, prints, without its comments of when it did. */
export function writeSaved(ruleset: Ruleset<IptablesTable>): string {
  const options = { markFormat: 'plain', form: 'save', ipFamily: ruleset.ipFamily } as const;
  return SAVED_TABLES.map((name) => {
    const table = ruleset.tables.get(name);
    return table === undefined ? '' : savedTable(table, options);
  }).join('');
}

/** All base chains, then the others by name. */
function savedTable({ name, chains, policies }: IptablesTable, options: FormatOptions): string {
  const bases = IPTABLES_HOOKS[name];
  const others = [...chains.keys()].filter((chain) => !bases.includes(chain as Hook)).sort(compare);
  const lines = [
    `*${name}`,
    ...bases.map((hook) => `:${hook} ${policies?.get(hook) ?? 'ACCEPT'} [0:0]`),
    ...others.map((chain) => `:${chain} - [0:0]`),
  ];
  for (const chain of [...bases, ...others]) {
    for (const rule of chains.get(chain)?.rules ?? []) lines.push(formatAppend(chain, rule, options));
  }
  return [...lines, 'COMMIT', ''].join('\n');
}

/** The whole input of iptables-restore, or of ip6tables-restore: one text serves one family. Ends with a newline. */
export function writeRestore(ruleset: Ruleset<IptablesTable>, options: RestoreOptions): string {
  const tables = [...ruleset.tables.values()];
  if (options.order === 'sorted') tables.sort((a, b) => compare(a.name, b.name));
  return tables.map(({ name, chains, policies }) => writeTable(name, chains.values(), [], options, policies)).join('');
}

/**
 * One table with its COMMIT. `deleted` names chains that the text empties and removes; kube-proxy does so with stale ones.
 * Every chain is declared before the first rule.
 */
export function writeTable(
  name: TableName,
  chains: Iterable<Chain>,
  deleted: readonly string[],
  options: RestoreOptions,
  policies?: IptablesTable['policies'],
): string {
  const written = [...chains].filter((chain) => options.baseChains || !isBaseChain(chain.name));
  const removed = [...deleted];
  if (options.order === 'sorted') {
    written.sort((a, b) => compareChains(a.name, b.name));
    removed.sort(compare);
  }
  const declared = [...written.map((chain) => chain.name), ...removed];
  if (options.order === 'sorted') declared.sort(compareChains);
  const policyOf = (chain: string) => (isBaseChain(chain) ? (policies?.get(chain as Hook) ?? 'ACCEPT') : '-');
  const lines = [`*${name}`, ...declared.map((chain) => `:${chain} ${policyOf(chain)} [0:0]`)];
  for (const chain of written) {
    for (const rule of chain.rules) lines.push(formatAppend(chain.name, rule, options));
  }
  for (const chain of removed) lines.push(`-X ${chain}`);
  lines.push('COMMIT', '');
  return lines.join('\n');
}

function isBaseChain(name: string): boolean {
  return BASE_CHAINS.includes(name as Hook);
}

const FIRST_CHAINS = ['KUBE-NODEPORTS', 'KUBE-SERVICES'];

function compareChains(a: string, b: string): number {
  return chainRank(a) - chainRank(b) || compare(a, b);
}

function chainRank(name: string): number {
  const rank = FIRST_CHAINS.indexOf(name);
  return rank < 0 ? FIRST_CHAINS.length : rank;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
