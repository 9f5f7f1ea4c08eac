/**
 * IP addresses and CIDRs as values.
 *
 * Models: textual forms of IPv4 and IPv6 addresses, prefixes, containment.
 * Source: RFC 4291 section 2.2 (what is read), RFC 5952 (what is written); k8s.io/utils/net ParseIPSloppy for leading zeros.
 * Simplified: zones (`fe80::1%eth0`) are refused; an IPv4-mapped IPv6 address stays an IPv6 address.
 * Who could tell: someone who writes `::ffff:10.0.0.1` where an IPv4 address belongs; Go reads that as IPv4.
 */
import type { IpFamily } from '../objects.js';

export interface Ip {
  readonly family: IpFamily;
  /** 0..2^32-1 or 0..2^128-1. */
  readonly value: bigint;
  /** Canonical text: equal addresses have equal texts. */
  readonly text: string;
}

export interface Cidr {
  readonly family: IpFamily;
  /** The address as given, host bits included. */
  readonly address: Ip;
  /** First address of the network. */
  readonly network: bigint;
  readonly prefixLength: number;
  /** Whether `address` is not the first of its network: `10.0.0.1/8`. A bare address has none. */
  readonly hasHostBits: boolean;
  /** Canonical, host bits cleared, always with the prefix length. */
  readonly text: string;
}

export const ADDRESS_BITS: Readonly<Record<IpFamily, number>> = { IPv4: 32, IPv6: 128 };

/** Null where the text is no address. IPv4 octets with leading zeros are refused: they are octal to some readers. */
export function parseIp(text: string): Ip | null {
  return readIp(text, false);
}

/** As `parseIp`, but reads leading zeros of IPv4 octets as decimal, as kube-proxy does: `010.0.0.1` is 10.0.0.1. */
export function parseIpLenient(text: string): Ip | null {
  return readIp(text, true);
}

/** Reads `ADDRESS/LENGTH`, or a bare address as /32 or /128. Null where the text is neither. */
export function parseCidr(text: string): Cidr | null {
  return readCidr(text, false);
}

/** As `parseCidr` with leading zeros read as decimal, in the prefix length too: `203.0.113.000/025`. */
export function parseCidrLenient(text: string): Cidr | null {
  return readCidr(text, true);
}

/** The network that holds this address alone. */
export function hostCidr(ip: Ip): Cidr {
  const prefixLength = ADDRESS_BITS[ip.family];
  const text = `${ip.text}/${prefixLength}`;
  return { family: ip.family, address: ip, network: ip.value, prefixLength, hasHostBits: false, text };
}

/** False for an address of the other family. */
export function contains(cidr: Cidr, ip: Ip): boolean {
  if (cidr.family !== ip.family) return false;
  const hostBits = BigInt(ADDRESS_BITS[cidr.family] - cidr.prefixLength);
  return hostBits === 0n ? cidr.network === ip.value : cidr.network >> hostBits === ip.value >> hostBits;
}

/** Whether every address of `inner` is one of `outer`. CIDRs nest or are disjoint, they never overlap in part. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.prefixLength <= inner.prefixLength && contains(outer, inner.address);
}

/** 0.0.0.0 is 0, 255.255.255.255 is 2^32-1. Null where the text is no strict IPv4 address. */
export function ipv4ToNumber(text: string): number | null {
  return readIpv4(text, false);
}

/** Inverse of `ipv4ToNumber`; a signed 32-bit number is taken as its unsigned twin. */
export function numberToIpv4(value: number): string {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** The address `n` places after the network's first one (n = 0); null where the network ends before it. */
export function nthAddress(cidr: Cidr, n: number): Ip | null {
  const size = 1n << BigInt(ADDRESS_BITS[cidr.family] - cidr.prefixLength);
  const offset = BigInt(n);
  return offset < 0n || offset >= size ? null : ipFromValue(cidr.family, cidr.network + offset);
}

export function ipFromValue(family: IpFamily, value: bigint): Ip {
  return { family, value, text: family === 'IPv4' ? numberToIpv4(Number(value)) : formatIpv6(value) };
}

export function sameIp(a: Ip, b: Ip): boolean {
  return a.value === b.value && a.family === b.family;
}

/** `ip:port`, an IPv6 address in brackets. */
export function formatHostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function readIp(text: string, lenient: boolean): Ip | null {
  if (text.includes(':')) {
    const value = readIpv6(text, lenient);
    return value === null ? null : ipFromValue('IPv6', value);
  }
  const value = readIpv4(text, lenient);
  if (value === null) return null;
  return { family: 'IPv4', value: BigInt(value), text: lenient ? numberToIpv4(value) : text };
}

function readCidr(text: string, lenient: boolean): Cidr | null {
  const slash = text.indexOf('/');
  const address = readIp(slash < 0 ? text : text.slice(0, slash), lenient);
  if (address === null) return null;
  const bits = ADDRESS_BITS[address.family];
  const prefixLength = slash < 0 ? bits : readPrefixLength(text.slice(slash + 1), bits, lenient);
  if (prefixLength === null) return null;
  const hostBits = BigInt(bits - prefixLength);
  const network = (address.value >> hostBits) << hostBits;
  const hasHostBits = network !== address.value;
  const first = hasHostBits ? ipFromValue(address.family, network) : address;
  return { family: address.family, address, network, prefixLength, hasHostBits, text: `${first.text}/${prefixLength}` };
}

function readPrefixLength(text: string, bits: number, lenient: boolean): number | null {
  if (!(lenient ? /^\d+$/ : /^(0|[1-9]\d*)$/).test(text)) return null;
  const length = Number(text);
  return length <= bits ? length : null;
}

function readIpv4(text: string, lenient: boolean): number | null {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (digits === 0 || ++dots > 3) return null;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
    } else if (code >= 0x30 && code <= 0x39) {
      if (digits > 0 && octet === 0 && !lenient) return null;
      octet = octet * 10 + (code - 0x30);
      if (octet > 255) return null;
      digits++;
    } else return null;
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : null;
}

function readIpv6(text: string, lenient: boolean): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = readGroups(halves[0] ?? '', halves.length === 1, lenient);
  const tail = halves.length === 2 ? readGroups(halves[1] ?? '', true, lenient) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  let value = 0n;
  for (const group of [...head, ...new Array<number>(missing).fill(0), ...tail]) value = (value << 16n) | BigInt(group);
  return value;
}

/** 16-bit groups; the last one may be an IPv4 address where the half ends the text. An empty half has none. */
function readGroups(half: string, endsText: boolean, lenient: boolean): number[] | null {
  if (half === '') return [];
  const groups: number[] = [];
  const parts = half.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const ipv4 = endsText && index === parts.length - 1 ? readIpv4(part, lenient) : null;
      if (ipv4 === null) return null;
      groups.push(Math.floor(ipv4 / 65536), ipv4 % 65536);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function formatIpv6(value: bigint): string {
  const mapped = value >> 32n === 0xffffn;
  if (mapped) return `::ffff:${numberToIpv4(Number(value & 0xffffffffn))}`;
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(((value >> shift) & 0xffffn).toString(16));
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

/** The first one of several equally long ones (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end - 1);
  }
  return best;
}
