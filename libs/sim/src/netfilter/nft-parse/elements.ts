/** Elements of sets and maps, named or in a rule: `{ 10.0.0.1 . tcp . 80 : goto service-…, … }`. */
import { LineProblem, shownWord } from '../iptables-text/problems.js';
import type { NftDataType, NftElement, NftElements, NftVerdict } from '../nft-rules.js';
import { elementKey } from '../nft-rules.js';
import { readTuple } from './constants.js';
import { secondsOf } from './time.js';
import type { NftTokens } from './tokens.js';

/** `data`: what a map's elements lead to; null for a set. */
export function readElements(
  tokens: NftTokens,
  key: readonly NftDataType[],
  data: 'verdict' | readonly NftDataType[] | null,
): NftElements {
  const elements = new Map<string, NftElement>();
  tokens.expect('{');
  for (;;) {
    tokens.skipBlankLines();
    if (tokens.accept('}')) return elements;
    const element = readElement(tokens, key, data);
    elements.set(elementKey(element.key), element);
    tokens.skipBlankLines();
    if (!tokens.accept(',') && tokens.peek.text !== '}')
      tokens.fail(`a comma or "}" should stand here, not ${tokens.shown()}`);
  }
}

function readElement(
  tokens: NftTokens,
  types: readonly NftDataType[],
  data: 'verdict' | readonly NftDataType[] | null,
): NftElement {
  const key = readTuple(tokens, types, true);
  const options = readOptions(tokens);
  if (data === null) return { key, ...options };
  tokens.expect(':');
  return { key, ...options, data: data === 'verdict' ? readVerdict(tokens) : readTuple(tokens, data, true, 1) };
}

/** What is left of an element's time is nothing that rules know; a counter counts. */
function readOptions(tokens: NftTokens): Pick<NftElement, 'timeoutSeconds' | 'comment'> {
  let options: Pick<NftElement, 'timeoutSeconds' | 'comment'> = {};
  for (;;) {
    if (tokens.accept('timeout')) options = { ...options, timeoutSeconds: secondsOf(tokens.word('a timeout')) };
    else if (tokens.accept('expires')) secondsOf(tokens.word('a time'));
    else if (tokens.accept('comment')) options = { ...options, comment: tokens.word('a comment') };
    else if (tokens.accept('counter')) readCounts(tokens);
    else return options;
  }
}

/** `packets 0 bytes 0`, or nothing. */
export function readCounts(tokens: NftTokens): { packets?: number; bytes?: number } {
  if (!tokens.accept('packets')) return {};
  const packets = tokens.whole('a number of packets');
  tokens.expect('bytes');
  return { packets, bytes: tokens.whole('a number of bytes') };
}

export function readVerdict(tokens: NftTokens): NftVerdict {
  const word = tokens.word('a verdict');
  switch (word) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { kind: word };
    case 'jump':
    case 'goto':
      return { kind: word, chain: tokens.word('the name of a chain') };
    default:
      throw new LineProblem('rules-unknown', `the verdict ${shownWord(word)} is not known`);
  }
}
