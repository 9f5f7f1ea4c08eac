/** Sets and maps with a name: their types, flags and elements. */
import { LineProblem, shownWord } from '../iptables-text/problems.js';
import { expressionTypes, NFT_NAMES } from '../nft-datatypes.js';
import type { NftDataType, NftExpression, NftSet, NftSetFlag } from '../nft-rules.js';
import { readElements } from './elements.js';
import { type KnownSets, readExpression } from './expressions.js';
import { secondsOf } from './time.js';
import type { NftTokens } from './tokens.js';

export type SetDraft = { -readonly [K in keyof NftSet]?: NftSet[K] };

const FLAGS: ReadonlySet<string> = new Set([
  ...(['constant', 'dynamic', 'interval', 'timeout'] satisfies NftSetFlag[]),
  ...['dormant', 'owner', 'persist'],
]);

const DATA_TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(NFT_NAMES),
  ...([
    'ipv4_addr',
    'ipv6_addr',
    'inet_service',
    'mark',
    'ifname',
    'iface_index',
    'devgroup',
    'uid',
    'gid',
    'classid',
  ] satisfies NftDataType[]),
]);

export function finishedSet(name: string, kind: 'set' | 'map', draft: SetDraft): NftSet {
  const { key, data, flags = [], elements = new Map(), ...rest } = draft;
  if (key === undefined) throw new LineProblem('rules-unreadable', `${kind} ${name} has no type`);
  if (kind === 'set') return { ...rest, name, key, flags, elements };
  if (data === undefined) throw new LineProblem('rules-unreadable', `map ${name} does not say what it gives`);
  return { ...rest, name, key, flags, elements, data };
}

/** One line of a set's block. */
export function readSetProperty(tokens: NftTokens, draft: SetDraft, sets: KnownSets, kind: 'set' | 'map'): void {
  const word = tokens.word('a property of the set');
  switch (word) {
    case 'type':
      draft.key = readTypes(tokens);
      if (tokens.accept(':')) draft.data = tokens.accept('verdict') ? 'verdict' : readTypes(tokens);
      return;
    case 'typeof':
      return readTypesOf(tokens, draft, sets);
    case 'flags':
      draft.flags = readFlags(tokens) as NftSetFlag[];
      return;
    case 'timeout':
      draft.timeoutSeconds = secondsOf(tokens.word('a timeout'));
      return;
    case 'gc-interval':
      draft.gcIntervalSeconds = secondsOf(tokens.word('a time'));
      return;
    case 'size':
      draft.size = tokens.whole('a size', 0xffffffff);
      return;
    case 'policy':
      if (tokens.word('a policy') === 'memory') draft.policy = 'memory';
      return;
    case 'auto-merge':
      draft.autoMerge = true;
      return;
    case 'comment':
      draft.comment = tokens.word('a comment');
      return;
    case 'counter':
      draft.statements = [{ kind: 'counter' }];
      return;
    case 'elements':
      tokens.expect('=');
      draft.elements = readElements(tokens, draft.key ?? [], kind === 'map' ? (draft.data ?? []) : null);
      return;
    default:
      throw new LineProblem('rules-unknown', `the property ${shownWord(word)} of a set is not known`);
  }
}

export function readFlags(tokens: NftTokens): string[] {
  const flags = [tokens.word('a flag')];
  while (tokens.accept(',')) flags.push(tokens.word('a flag'));
  const unknown = flags.find((flag) => !FLAGS.has(flag));
  if (unknown !== undefined) throw new LineProblem('rules-unknown', `the flag ${shownWord(unknown)} is not known`);
  return flags;
}

function readTypes(tokens: NftTokens): NftDataType[] {
  const types: NftDataType[] = [];
  do {
    const word = tokens.word('a type');
    if (!DATA_TYPES.has(word)) throw new LineProblem('rules-unknown', `the type ${shownWord(word)} is not known`);
    types.push(word as NftDataType);
  } while (tokens.accept('.'));
  return types;
}

function readTypesOf(tokens: NftTokens, draft: SetDraft, sets: KnownSets): void {
  const key = readExpression(tokens, sets);
  draft.keyOf = partsOf(key);
  draft.key = expressionTypes(key, sets);
  if (!tokens.accept(':')) return;
  if (tokens.accept('verdict')) {
    draft.data = 'verdict';
    return;
  }
  const data = readExpression(tokens, sets);
  draft.dataOf = partsOf(data);
  draft.data = expressionTypes(data, sets);
}

function partsOf(expression: NftExpression): readonly NftExpression[] {
  return expression.kind === 'concat' ? expression.parts : [expression];
}
