/**
 * Whether a comparison of an nft rule holds for a packet, and what the source was compared with.
 *
 * Models: comparisons with constants, ranges, prefixes and sets; sets that remember sources for a time.
 * Source: net/netfilter/nft_cmp.c, nft_range.c, nft_lookup.c.
 * Simplified: nothing; who is in a dynamic set by now is answered by the caller.
 * Who could tell: nobody.
 */
import { ADDRESS_BITS } from './address.js';
import { alternatives, findElement, nftTableOf } from './nft-expressions.js';
import { cidrOf, isSourceAddress, sourceValue } from './nft-fields.js';
import { holds } from './nft-lookup.js';
import type {
  NftElements,
  NftExpression,
  NftField,
  NftMatch,
  NftOperand,
  NftOperator,
  NftSet,
  NftSetRef,
  NftTable,
  NftValue,
} from './nft-rules.js';
import type { Walk } from './walk.js';

/** Sets with more elements tell sources apart one by one. */
const MOST_CLASSES = 64;

/** 0..1: how likely it holds; anything between where the left side is a number by chance. */
export function chanceOf({ left, operator, right }: NftMatch, walk: Walk): number {
  if (isField(left) && isSourceAddress(left) && tellsClasses(right, walk)) {
    const value = sourceValue(left, walk);
    return value !== null && compare([value], operator, right, walk) ? 1 : 0;
  }
  let chance = 0;
  for (const { values, probability } of alternatives(left, walk)) {
    if (values === null) continue;
    const isRemembered = right.kind === 'namedSet' && remembers(right.name, left, values, walk);
    if (isRemembered ? operator === '==' : compare(values, operator, right, walk)) chance += probability;
  }
  return chance;
}

function compare(
  values: readonly NftValue[],
  operator: NftOperator,
  right: NftOperand | NftSetRef,
  walk: Walk,
): boolean {
  if (right.kind === 'namedSet' || right.kind === 'anonymousSet') {
    return (findElement(right, values, walk) !== null) === (operator === '==');
  }
  const family = walk.destinationIp.family;
  if (operator === '==' || operator === '!=') return holds(right, values, family) === (operator === '==');
  const [value] = values;
  if (right.kind !== 'value' || typeof value !== 'bigint' || typeof right.value !== 'bigint') return false;
  switch (operator) {
    case '<':
      return value < right.value;
    case '>':
      return value > right.value;
    case '<=':
      return value <= right.value;
    case '>=':
      return value >= right.value;
    case 'any':
      return (value & right.value) !== 0n;
    case 'none':
      return (value & right.value) === 0n;
  }
}

function isField(expression: NftExpression): expression is NftField {
  return ['payload', 'meta', 'ct', 'ctTuple', 'fib'].includes(expression.kind);
}

/** Tells the addresses and networks that the source is compared with; false where it is compared otherwise. */
function tellsClasses(right: NftOperand | NftSetRef, walk: Walk): boolean {
  const operands = right.kind === 'namedSet' || right.kind === 'anonymousSet' ? constantsOf(right, walk) : [right];
  if (operands === null || operands.some(({ kind }) => kind !== 'value' && kind !== 'prefix')) return false;
  const family = walk.sourceIp.family;
  for (const operand of operands) {
    if (operand.kind === 'value' && typeof operand.value === 'bigint') {
      walk.sourceTested(cidrOf(family, operand.value, ADDRESS_BITS[family]));
    } else if (operand.kind === 'prefix') walk.sourceTested(cidrOf(family, operand.value, operand.length));
  }
  return true;
}

/** Null: too many, or they come and go. */
function constantsOf(ref: NftSetRef, walk: Walk): NftOperand[] | null {
  if (ref.kind === 'anonymousSet') return keysOf(ref.elements);
  const table = nftTableOf(walk);
  const set = table.sets.get(ref.name);
  if (set === undefined || isDynamic(set)) return null;
  const keys = keysOf(set.elements);
  if (keys !== null) walk.setting.consulted?.elements.wholeSet(table, set);
  return keys;
}

function keysOf(elements: NftElements): NftOperand[] | null {
  return elements.size > MOST_CLASSES ? null : [...elements.values()].map(({ key }) => key);
}

export function isDynamic(set: NftSet | undefined): boolean {
  return set?.flags.includes('dynamic') === true;
}

/** Whether a rule has put the packet's values into the dynamic set before, and not too long ago. */
function remembers(name: string, key: NftExpression, values: readonly NftValue[], walk: Walk): boolean {
  const table = nftTableOf(walk);
  const set = table.sets.get(name);
  if (set === undefined || !isDynamic(set)) return false;
  walk.setting.consulted?.elements.wholeSet(table, set);
  return walk.recentlySet(memoryName(table, name, key, values), set.timeoutSeconds ?? Number.POSITIVE_INFINITY);
}

/**
 * The list that stands for a dynamic set, as `ip kube-proxy affinity-…`. Lists are kept by source; what else the set's
 * key says makes lists of their own: `ip filter seen 80`.
 */
export function memoryName(
  { family, name }: NftTable,
  set: string,
  key: NftExpression,
  values: readonly NftValue[],
): string {
  const parts = key.kind === 'concat' ? key.parts : [key];
  const others = values.filter((_, index) => {
    const part = parts[index];
    return part === undefined || !isField(part) || !isSourceAddress(part);
  });
  return [family, name, set, ...others].join(' ');
}
