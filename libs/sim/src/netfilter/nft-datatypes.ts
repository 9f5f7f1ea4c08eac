/**
 * How nftables writes a number: the data types of fields, and the names that their values have.
 *
 * Models: the data types of the fields in nft-rules.ts; decimal and hexadecimal numbers, addresses, names, lists of bits.
 * Source: nftables 1.0.6: src/datatype.c, src/ct.c, src/meta.c, src/fib.c, src/proto.c; linux/icmp.h, linux/icmpv6.h.
 * Simplified: names from /etc (services, users, groups, marks, interface groups) are not read or written; nft lists
 *   ports, users and groups as numbers by itself.
 * Who could tell: someone with own names in /etc/iproute2/rt_marks.
 */
import { ipFromValue } from './address.js';
import type { NftDataType, NftExpression, NftField, NftSet, NftTable, NftValue } from './nft-rules.js';

type Names = Readonly<Record<string, number>>;

/** Type and name → number. What a type does not name is written as a number. */
export const NFT_NAMES: Partial<Record<NftDataType, Names>> = {
  inet_proto: {
    icmp: 1,
    igmp: 2,
    ipencap: 4,
    tcp: 6,
    udp: 17,
    dccp: 33,
    ipv6: 41,
    gre: 47,
    esp: 50,
    ah: 51,
    'ipv6-icmp': 58,
    sctp: 132,
    udplite: 136,
  },
  nf_proto: { ipv4: 2, ipv6: 10 },
  ether_type: { ip: 0x0800, arp: 0x0806, '8021q': 0x8100, '8021ad': 0x88a8, vlan: 0x8100, ip6: 0x86dd },
  pkt_type: { host: 0, unicast: 0, broadcast: 1, multicast: 2, other: 3 },
  ct_state: { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 },
  ct_status: {
    expected: 1,
    'seen-reply': 2,
    assured: 4,
    confirmed: 8,
    snat: 16,
    dnat: 32,
    dying: 512,
  },
  ct_dir: { original: 0, reply: 1 },
  fib_addrtype: {
    unspec: 0,
    unicast: 1,
    local: 2,
    broadcast: 3,
    anycast: 4,
    multicast: 5,
    blackhole: 6,
    unreachable: 7,
    prohibit: 8,
  },
  tcp_flag: { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 },
  icmp_type: {
    'echo-reply': 0,
    'destination-unreachable': 3,
    'source-quench': 4,
    redirect: 5,
    'echo-request': 8,
    'router-advertisement': 9,
    'router-solicitation': 10,
    'time-exceeded': 11,
    'parameter-problem': 12,
    'timestamp-request': 13,
    'timestamp-reply': 14,
    'info-request': 15,
    'info-reply': 16,
    'address-mask-request': 17,
    'address-mask-reply': 18,
  },
  icmp_code: {
    'net-unreachable': 0,
    'host-unreachable': 1,
    'prot-unreachable': 2,
    'port-unreachable': 3,
    'net-prohibited': 9,
    'host-prohibited': 10,
    'admin-prohibited': 13,
    'frag-needed': 4,
  },
  icmpv6_type: {
    'destination-unreachable': 1,
    'packet-too-big': 2,
    'time-exceeded': 3,
    'parameter-problem': 4,
    'echo-request': 128,
    'echo-reply': 129,
    'mld-listener-query': 130,
    'mld-listener-report': 131,
    'mld-listener-done': 132,
    'mld-listener-reduction': 132,
    'nd-router-solicit': 133,
    'nd-router-advert': 134,
    'nd-neighbor-solicit': 135,
    'nd-neighbor-advert': 136,
    'nd-redirect': 137,
    'router-renumbering': 138,
    'ind-neighbor-solicit': 141,
    'ind-neighbor-advert': 142,
    'mld2-listener-report': 143,
  },
  icmpv6_code: {
    'no-route': 0,
    'admin-prohibited': 1,
    'addr-unreachable': 3,
    'port-unreachable': 4,
    'policy-fail': 5,
    'reject-route': 6,
  },
  boolean: { missing: 0, exists: 1 },
};

/** Lists of bits: one value may have several names. */
const BITS: ReadonlySet<NftDataType> = new Set(['ct_state', 'ct_status', 'tcp_flag']);

/** Written as `0x` and eight digits. */
const HEXADECIMAL: ReadonlySet<NftDataType> = new Set(['mark', 'classid']);

const nameByNumber = new Map<NftDataType, ReadonlyMap<number, string>>();

/** Of two names for one number nft writes the first one. */
function namesOf(type: NftDataType): ReadonlyMap<number, string> {
  let names = nameByNumber.get(type);
  if (names === undefined) {
    const entries = Object.entries(NFT_NAMES[type] ?? {}).map(([name, number]) => [number, name] as const);
    names = new Map(entries.reverse());
    nameByNumber.set(type, names);
  }
  return names;
}

/** As `nft list ruleset` writes it. */
export function formatNftValue(value: NftValue, type: NftDataType): string {
  if (typeof value === 'string') return `"${value}"`;
  if (type === 'ipv4_addr') return ipFromValue('IPv4', value).text;
  if (type === 'ipv6_addr') return ipFromValue('IPv6', value).text;
  if (BITS.has(type)) return formatBits(Number(value), type);
  if (HEXADECIMAL.has(type)) return `0x${value.toString(16).padStart(8, '0')}`;
  return namesOf(type).get(Number(value)) ?? value.toString();
}

/** In ascending order of the bits; those without a name as one number. */
function formatBits(value: number, type: NftDataType): string {
  const texts: string[] = [];
  let rest = value;
  for (const [bit, name] of [...namesOf(type)].sort(([a], [b]) => a - b)) {
    if ((rest & bit) === 0) continue;
    rest &= ~bit;
    texts.push(name);
  }
  if (rest !== 0 || texts.length === 0) texts.push(`0x${rest.toString(16)}`);
  return texts.join(',');
}

export function isBits(type: NftDataType): boolean {
  return BITS.has(type);
}

const META_TYPES: Readonly<Record<Extract<NftField, { kind: 'meta' }>['key'], NftDataType>> = {
  l4proto: 'inet_proto',
  nfproto: 'nf_proto',
  protocol: 'ether_type',
  mark: 'mark',
  iif: 'iface_index',
  oif: 'iface_index',
  iifname: 'ifname',
  oifname: 'ifname',
  iifgroup: 'devgroup',
  oifgroup: 'devgroup',
  pkttype: 'pkt_type',
  skuid: 'uid',
  skgid: 'gid',
  priority: 'classid',
  nftrace: 'integer',
};

const CT_TYPES: Readonly<Record<Extract<NftField, { kind: 'ct' }>['key'], NftDataType>> = {
  state: 'ct_state',
  status: 'ct_status',
  mark: 'mark',
  direction: 'ct_dir',
  zone: 'integer',
  helper: 'string',
  label: 'ct_label',
};

const FIB_TYPES: Readonly<Record<Extract<NftField, { kind: 'fib' }>['result'], NftDataType>> = {
  type: 'fib_addrtype',
  oif: 'iface_index',
  oifname: 'ifname',
  exists: 'boolean',
};

export function fieldType(field: NftField): NftDataType {
  switch (field.kind) {
    case 'payload':
      return payloadType(field.field);
    case 'meta':
      return META_TYPES[field.key];
    case 'ct':
      return CT_TYPES[field.key];
    case 'ctTuple':
      return ctTupleType(field.key);
    case 'fib':
      return FIB_TYPES[field.result];
  }
}

function payloadType(field: Extract<NftField, { kind: 'payload' }>['field']): NftDataType {
  const [header, name] = field.split(' ') as [string, string];
  if (name === 'saddr' || name === 'daddr') return header === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  if (name === 'sport' || name === 'dport') return 'inet_service';
  if (name === 'flags') return 'tcp_flag';
  if (name === 'type') return header === 'icmp' ? 'icmp_type' : 'icmpv6_type';
  if (name === 'code') return header === 'icmp' ? 'icmp_code' : 'icmpv6_code';
  return 'inet_proto';
}

function ctTupleType(key: Extract<NftField, { kind: 'ctTuple' }>['key']): NftDataType {
  if (key.startsWith('ip ')) return 'ipv4_addr';
  if (key.startsWith('ip6 ')) return 'ipv6_addr';
  if (key === 'l3proto') return 'nf_proto';
  return key === 'protocol' ? 'inet_proto' : 'inet_service';
}

/** One data type, or several of a concatenation. `sets`: those of the rule's table, which a look-up's type comes from. */
export function expressionTypes(expression: NftExpression, sets: NftTable['sets']): readonly NftDataType[] {
  switch (expression.kind) {
    case 'constant':
      return [expression.type];
    case 'numgen':
      return ['integer'];
    case 'bitwise':
      return expressionTypes(expression.left, sets);
    case 'concat':
      return expression.parts.flatMap((part) => expressionTypes(part, sets));
    case 'map':
      return mapTypes(expression.map.kind === 'namedSet' ? sets.get(expression.map.name) : undefined);
    default:
      return [fieldType(expression)];
  }
}

/** Empty: not known; the elements of an anonymous map have the type of what takes them. */
function mapTypes(set: NftSet | undefined): readonly NftDataType[] {
  return set?.data === undefined || set.data === 'verdict' ? [] : set.data;
}
