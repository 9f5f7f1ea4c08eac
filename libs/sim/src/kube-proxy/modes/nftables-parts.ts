/** The parts that rules of mode nftables are put together from. */
import type { Cidr, Ip } from '../../netfilter/address.js';
import { ADDRESS_BITS } from '../../netfilter/address.js';
import { NFT_NAMES } from '../../netfilter/nft-datatypes.js';
import {
  elementsOf,
  type NftDataType,
  type NftElement,
  type NftExpression,
  type NftField,
  type NftMetaKey,
  type NftOperand,
  type NftRule,
  type NftSetRef,
  type NftStatement,
  type NftVerdict,
} from '../../netfilter/nft-rules.js';
import type { IpFamily, Protocol } from '../../objects.js';

export const rule = (statements: readonly NftStatement[], comment?: string): NftRule =>
  comment === undefined ? { statements } : { statements, comment };

export const jump = (chain: string): NftVerdict & NftStatement => ({ kind: 'jump', chain });
export const goto = (chain: string): NftVerdict & NftStatement => ({ kind: 'goto', chain });
export const drop: NftVerdict & NftStatement = { kind: 'drop' };
export const reject: NftStatement = { kind: 'reject', with: null };
export const masquerade: NftStatement = { kind: 'masquerade', port: null, flags: ['fully-random'] };

export const value = (number: bigint | number | string): NftOperand => ({
  kind: 'value',
  value: typeof number === 'number' ? BigInt(number) : number,
});
export const address = (ip: Ip): NftOperand => value(ip.value);
export const tuple = (...parts: NftOperand[]): NftOperand => ({ kind: 'tuple', parts });
export const protocolNumber = (protocol: Protocol): NftOperand =>
  value(NFT_NAMES.inet_proto?.[protocol.toLowerCase()] ?? 0);
export const constant = (operand: NftOperand, type: NftDataType): NftExpression => ({
  kind: 'constant',
  operand,
  type,
});

/** A whole network is a prefix, one address is a value; `10.0.0.0/8`, `10.0.0.1`. */
export function network({ family, network: first, prefixLength }: Cidr): NftOperand {
  return prefixLength === ADDRESS_BITS[family] ? value(first) : { kind: 'prefix', value: first, length: prefixLength };
}

export const meta = (key: NftMetaKey): NftField => ({ kind: 'meta', key });
export const ct = (key: 'state' | 'status'): NftField => ({ kind: 'ct', key });
export const payload = (field: Extract<NftField, { kind: 'payload' }>['field']): NftField => ({
  kind: 'payload',
  field,
});
export const fibType = (selector: 'saddr' | 'daddr'): NftField => ({
  kind: 'fib',
  selectors: [selector],
  result: 'type',
});
export const concat = (...parts: NftExpression[]): NftExpression => ({ kind: 'concat', parts });

export const equals = (left: NftExpression, right: NftOperand | NftSetRef): NftStatement => ({
  kind: 'match',
  left,
  operator: '==',
  right,
});
export const differs = (left: NftExpression, right: NftOperand | NftSetRef): NftStatement => ({
  kind: 'match',
  left,
  operator: '!=',
  right,
});

export const namedSet = (name: string): NftSetRef => ({ kind: 'namedSet', name });
export const anonymousSet = (elements: readonly NftElement[]): NftSetRef => ({
  kind: 'anonymousSet',
  elements: elementsOf(elements),
});
export const vmap = (key: NftExpression, map: NftSetRef): NftStatement => ({ kind: 'vmap', key, map });

export const isNew: NftStatement = {
  kind: 'match',
  left: ct('state'),
  operator: 'any',
  right: value(NFT_NAMES.ct_state?.new ?? 0),
};
export const isInvalid: NftStatement = {
  kind: 'match',
  left: ct('state'),
  operator: 'any',
  right: value(NFT_NAMES.ct_state?.invalid ?? 0),
};
export const isTranslated: NftStatement = {
  kind: 'match',
  left: ct('status'),
  operator: 'any',
  right: value(NFT_NAMES.ct_status?.dnat ?? 0),
};

const LOCAL = value(NFT_NAMES.fib_addrtype?.local ?? 0);
export const fromLocalAddress = equals(fibType('saddr'), LOCAL);
export const toLocalAddress = equals(fibType('daddr'), LOCAL);

const mark = (operator: '|' | '^' | '&', bit: number): NftExpression => ({
  kind: 'bitwise',
  operator,
  left: meta('mark'),
  right: constant(value(bit), 'mark'),
});
export const setMark = (bit: number): NftStatement => ({ kind: 'assign', field: meta('mark'), value: mark('|', bit) });
export const flipMark = (bit: number): NftStatement => ({ kind: 'assign', field: meta('mark'), value: mark('^', bit) });
export const isUnmarked = (bit: number): NftStatement => equals(mark('&', bit), value(0));
export const isMarked = (bit: number): NftStatement => differs(mark('&', bit), value(0));

/** What differs between a table `ip` and a table `ip6`. */
export interface FamilyWords {
  readonly family: 'ip' | 'ip6';
  readonly type: 'ipv4_addr' | 'ipv6_addr';
  readonly source: NftField;
  readonly destination: NftField;
  /** `ip daddr . meta l4proto . th dport` */
  readonly destinationKey: NftExpression;
}

const PORT_KEY = [meta('l4proto'), payload('th dport')] as const;
export const portKey = concat(...PORT_KEY);

export const WORDS: Readonly<Record<IpFamily, FamilyWords>> = {
  IPv4: wordsOf('ip', 'ipv4_addr'),
  IPv6: wordsOf('ip6', 'ipv6_addr'),
};

function wordsOf(family: FamilyWords['family'], type: FamilyWords['type']): FamilyWords {
  const destination = payload(`${family} daddr`);
  return {
    family,
    type,
    source: payload(`${family} saddr`),
    destination,
    destinationKey: concat(destination, ...PORT_KEY),
  };
}
