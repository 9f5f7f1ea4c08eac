/**
 * A whole table as the commands for `nft -f` that make it.
 *
 * Models: the commands that add a table, chains, sets, maps, rules and elements, each on its own line.
 * Source: sigs.k8s.io/knftables (how objects are written, blanks included); pkg/proxy/nftables/proxier.go.
 * Simplified: kube-proxy also deletes, adds and flushes what may be there from before; here the table is new. Chains and
 *   sets come before all rules, elements behind them.
 * Who could tell: someone who reads kube-proxy's log at level 9.
 */
import type { MarkFormat } from './iptables-save.js';
import type { NftChain, NftSet, NftTable } from './nft-rules.js';
import { formatNftElement, formatNftRule, type NftTextOptions } from './nft-text.js';
import { titleOf } from './rules.js';

/** Loads into a kernel that has no such table; ends with a newline. */
export function writeNftTable(table: NftTable, markFormat: MarkFormat): string {
  const title = titleOf(table);
  const options: NftTextOptions = { form: 'restore', markFormat, sets: table.sets };
  const comment = table.comment === undefined ? '' : ` { comment "${table.comment}" ; }`;
  const lines = [`add table ${title}${comment}`];
  for (const set of table.sets.values()) lines.push(addSet(title, set));
  for (const chain of table.chains.values()) lines.push(addChain(title, chain));
  for (const { name, rules } of table.chains.values()) {
    for (const rule of rules) lines.push(`add rule ${title} ${name} ${formatNftRule(rule, options)}`);
  }
  for (const { name, key, data, elements } of table.sets.values()) {
    for (const element of elements.values()) {
      lines.push(`add element ${title} ${name} { ${formatNftElement(element, key, data, options)} }`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function addChain(title: string, { base, comment, name }: NftChain): string {
  const parts = [
    ...(base === undefined ? [] : [`type ${base.type} hook ${base.hook.toLowerCase()} priority ${base.priority} ;`]),
    ...(base?.policy === 'drop' ? ['policy drop ;'] : []),
    ...(comment === undefined ? [] : [`comment "${comment}" ;`]),
  ];
  return `add chain ${title} ${name}${parts.length === 0 ? '' : ` { ${parts.join(' ')} }`}`;
}

function addSet(title: string, { comment, data, flags, key, name, timeoutSeconds }: NftSet): string {
  const dataText = data === undefined ? '' : ` : ${typeof data === 'string' ? data : data.join(' . ')}`;
  const parts = [
    `type ${key.join(' . ')}${dataText} ;`,
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')} ;`]),
    ...(timeoutSeconds === undefined ? [] : [`timeout ${timeoutSeconds}s ;`]),
    ...(comment === undefined ? [] : [`comment "${comment}" ;`]),
  ];
  return `add ${data === undefined ? 'set' : 'map'} ${title} ${name} { ${parts.join(' ')} }`;
}
