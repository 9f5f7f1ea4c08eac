/**
 * A whole table as `nft list ruleset` prints it.
 *
 * Models: the order of elements, how many of them stand in a line, names of priorities, what nft adds by itself.
 * Source: nftables 1.0.6 (src/rule.c, src/expression.c, src/segtree.c), compared with its output on kernel 6.18.
 * Simplified: handles and counters of elements are not printed, nor what of an element's timeout is left.
 * Who could tell: someone who lists with another version of nft.
 */
import type { Hook } from '../trace-result.js';
import type { NftBase, NftChain, NftDataType, NftElement, NftSet, NftTable } from './nft-rules.js';
import { formatNftElement, formatNftRule, formatNftTime, type NftTextOptions } from './nft-text.js';
import { titleOf } from './rules.js';

/** Without the last line's end, as nft leaves it out as well. */
export function listNftTable(table: NftTable): string {
  const options: NftTextOptions = { form: 'list', markFormat: 'padded', sets: table.sets };
  const blocks = [
    ...[...table.sets.values()].map((set) => setLines(set, options)),
    ...[...table.chains.values()].map((chain) => chainLines(chain, options)),
  ];
  const comment = table.comment === undefined ? [] : [`\tcomment "${table.comment}"`];
  const body = blocks.map((lines) => lines.join('\n')).join('\n\n');
  return [`table ${titleOf(table)} {`, ...comment, body, '}'].join('\n');
}

function chainLines({ base, comment, name, rules }: NftChain, options: NftTextOptions): string[] {
  return [
    `\tchain ${name} {`,
    ...(comment === undefined ? [] : [`\t\tcomment "${comment}"`]),
    ...(base === undefined ? [] : [`\t\t${baseText(base)}`]),
    ...rules.map((rule) => `\t\t${formatNftRule(rule, options)}`),
    '\t}',
  ];
}

function baseText({ hook, policy, priority, type }: NftBase): string {
  return `type ${type} hook ${hook.toLowerCase()} priority ${priorityText(hook, priority)}; policy ${policy};`;
}

const PRIORITIES: readonly (readonly [name: string, priority: number, only?: Hook])[] = [
  ['raw', -300],
  ['mangle', -150],
  ['dstnat', -100, 'PREROUTING'],
  ['filter', 0],
  ['security', 50],
  ['srcnat', 100, 'POSTROUTING'],
];
/** Priorities further away than this are written as numbers. */
const NEAR = 10;

function priorityText(hook: Hook, priority: number): string {
  for (const [name, named, only] of PRIORITIES) {
    if (only !== undefined && only !== hook) continue;
    const distance = priority - named;
    if (distance === 0) return name;
    if (Math.abs(distance) <= NEAR) return `${name} ${distance < 0 ? '-' : '+'} ${Math.abs(distance)}`;
  }
  return String(priority);
}

/** What the kernel gives a dynamic set that says nothing. */
const DYNAMIC_SIZE = 65_535;

function setLines(set: NftSet, options: NftTextOptions): string[] {
  const { comment, data, flags, key, name, timeoutSeconds } = set;
  const dataText = data === undefined ? '' : ` : ${typeof data === 'string' ? data : data.join(' . ')}`;
  const size = set.size ?? (flags.includes('dynamic') ? DYNAMIC_SIZE : undefined);
  return [
    `\t${data === undefined ? 'set' : 'map'} ${name} {`,
    `\t\ttype ${key.join(' . ')}${dataText}`,
    ...(size === undefined ? [] : [`\t\tsize ${size}`]),
    ...(flags.length === 0 ? [] : [`\t\tflags ${flags.join(',')}`]),
    ...(timeoutSeconds === undefined ? [] : [`\t\ttimeout ${formatNftTime(timeoutSeconds)}`]),
    ...(comment === undefined ? [] : [`\t\tcomment "${comment}"`]),
    ...elementLines(set, options),
    '\t}',
  ];
}

function elementLines({ data, elements, key }: NftSet, options: NftTextOptions): string[] {
  const all = [...elements.values()].sort((a, b) => compareElements(a, b, key));
  if (all.length === 0) return [];
  // Of short addresses two stand in a line, if nothing else stands there.
  const perLine = key.length === 1 && key[0] === 'ipv4_addr' && data === undefined ? 2 : 1;
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += perLine) {
    const texts = all.slice(at, at + perLine).map((element) => formatNftElement(element, key, data, options));
    lines.push(texts.join(', '));
  }
  return [`\t\telements = { ${lines.join(',\n\t\t\t     ')} }`];
}

/** nft sorts by the number that the kernel's bytes make: of concatenations the last byte weighs most. */
function compareElements(a: NftElement, b: NftElement, types: readonly NftDataType[]): number {
  const [x, y] = [weightOf(a, types), weightOf(b, types)];
  return x < y ? -1 : x > y ? 1 : 0;
}

const BYTES: Partial<Record<NftDataType, number>> = { inet_proto: 1, inet_service: 2, ipv4_addr: 4, ipv6_addr: 16 };

function weightOf({ key }: NftElement, types: readonly NftDataType[]): bigint {
  const parts = key.kind === 'tuple' ? key.parts : [key];
  const numbers = parts.map((part) => {
    if (part.kind === 'range') return part.from;
    return 'value' in part && typeof part.value === 'bigint' ? part.value : 0n;
  });
  if (numbers.length === 1) return numbers[0]!;
  return numbers.reduceRight((weight, number, place) => {
    const bytes = BYTES[types[place] ?? 'integer'] ?? 4;
    let own = 0n;
    for (let byte = 0; byte < bytes; byte++)
      own |= ((number >> BigInt(8 * (bytes - 1 - byte))) & 0xffn) << BigInt(8 * byte);
    return (weight << BigInt(8 * bytes)) | own;
  }, 0n);
}
