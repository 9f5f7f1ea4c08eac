/** Constants as nft writes them, read by the type of what they are compared with: addresses, ports, marks, bits, names. */
import { ADDRESS_BITS, type Ip, ipFromValue, parseIp } from '../address.js';
import { LineProblem, shownWord } from '../iptables-text/problems.js';
import { isBits, NFT_NAMES } from '../nft-datatypes.js';
import type { NftDataType, NftOperand } from '../nft-rules.js';
import type { NftTokens } from './tokens.js';

const NO_NAMES = 'Let nft print numbers: `nft -nn list ruleset`.';

const BITS_OF: Partial<Record<NftDataType, number>> = {
  ipv4_addr: 32,
  ipv6_addr: 128,
  inet_proto: 8,
  inet_service: 16,
  nf_proto: 8,
  ether_type: 16,
};

/** A value, `FROM-TO`, `ADDRESS/LENGTH` or `*`. */
export function readOperand(tokens: NftTokens, type: NftDataType): NftOperand {
  const { kind } = tokens.peek;
  const text = tokens.word(`a value of type ${type}`);
  if (type === 'ifname' || type === 'iface_index' || type === 'string') return { kind: 'value', value: text };
  if (kind === 'word' && text === '*') return { kind: 'anything' };
  const slash = text.indexOf('/');
  if (slash > 0 && isAddress(type)) return prefix(text, slash, type);
  const dash = /^[\dA-Fa-f.:x]+-[\dA-Fa-f.:x]+$/.test(text) ? text.indexOf('-') : -1;
  if (dash > 0) return range(text, dash, type);
  return { kind: 'value', value: numberOf(text, type) };
}

/** `a,b` or `a | b` of a type of bits: their sum. `several`: more than one was written. */
export function readBits(tokens: NftTokens, type: NftDataType): { value: bigint; several: boolean } {
  let value = numberOf(tokens.word(`a value of type ${type}`), type);
  let several = false;
  while (tokens.accept(',') || tokens.accept('|') || tokens.accept('or')) {
    value |= numberOf(tokens.word(`a value of type ${type}`), type);
    several = true;
  }
  return { value, several };
}

/** One constant, or as many as the types of a concatenation; those behind the first `least` may lack. `inSet`: a comma ends it. */
export function readTuple(
  tokens: NftTokens,
  types: readonly NftDataType[],
  inSet = false,
  least = types.length,
): NftOperand {
  if (types.length === 0) tokens.fail('what this is compared with has no type');
  const parts: NftOperand[] = [];
  for (const type of types) {
    if (parts.length >= Math.max(least, 1) && tokens.peek.text !== '.') break;
    if (parts.length > 0) tokens.expect('.');
    parts.push(readPart(tokens, type, inSet));
  }
  return parts.length === 1 ? (parts[0] as NftOperand) : { kind: 'tuple', parts };
}

function readPart(tokens: NftTokens, type: NftDataType, inSet: boolean): NftOperand {
  if (!isBits(type)) return readOperand(tokens, type);
  const value = inSet ? numberOf(tokens.word(`a value of type ${type}`), type) : readBits(tokens, type).value;
  return { kind: 'value', value };
}

export function numberOf(text: string, type: NftDataType): bigint {
  if (isAddress(type)) return addressOf(text, type).value;
  const named = NFT_NAMES[type];
  if (named !== undefined && Object.hasOwn(named, text)) return BigInt(named[text] as number);
  if (!/^(0x[\dA-Fa-f]{1,32}|\d{1,39})$/.test(text)) {
    const hint = isBits(type) || named !== undefined ? undefined : NO_NAMES;
    throw new LineProblem('rules-unreadable', `${shownWord(text)} is no ${type}`, hint);
  }
  const value = BigInt(text);
  if (value >> BigInt(BITS_OF[type] ?? 32) > 0n)
    throw new LineProblem('rules-unreadable', `${text} is too large for ${type}`);
  return value;
}

export function isAddress(type: NftDataType): boolean {
  return type === 'ipv4_addr' || type === 'ipv6_addr';
}

function addressOf(text: string, type: NftDataType): Ip {
  const ip = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  const family = type === 'ipv4_addr' ? 'IPv4' : 'IPv6';
  if (ip === null) throw new LineProblem('rules-unreadable', `${shownWord(text)} is no ${family} address`, NO_NAMES);
  if (ip.family !== family) throw new LineProblem('rules-unreadable', `${text} is no ${family} address`);
  return ip;
}

function prefix(text: string, slash: number, type: NftDataType): NftOperand {
  const { family, value } = addressOf(text.slice(0, slash), type);
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Number.NaN;
  const bits = ADDRESS_BITS[family];
  if (!(length <= bits)) throw new LineProblem('rules-unreadable', `${shownWord(text)} is no network`);
  const hostBits = BigInt(bits - length);
  const network = (value >> hostBits) << hostBits;
  if (network !== value) {
    const right = `${ipFromValue(family, network).text}/${length}`;
    throw new LineProblem(
      'rules-unreadable',
      `${text} has bits behind its prefix`,
      `Write ${right}; no kernel prints it otherwise.`,
    );
  }
  return { kind: 'prefix', value: network, length };
}

function range(text: string, dash: number, type: NftDataType): NftOperand {
  const from = numberOf(text.slice(0, dash), type);
  const to = numberOf(text.slice(dash + 1), type);
  if (from > to) throw new LineProblem('rules-unreadable', `the range ${text} ends before it begins`);
  return { kind: 'range', from, to };
}
