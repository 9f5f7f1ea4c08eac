/**
 * What a packet says to an nft rule: the value of each field at that point of its walk.
 *
 * Models: addresses, ports, protocol, marks, interfaces, states and addresses of the connection, types of addresses.
 * Source: net/netfilter/nft_meta.c, nft_ct.c, nft_payload.c, net/ipv4/netfilter/nft_fib_ipv4.c and its IPv6 twin.
 * Simplified: a source port that nobody chose is one of the ephemeral ones; a process of a node is root's; interfaces are
 *   in group 0; an address of the node is local to each of its interfaces; a TCP packet of a known connection has ACK alone.
 * Who could tell: someone whose rules ask for a user, a group of interfaces, or one ephemeral port.
 */
import { type Cidr, type Ip, ipFromValue, parseCidr } from './address.js';
import { NFT_NAMES } from './nft-datatypes.js';
import type { NftField, NftValue } from './nft-rules.js';
import type { Walk } from './walk.js';

const PROTOCOLS = { TCP: 6n, UDP: 17n, SCTP: 132n } as const;

const EPHEMERAL_PORT = 40_000n;

const bits = (names: Partial<Record<string, number>> | undefined, name: string): bigint => BigInt(names?.[name] ?? 0);

/** Null: the packet has no such field, and the rule ends. */
export function fieldValue(field: NftField, walk: Walk): NftValue | null {
  switch (field.kind) {
    case 'payload':
      return payloadValue(field.field, walk);
    case 'meta':
      return metaValue(field.key, walk);
    case 'ct':
      return ctValue(field.key, walk);
    case 'ctTuple':
      return ctTupleValue(field, walk);
    case 'fib':
      return fibValue(field, walk);
  }
}

/** The source itself decides, so it is a class of its own. */
export function sourceItself(walk: Walk): void {
  walk.sourceTested(exactly(walk.setting.packet.sourceIp));
}

export function isSourceAddress(field: NftField): boolean {
  return field.kind === 'payload' && (field.field === 'ip saddr' || field.field === 'ip6 saddr');
}

/** `walk.sourceIp` where the header fits, without a word about who asked for it. */
export function sourceValue(field: NftField, walk: Walk): bigint | null {
  const family = field.kind === 'payload' && field.field === 'ip saddr' ? 'IPv4' : 'IPv6';
  return walk.sourceIp.family === family ? walk.sourceIp.value : null;
}

function payloadValue(field: Extract<NftField, { kind: 'payload' }>['field'], walk: Walk): bigint | null {
  const isIpv4 = walk.destinationIp.family === 'IPv4';
  switch (field) {
    case 'ip saddr':
    case 'ip6 saddr':
      sourceItself(walk);
      return sourceValue({ kind: 'payload', field }, walk);
    case 'ip daddr':
      return isIpv4 ? walk.destinationIp.value : null;
    case 'ip6 daddr':
      return isIpv4 ? null : walk.destinationIp.value;
    case 'ip protocol':
      return isIpv4 ? PROTOCOLS[walk.protocol] : null;
    case 'ip6 nexthdr':
      return isIpv4 ? null : PROTOCOLS[walk.protocol];
    case 'tcp flags':
      if (walk.protocol !== 'TCP') return null;
      return bits(NFT_NAMES.tcp_flag, walk.opens ? 'syn' : 'ack');
    case 'icmp type':
    case 'icmp code':
    case 'icmpv6 type':
    case 'icmpv6 code':
      return null;
    default: {
      const [header, port] = field.split(' ');
      if (header !== 'th' && header !== walk.protocol.toLowerCase()) return null;
      return port === 'dport' ? BigInt(walk.destinationPort) : sourcePort(walk);
    }
  }
}

function sourcePort(walk: Walk): bigint {
  const { sourcePort } = walk.setting.packet;
  return sourcePort === null ? EPHEMERAL_PORT : BigInt(sourcePort);
}

function metaValue(key: Extract<NftField, { kind: 'meta' }>['key'], walk: Walk): NftValue | null {
  switch (key) {
    case 'l4proto':
      return PROTOCOLS[walk.protocol];
    case 'nfproto':
      return bits(NFT_NAMES.nf_proto, walk.destinationIp.family === 'IPv4' ? 'ipv4' : 'ipv6');
    case 'protocol':
      return bits(NFT_NAMES.ether_type, walk.destinationIp.family === 'IPv4' ? 'ip' : 'ip6');
    case 'mark':
      return BigInt(walk.mark);
    // A packet without one has the empty name, as the kernel has it since 5.5.
    case 'iif':
    case 'iifname':
      return walk.hook === 'OUTPUT' || walk.hook === 'POSTROUTING' ? '' : (walk.inInterface ?? '');
    case 'oif':
    case 'oifname':
      return outInterface(walk);
    case 'skuid':
    case 'skgid':
      return walk.hook === 'OUTPUT' || (walk.hook === 'POSTROUTING' && walk.inInterface === null) ? 0n : null;
    case 'iifgroup':
    case 'oifgroup':
    case 'pkttype':
    case 'priority':
    case 'nftrace':
      return 0n;
  }
}

function outInterface(walk: Walk): string {
  return walk.outInterface ?? '';
}

function ctValue(key: Extract<NftField, { kind: 'ct' }>['key'], walk: Walk): NftValue | null {
  const { connection } = walk;
  switch (key) {
    case 'state':
      for (const state of ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID'] as const)
        if (connection.has(state)) return bits(NFT_NAMES.ct_state, state.toLowerCase());
      return bits(NFT_NAMES.ct_state, 'untracked');
    case 'status': {
      let status = 0n;
      if (connection.has('DNAT')) status |= bits(NFT_NAMES.ct_status, 'dnat');
      if (connection.has('SNAT')) status |= bits(NFT_NAMES.ct_status, 'snat');
      if (connection.has('ESTABLISHED')) status |= bits(NFT_NAMES.ct_status, 'confirmed');
      return status;
    }
    case 'mark':
      return BigInt(walk.connectionMark);
    case 'helper':
      return '';
    case 'direction':
    case 'zone':
    case 'label':
      return 0n;
  }
}

/** The first packet's own, or what its answer will have as far as it is known by now. */
function ctTupleValue({ direction, key }: Extract<NftField, { kind: 'ctTuple' }>, walk: Walk): bigint | null {
  const { packet } = walk.setting;
  const isOriginal = direction === 'original';
  const source = isOriginal ? packet.sourceIp : walk.destinationIp;
  const destination = isOriginal ? packet.destinationIp : walk.sourceIp;
  switch (key) {
    case 'ip saddr':
    case 'ip6 saddr':
      if (isOriginal) sourceItself(walk);
      return ofFamily(source, key);
    case 'ip daddr':
    case 'ip6 daddr':
      if (!isOriginal) sourceItself(walk);
      return ofFamily(destination, key);
    case 'l3proto':
      return bits(NFT_NAMES.nf_proto, packet.destinationIp.family === 'IPv4' ? 'ipv4' : 'ipv6');
    case 'protocol':
      return PROTOCOLS[walk.protocol];
    case 'proto-src':
      return isOriginal ? sourcePort(walk) : BigInt(walk.destinationPort);
    case 'proto-dst':
      return isOriginal ? BigInt(packet.destinationPort) : sourcePort(walk);
  }
}

function ofFamily(ip: Ip, key: string): bigint | null {
  return (ip.family === 'IPv4') === key.startsWith('ip ') ? ip.value : null;
}

function fibValue({ selectors, result }: Extract<NftField, { kind: 'fib' }>, walk: Walk): NftValue {
  const ofSource = selectors.includes('saddr');
  const ip = ofSource ? walk.sourceIp : walk.destinationIp;
  if (result === 'type') return bits(NFT_NAMES.fib_addrtype, addressType(ip, ofSource, walk));
  if (ofSource) sourceItself(walk);
  const { interface: name, local } = walk.node.egress(ip);
  const found = local ? 'lo' : name;
  const wanted = selectors.includes('iif') ? walk.inInterface : selectors.includes('oif') ? outInterface(walk) : null;
  const matches = wanted === null || wanted === found;
  if (result === 'exists') return matches ? 1n : 0n;
  return matches ? found : '';
}

const MULTICAST: Readonly<Record<Ip['family'], Cidr>> = {
  IPv4: parseCidr('224.0.0.0/4')!,
  IPv6: parseCidr('ff00::/8')!,
};
const BROADCAST = parseCidr('255.255.255.255/32')!;

function addressType(ip: Ip, ofSource: boolean, walk: Walk): 'local' | 'multicast' | 'broadcast' | 'unicast' {
  if (walk.node.isLocalAddress(ip)) return 'local';
  const multicast = MULTICAST[ip.family];
  if (ofSource) for (const cidr of [multicast, BROADCAST]) if (cidr.family === ip.family) walk.sourceTested(cidr);
  if (isWithin(ip, multicast)) return 'multicast';
  return ip.text === BROADCAST.address.text ? 'broadcast' : 'unicast';
}

function isWithin(ip: Ip, { network, prefixLength }: Cidr): boolean {
  const hostBits = BigInt((ip.family === 'IPv4' ? 32 : 128) - prefixLength);
  return ip.value >> hostBits === network >> hostBits;
}

function exactly(ip: Ip): Cidr {
  return cidrOf(ip.family, ip.value, ip.family === 'IPv4' ? 32 : 128);
}

export function cidrOf(family: Ip['family'], value: bigint, prefixLength: number): Cidr {
  const address = ipFromValue(family, value);
  return {
    family,
    address,
    network: value,
    prefixLength,
    hasHostBits: false,
    text: `${address.text}/${prefixLength}`,
  };
}
