/**
 * What an expression of an nft rule comes to for a packet: every value that chance allows.
 *
 * Models: fields, constants, bitwise operations, concatenations, look-ups in maps, numbers by chance.
 * Source: net/netfilter/nft_bitwise.c, nft_numgen.c, nft_lookup.c.
 * Simplified: `numgen inc` is as likely to stand at one number as at another.
 * Who could tell: someone who counts connections that come one after the other.
 */
import { invariant } from '../kernel/invariant.js';
import { ADDRESS_BITS, type Ip } from './address.js';
import { baseOf } from './effects.js';
import { fieldValue } from './nft-fields.js';
import { keyOfValues, lookUp } from './nft-lookup.js';
import type { NftElement, NftExpression, NftOperand, NftSetRef, NftTable, NftValue } from './nft-rules.js';
import { isVerdict } from './nft-text.js';
import type { Walk } from './walk.js';

/** Of a range that a rule translates to. */
export const MOST_ADDRESSES = 256n;

/** One thing that chance allows; those of one expression sum to 1, less what ends the rule. */
export interface Alternative {
  /** Several for a concatenation. Null: the packet lacks a field, or a map an element; the rule ends. */
  readonly values: readonly NftValue[] | null;
  readonly probability: number;
  /** The map that gave the values, and by which element. */
  readonly decided: Decided | null;
}

export interface Decided {
  readonly map: NftSetRef;
  readonly element: NftElement;
}

const NOTHING: readonly Alternative[] = [{ values: null, probability: 1, decided: null }];

/** In the order of the numbers where chance parts them. */
export function alternatives(expression: NftExpression, walk: Walk): readonly Alternative[] {
  switch (expression.kind) {
    case 'constant':
      return constantValues(expression.operand, walk.destinationIp.family);
    case 'numgen':
      return Array.from({ length: expression.modulus }, (_, number) => ({
        values: [BigInt(number + expression.offset)],
        probability: 1 / expression.modulus,
        decided: null,
      }));
    case 'bitwise':
      return combine([expression.left, expression.right], walk, ([left, right]) => [
        bitwise(expression.operator, left, right),
      ]);
    case 'concat':
      return combine(expression.parts, walk, (values) => values);
    case 'map':
      return alternatives(expression.key, walk).flatMap((key) => mapped(key, expression.map, walk));
    default: {
      const value = fieldValue(expression, walk);
      return value === null ? NOTHING : [{ values: [value], probability: 1, decided: null }];
    }
  }
}

/** What a rule computes with, or translates to: any address of a range is as likely as another. */
function constantValues(operand: NftOperand, family: Ip['family']): readonly Alternative[] {
  switch (operand.kind) {
    case 'value':
      return [{ values: [operand.value], probability: 1, decided: null }];
    case 'tuple':
      return operand.parts
        .map((part) => constantValues(part, family))
        .reduce((before, after) =>
          before.flatMap((a) =>
            after.map((b) => ({
              values: [...(a.values ?? []), ...(b.values ?? [])],
              probability: a.probability * b.probability,
              decided: null,
            })),
          ),
        );
    case 'range':
      return spread(operand.from, operand.to - operand.from + 1n);
    case 'prefix':
      return spread(operand.value, 1n << BigInt(ADDRESS_BITS[family] - operand.length));
    case 'anything':
      invariant(false, 'a rule computes with *');
  }
}

function spread(first: bigint, count: bigint): readonly Alternative[] {
  invariant(count <= MOST_ADDRESSES, `a rule translates to one of ${count} addresses`);
  return Array.from({ length: Number(count) }, (_, number) => ({
    values: [first + BigInt(number)],
    probability: 1 / Number(count),
    decided: null,
  }));
}

function mapped({ values, probability }: Alternative, map: NftSetRef, walk: Walk): readonly Alternative[] {
  const element = values === null ? null : findElement(map, values, walk);
  const data = element?.data;
  if (element === null || data === undefined || isVerdict(data)) return [{ values: null, probability, decided: null }];
  return constantValues(data, walk.destinationIp.family).map((value) => ({
    values: value.values,
    probability: probability * value.probability,
    decided: { map, element },
  }));
}

/** The element of a set or map that holds the values. */
export function findElement(ref: NftSetRef, values: readonly NftValue[], walk: Walk): NftElement | null {
  const { family } = walk.destinationIp;
  if (ref.kind === 'anonymousSet') return lookUp(ref.elements, true, values, family);
  const table = nftTableOf(walk);
  const set = table.sets.get(ref.name);
  if (set === undefined) invariant(false, `${table.family} ${table.name} has no set ${ref.name}`);
  const hasIntervals = set.flags.includes('interval');
  const element = lookUp(set.elements, hasIntervals, values, family);
  const told = walk.setting.consulted?.elements;
  if (hasIntervals) told?.wholeSet(table, set);
  else told?.element(table, set.name, keyOfValues(values), element ?? undefined);
  return element;
}

export function nftTableOf(walk: Walk): NftTable {
  const { table } = baseOf(walk);
  if (table.syntax !== 'nft') invariant(false, `table ${table.name} is none of nft`);
  return table;
}

/** Every combination of the parts' alternatives. */
function combine(
  parts: readonly NftExpression[],
  walk: Walk,
  join: (values: readonly NftValue[]) => readonly NftValue[],
): readonly Alternative[] {
  let ways: { values: NftValue[]; probability: number; decided: Decided | null }[] = [
    { values: [], probability: 1, decided: null },
  ];
  let lost = 0;
  for (const part of parts) {
    const next: typeof ways = [];
    for (const { values, probability, decided } of alternatives(part, walk)) {
      for (const way of ways) {
        const both = way.probability * probability;
        if (values === null) lost += both;
        else next.push({ values: [...way.values, ...values], probability: both, decided: decided ?? way.decided });
      }
    }
    ways = next;
  }
  const joined: Alternative[] = ways.map((way) => ({ ...way, values: join(way.values) }));
  return lost > 0 ? [...joined, { values: null, probability: lost, decided: null }] : joined;
}

const REGISTER = 0xffffffffn;

function bitwise(
  operator: '&' | '|' | '^' | '<<' | '>>',
  left: NftValue | undefined,
  right: NftValue | undefined,
): bigint {
  if (typeof left !== 'bigint' || typeof right !== 'bigint') invariant(false, `a rule computes with a name`);
  switch (operator) {
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      return (left << right) & REGISTER;
    case '>>':
      return left >> right;
  }
}
