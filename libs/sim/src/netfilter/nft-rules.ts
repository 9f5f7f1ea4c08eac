/**
 * Typed rules of nftables: what mode nftables produces, what a node's `nft list ruleset` is read into, what is walked.
 *
 * Models: tables of families ip, ip6 and inet; chains, sets, maps, and the statements that filter, mark and translate.
 * Source: nft(8); include/uapi/linux/netfilter/nf_tables.h.
 * Simplified: what only counts or logs is kept as text is; flowtables, bridge, arp and netdev tables have no place here.
 * Who could tell: someone with a flowtable, whose packets pass by the rules after the first ones.
 *
 * As in the kernel, a value is a number, whatever it stands for: an address, a port, a mark, the bits of a connection's
 * state. How it is written follows from the data type (nft-datatypes.ts). Only names of interfaces are texts.
 */
import type { Hook } from '../trace-result.js';

export type NftFamily = 'ip' | 'ip6' | 'inet';

export interface NftTable {
  readonly syntax: 'nft';
  readonly family: NftFamily;
  readonly name: string;
  readonly comment?: string;
  /** Flag `dormant`: its base chains are not hooked in. */
  readonly dormant?: boolean;
  /** In the order in which they were made. */
  readonly chains: ReadonlyMap<string, NftChain>;
  /** Those of them that hang on a hook, where somebody has them at hand: it spares the search through thousands. */
  readonly baseChains?: readonly NftChain[];
  /** Sets and maps; they share one space of names. */
  readonly sets: ReadonlyMap<string, NftSet>;
  /** An object that a chain of this name belongs to: while it is the same, so are all chains that belong to it. */
  partOf?(chain: string): object | undefined;
}

export interface NftChain {
  readonly name: string;
  /** Absent: walked only where a rule leads there. */
  readonly base?: NftBase;
  readonly comment?: string;
  readonly rules: readonly NftRule[];
}

export interface NftBase {
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: Hook;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

export interface NftRule {
  /** Carried out one after the other; the first one that does not hold ends the rule. */
  readonly statements: readonly NftStatement[];
  readonly comment?: string;
}

export type NftVerdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export type NftStatement =
  | NftMatch
  | NftVerdict
  | { readonly kind: 'reject'; readonly with: NftRejection }
  /** `KEY vmap MAP`: the verdict of the element that holds the key; where none does, the rule ends. */
  | { readonly kind: 'vmap'; readonly key: NftExpression; readonly map: NftSetRef }
  | NftTranslation
  | { readonly kind: 'masquerade'; readonly port: NftOperand | null; readonly flags: readonly NftNatFlag[] }
  | { readonly kind: 'redirect'; readonly port: NftExpression | null; readonly flags: readonly NftNatFlag[] }
  /** `meta mark set VALUE`, `ct mark set VALUE`; other fields may be set too, and nothing here ever reads them. */
  | { readonly kind: 'assign'; readonly field: NftField; readonly value: NftExpression }
  | NftDynamic
  /** `counter packets 0 bytes 0`; with a name: an object of the table. */
  | { readonly kind: 'counter'; readonly name?: string; readonly packets?: number; readonly bytes?: number }
  | NftLimit
  /** `ct count 20`, `ct count over 20`: how many connections the element or the rule has. */
  | { readonly kind: 'connectionCount'; readonly count: number; readonly over: boolean }
  | { readonly kind: 'log'; readonly options: NftLogOptions }
  | { readonly kind: 'notrack' };

/** `LEFT OPERATOR RIGHT`. */
export interface NftMatch {
  readonly kind: 'match';
  readonly left: NftExpression;
  readonly operator: NftOperator;
  readonly right: NftOperand | NftSetRef;
}

/**
 * `==` is not written. `any` and `none` compare bits: `ct state established,related` holds where one of them is set,
 * `ct state != established | related` where none is. `==` and `!=` with a set, range or prefix ask whether it has the value.
 */
export type NftOperator = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'any' | 'none';

/** A constant: what a field is compared with, or one part of a set's element. */
export type NftOperand =
  | { readonly kind: 'value'; readonly value: NftValue }
  /** Both ends belong to it. */
  | { readonly kind: 'range'; readonly from: bigint; readonly to: bigint }
  /** `10.0.0.0/8`; the bits behind `length` are clear. */
  | { readonly kind: 'prefix'; readonly value: bigint; readonly length: number }
  /** Concatenated constants: `10.0.0.1 . 80`. */
  | { readonly kind: 'tuple'; readonly parts: readonly NftOperand[] }
  /** The element `*` of a set: what no other element holds. */
  | { readonly kind: 'anything' };

/** Texts are names of interfaces; one that ends in `*` stands for all that begin so. */
export type NftValue = bigint | string;

export type NftExpression =
  | NftField
  | { readonly kind: 'constant'; readonly operand: NftOperand; readonly type: NftDataType }
  /** `random`: any number below `modulus`, plus `offset`, each as likely. `inc`: one after the other. */
  | { readonly kind: 'numgen'; readonly mode: 'random' | 'inc'; readonly modulus: number; readonly offset: number }
  | {
      readonly kind: 'bitwise';
      readonly operator: '&' | '|' | '^' | '<<' | '>>';
      readonly left: NftExpression;
      readonly right: NftExpression;
    }
  /** `A . B . C` */
  | { readonly kind: 'concat'; readonly parts: readonly NftExpression[] }
  /** `KEY map MAP`: the value of the element that holds the key; where none does, the rule ends. */
  | { readonly kind: 'map'; readonly key: NftExpression; readonly map: NftSetRef };

/** What a packet, its connection or the node's routes say. A packet that lacks the field ends the rule. */
export type NftField =
  | { readonly kind: 'payload'; readonly field: NftPayloadField }
  | { readonly kind: 'meta'; readonly key: NftMetaKey }
  | { readonly kind: 'ct'; readonly key: NftCtKey }
  /** `ct original ip saddr`, `ct reply proto-dst`: a connection's addresses and ports in one of its directions. */
  | { readonly kind: 'ctTuple'; readonly direction: 'original' | 'reply'; readonly key: NftCtTupleKey }
  | {
      readonly kind: 'fib';
      /** What is looked up and what narrows the search: `['daddr', 'iif']`. */
      readonly selectors: readonly ('saddr' | 'daddr' | 'mark' | 'iif' | 'oif')[];
      readonly result: 'type' | 'oif' | 'oifname' | 'exists';
    };

export type NftPayloadField =
  | 'ip saddr'
  | 'ip daddr'
  | 'ip protocol'
  | 'ip6 saddr'
  | 'ip6 daddr'
  | 'ip6 nexthdr'
  | `${'tcp' | 'udp' | 'sctp' | 'th'} ${'sport' | 'dport'}`
  | 'tcp flags'
  | `${'icmp' | 'icmpv6'} ${'type' | 'code'}`;

export type NftMetaKey =
  | 'l4proto'
  | 'nfproto'
  | 'protocol'
  | 'mark'
  | 'iif'
  | 'oif'
  | 'iifname'
  | 'oifname'
  | 'iifgroup'
  | 'oifgroup'
  | 'pkttype'
  | 'skuid'
  | 'skgid'
  | 'priority'
  | 'nftrace';

export type NftCtKey = 'state' | 'status' | 'mark' | 'direction' | 'zone' | 'helper' | 'label';

export type NftCtTupleKey = `${'ip' | 'ip6'} ${'saddr' | 'daddr'}` | 'l3proto' | 'protocol' | `proto-${'src' | 'dst'}`;

/** The names that nft has for them. */
export type NftDataType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'nf_proto'
  | 'ether_type'
  | 'mark'
  | 'ifname'
  | 'iface_index'
  | 'devgroup'
  | 'pkt_type'
  | 'uid'
  | 'gid'
  | 'classid'
  | 'ct_state'
  | 'ct_status'
  | 'ct_dir'
  | 'ct_label'
  | 'fib_addrtype'
  | 'tcp_flag'
  | 'icmp_type'
  | 'icmp_code'
  | 'icmpv6_type'
  | 'icmpv6_code'
  | 'boolean'
  | 'string'
  | 'integer';

/** `@name`, or `{ … }` in the rule itself. */
export type NftSetRef =
  | { readonly kind: 'namedSet'; readonly name: string }
  | { readonly kind: 'anonymousSet'; readonly elements: NftElements };

/** By `elementKey`; in the order in which they are written. */
export type NftElements = ReadonlyMap<string, NftElement>;

/** A set, or a map where `data` says what its elements lead to. */
export interface NftSet {
  readonly name: string;
  /** One data type, or several of a concatenation. */
  readonly key: readonly NftDataType[];
  /** `typeof …` instead of `type …`: written so where it was declared so. */
  readonly keyOf?: readonly NftExpression[];
  readonly data?: 'verdict' | readonly NftDataType[];
  readonly dataOf?: readonly NftExpression[];
  readonly flags: readonly NftSetFlag[];
  /** How long an element stays where it says nothing itself; absent: for ever. */
  readonly timeoutSeconds?: number;
  readonly gcIntervalSeconds?: number;
  readonly size?: number;
  readonly policy?: 'memory';
  readonly autoMerge?: boolean;
  /** Statements that each element has: `counter`, `limit rate …`. */
  readonly statements?: readonly NftStatement[];
  readonly comment?: string;
  readonly elements: NftElements;
}

export type NftSetFlag = 'constant' | 'dynamic' | 'interval' | 'timeout';

export interface NftElement {
  /** A `tuple` in sets of concatenations. */
  readonly key: NftOperand;
  /** What a map gives for it: a verdict, or a constant. */
  readonly data?: NftVerdict | NftOperand;
  readonly timeoutSeconds?: number;
  readonly comment?: string;
}

/**
 * `update @set { ip saddr timeout 10s }`: the packet's own element is added, or stamped anew.
 * `statements` must hold for the rule to go on: `add @meter { ip saddr limit rate over 10/second } drop`.
 */
export interface NftDynamic {
  readonly kind: 'dynamic';
  readonly operation: 'add' | 'update';
  readonly set: string;
  readonly key: NftExpression;
  /** Of a map. */
  readonly data?: NftExpression;
  readonly timeoutSeconds?: number;
  readonly statements?: readonly NftStatement[];
}

/** `dnat to …`, `snat to …`. */
export interface NftTranslation {
  readonly kind: 'dnat' | 'snat';
  /** Written where the table is inet: `dnat ip to`. */
  readonly family: 'ip' | 'ip6' | null;
  /** A constant (value, range or prefix), or a look-up; one whose map gives `address . port` says both. Null: it stays. */
  readonly address: NftExpression | null;
  readonly port: NftExpression | null;
  readonly flags: readonly NftNatFlag[];
}

export type NftNatFlag = 'random' | 'fully-random' | 'persistent';

/** `null`: as nft does it without being told, ICMP port unreachable. */
export type NftRejection =
  | null
  | 'tcp reset'
  | { readonly protocol: 'icmp' | 'icmpv6' | 'icmpx'; readonly code: string };

export interface NftLimit {
  readonly kind: 'limit';
  readonly rate: number;
  /** `packets` where none is written. */
  readonly unit: 'packets' | 'bytes' | 'kbytes' | 'mbytes';
  readonly per: 'second' | 'minute' | 'hour' | 'day' | 'week';
  readonly over: boolean;
  readonly burst: number | null;
  readonly burstUnit: NftLimit['unit'];
}

export interface NftLogOptions {
  readonly prefix?: string;
  readonly level?: string;
  readonly group?: number;
  readonly snaplen?: number;
  readonly queueThreshold?: number;
  readonly flags?: readonly string[];
}

/** What an element is found by; equal keys have equal texts. */
export function elementKey(key: NftOperand): string {
  switch (key.kind) {
    case 'value':
      return String(key.value);
    case 'range':
      return `${key.from}-${key.to}`;
    case 'prefix':
      return `${key.value}/${key.length}`;
    case 'tuple':
      return key.parts.map(elementKey).join(' . ');
    case 'anything':
      return '*';
  }
}

/** The elements of a set or map, by key. */
export function elementsOf(elements: Iterable<NftElement>): Map<string, NftElement> {
  const byKey = new Map<string, NftElement>();
  for (const element of elements) byKey.set(elementKey(element.key), element);
  return byKey;
}
