/**
 * Expressions and matches of a rule: what is looked at, and what it is compared with.
 *
 * Models: payload, meta, ct, fib and numgen expressions, concatenations, masks, look-ups in maps.
 * Source: nft(8), EXPRESSIONS; nftables 1.0.6 src/parser_bison.y, src/expression.c.
 * Simplified: hashes (jhash, symhash), socket, rt, osf, ipsec and raw payload expressions are refused.
 * Who could tell: the owner of such a rule, who is told.
 */
import { LineProblem, shownWord } from '../iptables-text/problems.js';
import { expressionTypes, isBits } from '../nft-datatypes.js';
import type {
  NftCtKey,
  NftDataType,
  NftExpression,
  NftField,
  NftMatch,
  NftMetaKey,
  NftOperand,
  NftOperator,
  NftPayloadField,
  NftSet,
  NftSetRef,
} from '../nft-rules.js';
import { readBits, readOperand, readTuple } from './constants.js';
import { readElements } from './elements.js';
import type { NftTokens } from './tokens.js';

/** The sets of a table by name, for the types of what is looked up. */
export type KnownSets = ReadonlyMap<string, NftSet>;

const PAYLOAD: Readonly<Record<string, readonly string[]>> = {
  ip: ['saddr', 'daddr', 'protocol'],
  ip6: ['saddr', 'daddr', 'nexthdr'],
  tcp: ['sport', 'dport', 'flags'],
  udp: ['sport', 'dport'],
  sctp: ['sport', 'dport'],
  th: ['sport', 'dport'],
  icmp: ['type', 'code'],
  icmpv6: ['type', 'code'],
};

const META: readonly string[] = [
  'l4proto',
  'nfproto',
  'protocol',
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'iifgroup',
  'oifgroup',
  'pkttype',
  'skuid',
  'skgid',
  'priority',
  'nftrace',
] satisfies NftMetaKey[];

/** Those that nft lists without `meta`. */
const BARE_META = new Set([
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'iifgroup',
  'oifgroup',
  'pkttype',
  'skuid',
  'skgid',
]);

const CT: readonly string[] = ['state', 'status', 'mark', 'direction', 'zone', 'helper', 'label'] satisfies NftCtKey[];
const CT_TUPLE = new Set(['l3proto', 'protocol', 'proto-src', 'proto-dst']);

type Bitwise = Extract<NftExpression, { kind: 'bitwise' }>['operator'];

/** Each operator has a sign and a word. */
const OPERATORS = spellings<NftOperator>({ '==': 'eq', '!=': 'ne', '<': 'lt', '>': 'gt', '<=': 'le', '>=': 'ge' });
const BITWISE = spellings<Bitwise>({ '&': 'and', '|': 'or', '^': 'xor', '<<': 'lshift', '>>': 'rshift' });

function spellings<T extends string>(words: Partial<Record<T, string>>): ReadonlyMap<string, T> {
  const pairs = Object.entries(words) as [T, string][];
  return new Map(
    pairs.flatMap(([sign, word]): [string, T][] => [
      [sign, sign],
      [word, sign],
    ]),
  );
}

export function startsExpression(word: string): boolean {
  return (
    Object.hasOwn(PAYLOAD, word) ||
    BARE_META.has(word) ||
    word === 'meta' ||
    word === 'ct' ||
    word === 'fib' ||
    word === 'numgen'
  );
}

/** `LEFT [OPERATOR] RIGHT`; `left` has been read. */
export function readMatch(tokens: NftTokens, left: NftExpression, sets: KnownSets): NftMatch {
  const text = tokens.peek.kind === 'text' ? undefined : OPERATORS.get(tokens.peek.text);
  if (text !== undefined) tokens.take();
  const types = expressionTypes(left, sets);
  if (tokens.accept('@')) {
    return {
      kind: 'match',
      left,
      operator: text ?? '==',
      right: { kind: 'namedSet', name: tokens.word('the name of a set') },
    };
  }
  if (tokens.peek.kind === 'sign' && tokens.peek.text === '{') {
    return { kind: 'match', left, operator: text ?? '==', right: anonymousSet(tokens, types, null) };
  }
  const [type] = types;
  if (types.length === 1 && type !== undefined && isBits(type)) return bitsMatch(tokens, left, text, type);
  if (tokens.peek.text === 'exists' || tokens.peek.text === 'missing') return existence(tokens, left, text ?? '==');
  return { kind: 'match', left, operator: text ?? '==', right: readTuple(tokens, types) };
}

/** Without an operator one of the bits is enough; `FLAGS / MASK` compares those of the mask. */
function bitsMatch(
  tokens: NftTokens,
  left: NftExpression,
  operator: NftOperator | undefined,
  type: NftDataType,
): NftMatch {
  if (tokens.accept('(')) {
    const { value } = readBits(tokens, type);
    tokens.expect(')');
    return { kind: 'match', left, operator: operator ?? '==', right: { kind: 'value', value } };
  }
  const { value, several } = readBits(tokens, type);
  const right: NftOperand = { kind: 'value', value };
  if (tokens.accept('/')) {
    const mask: NftExpression = {
      kind: 'constant',
      type,
      operand: { kind: 'value', value: readBits(tokens, type).value },
    };
    const masked: NftExpression = { kind: 'bitwise', operator: '&', left, right: mask };
    return { kind: 'match', left: masked, operator: operator ?? '==', right };
  }
  if (operator === undefined) return { kind: 'match', left, operator: left.kind === 'bitwise' ? '==' : 'any', right };
  const isList = several && left.kind !== 'bitwise';
  return { kind: 'match', left, operator: operator === '!=' && isList ? 'none' : operator, right };
}

function existence(tokens: NftTokens, left: NftExpression, operator: NftOperator): NftMatch {
  if (left.kind !== 'fib') tokens.fail(`${tokens.shown()} can only follow a fib expression`);
  const value = tokens.take().text === 'exists' ? 1n : 0n;
  return { kind: 'match', left: { ...left, result: 'exists' }, operator, right: { kind: 'value', value } };
}

export function anonymousSet(
  tokens: NftTokens,
  key: readonly NftDataType[],
  data: 'verdict' | readonly NftDataType[] | null,
): NftSetRef {
  return { kind: 'anonymousSet', elements: readElements(tokens, key, data) };
}

/** `valueType`: the type of a constant that may stand here alone, and of what an anonymous map gives. */
export function readExpression(
  tokens: NftTokens,
  sets: KnownSets,
  valueTypes: readonly NftDataType[] = [],
  depth = 0,
): NftExpression {
  const parts = [readMasked(tokens, sets, valueTypes[0], depth)];
  while (tokens.accept('.')) parts.push(readMasked(tokens, sets, valueTypes[parts.length], depth));
  if (parts.length > 1 && parts.some(({ kind }) => kind === 'numgen'))
    throw new LineProblem('rules-unknown', 'numgen in a concatenation is not modelled');
  const key: NftExpression = parts.length === 1 ? (parts[0] as NftExpression) : { kind: 'concat', parts };
  if (!tokens.accept('map')) return key;
  if (tokens.accept('@'))
    return { kind: 'map', key, map: { kind: 'namedSet', name: tokens.word('the name of a map') } };
  return { kind: 'map', key, map: anonymousSet(tokens, expressionTypes(key, sets), valueTypes) };
}

function readMasked(
  tokens: NftTokens,
  sets: KnownSets,
  valueType: NftDataType | undefined,
  depth: number,
): NftExpression {
  let left = readPrimary(tokens, sets, valueType, depth);
  for (let terms = 1; ; terms++) {
    if (terms > MOST_TERMS) tokens.fail(`more than ${MOST_TERMS} terms in one expression`);
    const operator = tokens.peek.kind === 'text' ? undefined : BITWISE.get(tokens.peek.text);
    if (operator === undefined) return left;
    tokens.take();
    const type = left.kind === 'constant' ? left.type : (expressionTypes(left, sets)[0] ?? 'integer');
    left = { kind: 'bitwise', operator, left, right: readPrimary(tokens, sets, type, depth) };
  }
}

const DEEPEST = 20;
const MOST_TERMS = 64;
/** Each number is a way of its own; a service with as many endpoints is beyond all use. */
const MOST_NUMBERS = 50_000;

function readPrimary(
  tokens: NftTokens,
  sets: KnownSets,
  valueType: NftDataType | undefined,
  depth: number,
): NftExpression {
  if (tokens.accept('(')) {
    if (depth > DEEPEST) tokens.fail(`more than ${DEEPEST} brackets are open`);
    const inner = readMasked(tokens, sets, valueType, depth + 1);
    tokens.expect(')');
    return inner;
  }
  const { kind, text } = tokens.peek;
  if (kind === 'word' && startsExpression(text)) return readField(tokens);
  if (valueType !== undefined) return { kind: 'constant', type: valueType, operand: readOperand(tokens, valueType) };
  return unknownExpression(tokens);
}

function unknownExpression(tokens: NftTokens): never {
  throw new LineProblem('rules-unknown', `the expression ${shownWord(tokens.peek.text)} is not known`);
}

function readField(tokens: NftTokens): NftExpression {
  const word = tokens.take().text;
  if (BARE_META.has(word)) return { kind: 'meta', key: word as NftMetaKey };
  switch (word) {
    case 'meta':
      return { kind: 'meta', key: oneOf<NftMetaKey>(tokens, META, 'meta') };
    case 'ct':
      return readCt(tokens);
    case 'fib':
      return readFib(tokens);
    case 'numgen':
      return readNumgen(tokens);
    default:
      return { kind: 'payload', field: `${word} ${oneOf(tokens, PAYLOAD[word] ?? [], word)}` as NftPayloadField };
  }
}

function oneOf<T extends string>(tokens: NftTokens, known: readonly string[], of: string): T {
  const word = tokens.word(`a field of ${of}`);
  if (!known.includes(word))
    throw new LineProblem('rules-unknown', `the expression "${of} ${word.slice(0, 40)}" is not known`);
  return word as T;
}

function readCt(tokens: NftTokens): NftField {
  const direction = tokens.peek.text;
  if (direction !== 'original' && direction !== 'reply') return { kind: 'ct', key: oneOf<NftCtKey>(tokens, CT, 'ct') };
  tokens.take();
  const word = tokens.word(`a field of ct ${direction}`);
  if (CT_TUPLE.has(word)) return { kind: 'ctTuple', direction, key: word as 'protocol' };
  if (word === 'ip' || word === 'ip6') {
    const end = oneOf<'saddr' | 'daddr'>(tokens, ['saddr', 'daddr'], `ct ${direction} ${word}`);
    return { kind: 'ctTuple', direction, key: `${word} ${end}` };
  }
  throw new LineProblem('rules-unknown', `the expression "ct ${direction} ${word.slice(0, 40)}" is not known`);
}

function readFib(tokens: NftTokens): NftField {
  const selectors: Extract<NftField, { kind: 'fib' }>['selectors'][number][] = [];
  do selectors.push(oneOf(tokens, ['saddr', 'daddr', 'mark', 'iif', 'oif'], 'fib'));
  while (tokens.accept('.'));
  return {
    kind: 'fib',
    selectors,
    result: oneOf<'type' | 'oif' | 'oifname'>(tokens, ['type', 'oif', 'oifname'], 'fib'),
  };
}

function readNumgen(tokens: NftTokens): NftExpression {
  const mode = oneOf<'random' | 'inc'>(tokens, ['random', 'inc'], 'numgen');
  tokens.expect('mod');
  const modulus = tokens.whole('a modulus', MOST_NUMBERS);
  if (modulus === 0) tokens.fail('a modulus of 0');
  const offset = tokens.accept('offset') ? tokens.whole('an offset', 0xffffffff) : 0;
  return { kind: 'numgen', mode, modulus, offset };
}
