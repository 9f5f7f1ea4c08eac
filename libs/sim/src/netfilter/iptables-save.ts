/**
 * The iptables text of typed rules: one rule, one table, a whole iptables-restore input.
 *
 * Models: the text that kube-proxy hands to iptables-restore, each rule's parts in their own order.
 * Source: pkg/proxy/iptables/proxier.go (parts of a rule, `%#08x` for marks, `%0.10f` for probabilities); iptables-save(8).
 * Simplified: what the iptables tool changes on listing (`/32`, `--set-xmark`, the order of parts) is not imitated.
 * Who could tell: someone who compares with `iptables-save` on a node instead of with kube-proxy's own input.
 */
import type { Hook } from '../trace-result.js';
import { formatHostPort } from './address.js';
import {
  BASE_CHAINS,
  type Chain,
  type IptablesTable,
  type Match,
  type Rule,
  type Ruleset,
  type TableName,
  type Target,
} from './rules.js';

/** `padded`: `0x00004000`, as a node shows it. `plain`: `0x4000`, as in kube-proxy's unit tests. */
export type MarkFormat = 'padded' | 'plain';

export interface FormatOptions {
  markFormat: MarkFormat;
}

export interface RestoreOptions extends FormatOptions {
  /** Whether the built-in chains are written, with their policies and jumps: then the text loads into an empty kernel as it is. */
  baseChains: boolean;
  /**
   * `generated`: as the ruleset has them. `sorted`: tables by name; KUBE-NODEPORTS, KUBE-SERVICES, then the other chains
   * by name; rules keep their order within a chain. Default `generated`.
   */
  order?: 'generated' | 'sorted';
}

/** Without `-A CHAIN`. */
export function formatRule(rule: Rule, options: FormatOptions): string {
  const parts = rule.matches.map((match) => formatMatch(match, options));
  if (rule.target !== null) parts.push(formatTarget(rule.target, options));
  return parts.join(' ');
}

/** The whole input of iptables-restore, or of ip6tables-restore: one text serves one family. Ends with a newline. */
export function writeRestore(ruleset: Ruleset<IptablesTable>, options: RestoreOptions): string {
  const tables = [...ruleset.tables.values()];
  if (options.order === 'sorted') tables.sort((a, b) => compare(a.name, b.name));
  return tables.map((table) => writeTable(table.name, table.chains.values(), [], options)).join('');
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
): string {
  const written = [...chains].filter((chain) => options.baseChains || !isBaseChain(chain.name));
  const removed = [...deleted];
  if (options.order === 'sorted') {
    written.sort((a, b) => compareChains(a.name, b.name));
    removed.sort(compare);
  }
  const declared = [...written.map((chain) => chain.name), ...removed];
  if (options.order === 'sorted') declared.sort(compareChains);
  const lines = [`*${name}`, ...declared.map((chain) => `:${chain} ${isBaseChain(chain) ? 'ACCEPT' : '-'} [0:0]`)];
  for (const chain of written) {
    for (const rule of chain.rules) lines.push(formatAppend(chain.name, rule, options));
  }
  for (const chain of removed) lines.push(`-X ${chain}`);
  lines.push('COMMIT', '');
  return lines.join('\n');
}

/** `-A CHAIN RULE`. */
export function formatAppend(chain: string, rule: Rule, options: FormatOptions): string {
  const text = formatRule(rule, options);
  return text === '' ? `-A ${chain}` : `-A ${chain} ${text}`;
}

export function formatMark(value: number, format: MarkFormat): string {
  const hex = (value >>> 0).toString(16);
  return `0x${format === 'padded' ? hex.padStart(8, '0') : hex}`;
}

function formatMatch(match: Match, options: FormatOptions): string {
  switch (match.kind) {
    case 'comment':
      return `-m comment --comment ${quote(match.text)}`;
    case 'protocol': {
      const name = match.protocol.toLowerCase();
      return `-m ${name} -p ${name}`;
    }
    case 'ipProtocol':
      return `${not(match)}-p ${match.protocol}`;
    case 'source':
      return `${not(match)}-s ${match.cidr}`;
    case 'destination':
      return `${not(match)}-d ${match.cidr}`;
    case 'destinationPort':
      return `--dport ${match.port}`;
    case 'inInterface':
      return `${not(match)}-i ${match.name}`;
    case 'addrtype':
      return [
        '-m addrtype',
        ...(match.source === undefined ? [] : [`${match.negateSource ? '! ' : ''}--src-type ${match.source}`]),
        ...(match.destination === undefined ? [] : [`--dst-type ${match.destination}`]),
      ].join(' ');
    case 'mark':
      return `-m mark ${not(match)}--mark ${formatMark(match.value, options.markFormat)}/${formatMark(match.mask, options.markFormat)}`;
    case 'conntrack':
      return `-m conntrack ${not(match)}--ctstate ${match.states.join(',')}`;
    case 'statistic':
      return `-m statistic --mode random --probability ${match.probability.toFixed(10)}`;
    case 'recent':
      if (match.operation === 'set') return `-m recent --name ${match.name} --set`;
      return `-m recent --name ${match.name} --rcheck --seconds ${match.seconds}${match.reap ? ' --reap' : ''}`;
    case 'nfacct':
      return `-m nfacct --nfacct-name ${match.name}`;
    case 'set':
      return `-m set ${not(match)}--match-set ${match.name} ${match.directions.join(',')}`;
    case 'physdev':
      return `-m physdev ${match.isIn ? '' : '! '}--physdev-is-in`;
    case 'ipvs':
      return `-m ipvs --vaddr ${match.address} --vproto ${match.protocol.toLowerCase()} --vport ${match.port}`;
    default:
      return unknownKind(match);
  }
}

function formatTarget(target: Target, options: FormatOptions): string {
  switch (target.kind) {
    case 'jump':
      return `-j ${target.chain}`;
    case 'ACCEPT':
    case 'DROP':
    case 'REJECT':
    case 'RETURN':
      return `-j ${target.kind}`;
    case 'MARK':
      return `-j MARK --${target.operation}-mark ${formatMark(target.value, options.markFormat)}`;
    case 'DNAT':
      return `-j DNAT --to-destination ${formatHostPort(target.ip, target.port)}`;
    case 'MASQUERADE':
      return `-j MASQUERADE${target.randomFully ? ' --random-fully' : ''}`;
    default:
      return unknownKind(target);
  }
}

function not(match: { negate?: boolean }): string {
  return match.negate === true ? '! ' : '';
}

/** iptables-restore splits at blanks and takes a backslash before a quote. */
function quote(text: string): string {
  return /[\s"'\\]/.test(text) || text === '' ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
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

function unknownKind(part: never): never {
  throw new Error(`no text for ${JSON.stringify(part)}`);
}
