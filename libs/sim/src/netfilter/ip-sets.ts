/**
 * Sets of addresses and ports that rules of iptables match against.
 *
 * Models: membership of a packet in the types of sets that kube-proxy makes, and in nets and lists of sets.
 * Source: ipset(8); net/netfilter/ipset/ip_set_hash_*.c, ip_set_bitmap_port.c; net/netfilter/xt_set.c.
 * Simplified: entries have no timeouts, counters or marks; the source port of a packet is not known, so no entry has it.
 * Who could tell: someone whose sets hold source ports.
 */
import type { IpFamily, Protocol } from '../objects.js';
import { type Cidr, contains, hostCidr, type Ip, parseCidr } from './address.js';
import type { NodeContext } from './packet.js';

export type IpSetType =
  | 'hash:ip'
  | 'hash:net'
  | 'hash:ip,port'
  | 'hash:net,port'
  | 'hash:ip,port,ip'
  | 'hash:ip,port,net'
  | 'bitmap:port'
  | 'list:set';

/** Parts of an entry: a rule with fewer directions matches nothing. */
export const DIMENSIONS: Readonly<Record<IpSetType, number>> = {
  'hash:ip': 1,
  'hash:net': 1,
  'hash:ip,port': 2,
  'hash:net,port': 2,
  'hash:ip,port,ip': 3,
  'hash:ip,port,net': 3,
  'bitmap:port': 1,
  'list:set': 1,
};

export interface IpSet {
  readonly name: string;
  readonly type: IpSetType;
  readonly ipFamily: IpFamily;
  /** As `ipset save` writes them: `10.0.0.1,tcp:80,10.180.0.0/16`, and `10.0.0.0/8 nomatch`. */
  readonly entries: readonly string[];
  /** Of a list:set. */
  readonly members?: readonly IpSet[];
}

/** Which side of the packet stands for each part of an entry: `dst,dst,src`. */
export type SetDirections = readonly ('src' | 'dst')[];

/** What a set looks at. */
export interface SetQuestion {
  readonly node: NodeContext;
  readonly sourceIp: Ip;
  readonly destinationIp: Ip;
  readonly destinationPort: number;
  readonly protocol: Protocol;
  sourceTested(cidr: Cidr): void;
  /** Told what was looked up; null: anything the set holds may have had a say. */
  askedSet(set: IpSet, key: string | null): void;
}

interface SetIndex {
  /** Whole entries, or what comes before the third part. */
  readonly keys: ReadonlySet<string>;
  /** Third parts by what comes before them. */
  readonly networks: ReadonlyMap<string, readonly Cidr[]>;
  /** Addresses in front, by what comes behind them. */
  readonly fronts: Map<string, readonly Cidr[]>;
}

const indexes = new WeakMap<IpSet, SetIndex>();

export function isInSet(set: IpSet, directions: SetDirections, question: SetQuestion): boolean {
  if (directions.length < DIMENSIONS[set.type]) return false;
  if (set.type === 'list:set') return (set.members ?? []).some((member) => isInSet(member, directions, question));
  if (set.type === 'hash:net' || set.type === 'hash:net,port') return isInNets(set, directions, question);
  const key = keyFor(set, directions, question);
  question.askedSet(set, directions[0] === 'src' ? null : key);
  if (key === null) return false;
  if (!hasThirdPart(set.type)) return indexOf(set).keys.has(key);
  const networks = indexOf(set).networks.get(key) ?? [];
  if (directions[2] === 'dst') return networks.some((network) => contains(network, question.destinationIp));
  for (const network of networks) question.sourceTested(network);
  return networks.some((network) => contains(network, question.sourceIp));
}

/** The longest net that holds the address decides, and `nomatch` makes it an exception. */
function isInNets(set: IpSet, directions: SetDirections, question: SetQuestion): boolean {
  question.askedSet(set, null);
  const { destinationIp, destinationPort, protocol, sourceIp } = question;
  if (directions[1] === 'src' && set.type === 'hash:net,port') return false;
  const nets = netsOf(set).get(set.type === 'hash:net' ? '' : `${protocol.toLowerCase()}:${destinationPort}`) ?? [];
  if (directions[0] === 'src') {
    if (nets.length > MOST_NETS_TOLD) question.sourceTested(hostCidr(sourceIp));
    else for (const { cidr } of nets) question.sourceTested(cidr);
  }
  const ip = directions[0] === 'src' ? sourceIp : destinationIp;
  const found = nets.find(({ cidr }) => contains(cidr, ip));
  return found !== undefined && !found.isExcepted;
}

interface Net {
  cidr: Cidr;
  isExcepted: boolean;
}

/** With more of them it is cheaper to take each source for itself. */
const MOST_NETS_TOLD = 64;

const nets = new WeakMap<IpSet, ReadonlyMap<string, readonly Net[]>>();

/** By protocol and port, the longest first. */
function netsOf(set: IpSet): ReadonlyMap<string, readonly Net[]> {
  let known = nets.get(set);
  if (known === undefined) {
    known = readNets(set);
    nets.set(set, known);
  }
  return known;
}

function readNets({ entries }: IpSet): ReadonlyMap<string, readonly Net[]> {
  const byPort = new Map<string, Net[]>();
  for (const entry of entries) {
    const [text = '', option] = entry.split(' ');
    const [network = '', port = ''] = text.split(',');
    const cidr = parseCidr(network);
    if (cidr === null) continue;
    const net = { cidr, isExcepted: option === 'nomatch' };
    const known = byPort.get(port);
    if (known === undefined) byPort.set(port, [net]);
    else known.push(net);
  }
  for (const list of byPort.values()) list.sort((a, b) => b.cidr.prefixLength - a.cidr.prefixLength);
  return byPort;
}

/** What the set holds under a key, as one text. */
export function contentOf(set: IpSet, key: string): string {
  const { keys, networks } = indexOf(set);
  return `${keys.has(key)} ${(networks.get(key) ?? []).map(({ text }) => text).join(' ')}`;
}

/** The entry that would hold the packet, or its first two parts; null: none could. */
function keyFor(set: IpSet, directions: SetDirections, question: SetQuestion): string | null {
  const { destinationIp, destinationPort, protocol, sourceIp } = question;
  // ip_set_get_ip_port knows TCP and UDP alone.
  if (set.type === 'bitmap:port')
    return directions[0] === 'dst' && protocol !== 'SCTP' ? String(destinationPort) : null;
  const port = set.type === 'hash:ip' ? '' : `,${protocol.toLowerCase()}:${destinationPort}`;
  if (port !== '' && directions[1] === 'src') return null;
  if (directions[0] === 'dst') return `${destinationIp.text}${port}`;
  tellFronts(set, port, question);
  return `${sourceIp.text}${port}`;
}

function hasThirdPart(type: IpSetType): boolean {
  return type === 'hash:ip,port,ip' || type === 'hash:ip,port,net';
}

/** As an entry of `hash:ip,port`. */
export function addressAndPort(ip: string, protocol: Protocol, port: number): string {
  return `${ip},${protocol.toLowerCase()}:${port}`;
}

function indexOf(set: IpSet): SetIndex {
  let index = indexes.get(set);
  if (index === undefined) {
    index = buildIndex(set);
    indexes.set(set, index);
  }
  return index;
}

function buildIndex({ type, entries }: IpSet): SetIndex {
  const fronts = new Map<string, readonly Cidr[]>();
  const networks = new Map<string, Cidr[]>();
  if (!hasThirdPart(type)) return { keys: new Set(entries), networks, fronts };
  for (const entry of entries) {
    const comma = entry.lastIndexOf(',');
    const key = entry.slice(0, comma);
    const network = parseCidr(entry.slice(comma + 1));
    if (network === null) continue;
    const known = networks.get(key);
    if (known === undefined) networks.set(key, [network]);
    else known.push(network);
  }
  return { keys: new Set(networks.keys()), networks, fronts };
}

/**
 * Which sources the set knows with that port: of the node's own addresses, of which a set may hold thousands, only the
 * packet's.
 */
function tellFronts(set: IpSet, port: string, question: SetQuestion): void {
  const { node, sourceIp } = question;
  const exact = parseCidr(sourceIp.text);
  if (exact !== null && node.isLocalAddress(sourceIp)) question.sourceTested(exact);
  for (const front of frontsOf(set, port)) if (!node.isLocalAddress(front.address)) question.sourceTested(front);
}

function frontsOf(set: IpSet, port: string): readonly Cidr[] {
  const { fronts, keys } = indexOf(set);
  let known = fronts.get(port);
  if (known === undefined) {
    const ends = [...keys].filter((key) => (port === '' ? !key.includes(',') : key.endsWith(port)));
    known = ends.map((key) => parseCidr(key.slice(0, key.length - port.length))).filter((cidr) => cidr !== null);
    fronts.set(port, known);
  }
  return known;
}
