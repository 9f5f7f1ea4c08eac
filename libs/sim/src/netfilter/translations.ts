/**
 * Where a rule of iptables may translate a packet to: one address and port, or one of several.
 *
 * Models: DNAT and SNAT to ranges, shifted ports, REDIRECT, NETMAP.
 * Source: net/netfilter/nf_nat_core.c (find_best_ips_proto, nf_nat_l4proto_unique_tuple), nf_nat_redirect.c, xt_NETMAP.c.
 * Simplified: each of several addresses is as likely, where the kernel takes one by a hash of the source.
 * Who could tell: someone who traces two connections of one client to a rule with several addresses.
 */
import { invariant } from '../kernel/invariant.js';
import { ADDRESS_BITS, type Ip, ipFromValue, parseCidr, parseIp } from './address.js';
import { ownAddress } from './effects.js';
import type { Target, TranslationTarget } from './rules.js';
import type { Walk } from './walk.js';

type TargetOf<K extends Target['kind']> = Extract<Target, { kind: K }>;

/** Where the packet may be sent, or seem to come from, each as likely; null address: there is none, and it is dropped. */
export interface Translated {
  readonly ip: Ip | null;
  /** Null: it stays. */
  readonly port: number | null;
}

export function translationsOf(target: TargetOf<'DNAT'> | TranslationTarget, walk: Walk): Translated[] {
  if (target.kind === 'DNAT') return [{ ip: readIp(target.ip, walk), port: target.port }];
  if (target.kind === 'NETMAP') return [{ ip: mapped(target, walk), port: null }];
  if (target.name === 'REDIRECT') {
    return portsFor(target, walk).map((port) => ({ ip: ownAddress(walk), port }));
  }
  const addresses = addressesFor(target, walk);
  // A source port is nobody's interest, and whatever it becomes is free.
  const ports = target.name === 'SNAT' ? [null] : portsFor(target, walk);
  return addresses.flatMap((ip) => ports.map((port) => ({ ip, port })));
}

type Ranged = Extract<TranslationTarget, { kind: 'translate' }>;

function addressesFor({ addresses }: Ranged, walk: Walk): Ip[] {
  if (addresses === null) return [walk.destinationIp];
  const first = readIp(addresses.first, walk);
  const count = Number(readIp(addresses.last, walk).value - first.value) + 1;
  return Array.from({ length: count }, (_, n) => ipFromValue(first.family, first.value + BigInt(n)));
}

/** The port that the packet has stays where the range holds it; without --random the first one is taken otherwise. */
function portsFor({ ports, basePort, random, randomFully }: Ranged, walk: Walk): (number | null)[] {
  if (ports === null) return [null];
  const { first, last } = ports;
  const size = last - first + 1;
  if (basePort !== undefined) return [first + ((((walk.destinationPort - basePort) & 0xffff) >>> 0) % size)];
  if (random === true || randomFully === true) return Array.from({ length: size }, (_, n) => first + n);
  return [first <= walk.destinationPort && walk.destinationPort <= last ? walk.destinationPort : first];
}

function mapped(target: TargetOf<'NETMAP'>, walk: Walk): Ip {
  const cidr = parseCidr(target.cidr);
  if (cidr === null) invariant(false, `a rule names "${target.cidr}", which is no network`);
  const ip = changesSource(target, walk) ? walk.sourceIp : walk.destinationIp;
  const hostBits = BigInt(ADDRESS_BITS[cidr.family] - cidr.prefixLength);
  return ipFromValue(cidr.family, cidr.network | (ip.value & ((1n << hostBits) - 1n)));
}

function readIp(text: string, walk: Walk): Ip {
  const ip = parseIp(text);
  if (ip === null) invariant(false, `a rule translates to "${text}", which is no address (node ${walk.node.name})`);
  return ip;
}

/** Whether the target is about the source; NETMAP is about what its hook is for. */
export function changesSource(target: TargetOf<'DNAT'> | TranslationTarget, { hook }: Walk): boolean {
  const isForSources = hook === 'POSTROUTING' || hook === 'INPUT';
  return target.kind === 'NETMAP' ? isForSources : target.kind === 'translate' && target.name === 'SNAT';
}
