/**
 * Finding a value among constants, ranges and the elements of sets.
 *
 * Models: exact elements, intervals, concatenations, `*`, names of interfaces that end in a star.
 * Source: net/netfilter/nft_set_hash.c, nft_set_rbtree.c, nft_set_pipapo.c; nft(8).
 * Simplified: of intervals that overlap the first one counts; the kernel refuses such sets.
 * Who could tell: nobody.
 */
import { ADDRESS_BITS, type Ip } from './address.js';
import type { NftElement, NftElements, NftOperand, NftValue } from './nft-rules.js';

/** Elements that stand for more than one value, in order; those of thousands of exact ones are looked for once. */
const intervals = new WeakMap<NftElements, readonly NftElement[]>();

/** What an element is found by that stands for just these values; `elementKey` gives the same. */
export function keyOfValues(values: readonly NftValue[]): string {
  return values.join(' . ');
}

/** `hasIntervals`: some of them may stand for more than one value. `family`: of the packet; it says how long an address is. */
export function lookUp(
  elements: NftElements,
  hasIntervals: boolean,
  values: readonly NftValue[],
  family: Ip['family'],
): NftElement | null {
  const exact = elements.get(keyOfValues(values));
  if (exact !== undefined) return exact;
  const wide = hasIntervals ? intervalsOf(elements).find(({ key }) => holds(key, values, family)) : undefined;
  return wide ?? elements.get('*') ?? null;
}

function intervalsOf(elements: NftElements): readonly NftElement[] {
  let wide = intervals.get(elements);
  if (wide === undefined) {
    wide = [...elements.values()].filter(({ key }) => isWide(key));
    intervals.set(elements, wide);
  }
  return wide;
}

function isWide(key: NftOperand): boolean {
  switch (key.kind) {
    case 'value':
      return typeof key.value === 'string' && key.value.endsWith('*');
    case 'tuple':
      return key.parts.some(isWide);
    case 'anything':
      return false;
    default:
      return true;
  }
}

/** Whether the constant stands for the values, or is one of them. */
export function holds(operand: NftOperand, values: readonly NftValue[], family: Ip['family']): boolean {
  if (operand.kind === 'tuple') {
    return operand.parts.every((part, index) => holds(part, values.slice(index, index + 1), family));
  }
  const [value] = values;
  if (value === undefined) return false;
  if (operand.kind === 'anything') return true;
  if (typeof value === 'string') return operand.kind === 'value' && isNamed(value, operand.value);
  switch (operand.kind) {
    case 'value':
      return operand.value === value;
    case 'range':
      return operand.from <= value && value <= operand.to;
    case 'prefix': {
      const rest = BigInt(ADDRESS_BITS[family] - operand.length);
      return operand.value >> rest === value >> rest;
    }
  }
}

function isNamed(name: string, pattern: NftValue): boolean {
  if (typeof pattern !== 'string') return false;
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
