/**
 * Whether one match of a rule holds for a packet as it is at that point of its walk.
 *
 * Models: the iptables matches that kube-proxy, CNIs, container engines and firewalls commonly use.
 * Source: iptables-extensions(8); net/netfilter/xt_conntrack.c, xt_mark.c, xt_connmark.c, xt_addrtype.c, xt_recent.c,
 *   xt_multiport.c, xt_tcpudp.c, xt_iprange.c.
 * Simplified: `statistic` and source ports are not decided here, the evaluator follows both ways; `recent` is answered by
 *   the caller; broadcast addresses of subnets are not known.
 * Who could tell: someone whose rules treat the broadcast address of a node's subnet in a way of their own.
 */
import { invariant } from '../kernel/invariant.js';
import type { Protocol } from '../objects.js';
import { type Cidr, contains, type Ip, parseCidr, parseIp } from './address.js';
import { hasAddressTypes } from './address-type.js';
import { type IpSet, isInSet } from './ip-sets.js';
import type { NodeContext, Packet } from './packet.js';
import type {
  AddressRange,
  ConntrackState,
  ConntrackStatus,
  ConntrackTest,
  Match,
  RecentMatch,
  TupleEnd,
} from './rules.js';
import { keyOf, type VirtualServer } from './virtual-servers.js';

/** What the matches look at. */
export interface PacketView {
  readonly node: NodeContext;
  /** As the packet came to the node, or left the process. */
  readonly original: Pick<Packet, 'sourceIp' | 'destinationIp' | 'destinationPort'>;
  readonly sourceIp: Ip;
  readonly destinationIp: Ip;
  readonly destinationPort: number;
  readonly protocol: Protocol;
  readonly inInterface: string | null;
  /** Known from the routing decision on. */
  readonly outInterface: string | null;
  readonly mark: number;
  readonly connectionMark: number;
  /** The states that connection tracking would tell at this point. */
  readonly connection: ReadonlySet<ConntrackState>;
  /** The first packet of a connection. */
  readonly opens: boolean;
  readonly confirmed: boolean;
  /** A process of the node has sent it, and it has not left yet. */
  readonly isOwn: boolean;
  /** Called with each CIDR that the source is compared with. */
  sourceTested(cidr: Cidr): void;
  /** Called where the very source decides. */
  sourceUsed(): void;
  readonly sets: ReadonlyMap<string, IpSet>;
  /** The virtual server for which IPVS has sent it on. */
  readonly balanced: VirtualServer | null;
  /** Whether the packet came in by an interface of that name; `veth+` is every name that starts so. */
  cameInBy(pattern: string): boolean;
  goesOutBy(pattern: string): boolean;
  /** Told what was looked up in a set; null: anything that it holds may have had a say. */
  askedSet(set: IpSet, key: string | null): void;
  /** Whether the address that the list is about was set in it within `seconds`, so often. */
  wasSet(match: RecentMatch): boolean;
}

export function matches(match: Match, view: PacketView): boolean {
  switch (match.kind) {
    case 'comment':
    case 'nfacct':
    case 'statistic':
    case 'nth':
    case 'sourcePort':
      return true;
    case 'multiport':
      return match.side !== 'destination' || isListed(match, view.destinationPort) !== (match.negate === true);
    case 'fixed':
      return match.holds;
    case 'protocol':
      return match.protocol === view.protocol;
    case 'ipProtocol':
      return (match.protocol === view.protocol.toLowerCase()) !== (match.negate === true);
    case 'source': {
      const cidr = readCidr(match.cidr);
      view.sourceTested(cidr);
      return contains(cidr, view.sourceIp) !== (match.negate === true);
    }
    case 'destination':
      return contains(readCidr(match.cidr), view.destinationIp) !== (match.negate === true);
    case 'destinationPort':
      return isWithin(match, view.destinationPort) !== (match.negate === true);
    case 'tcpFlags':
      return hasFlags(match, view) !== (match.negate === true);
    case 'inInterface':
      return view.cameInBy(match.name) !== (match.negate === true);
    case 'outInterface':
      return view.goesOutBy(match.name) !== (match.negate === true);
    case 'addrtype':
      return hasAddressTypes(match, view);
    case 'mark':
      return ((view.mark & match.mask) >>> 0 === match.value >>> 0) !== (match.negate === true);
    case 'connmark':
      if (!isTracked(view)) return false;
      return ((view.connectionMark & match.mask) >>> 0 === match.value >>> 0) !== (match.negate === true);
    case 'conntrack':
      return connectionMatches(match, view);
    case 'iprange':
      return isInRanges(match, view);
    case 'recent':
      return (match.operation === 'set' || view.wasSet(match)) !== (match.negate === true);
    case 'set':
      return isInSet(setNamed(match.name, view), match.directions, view) !== (match.negate === true);
    case 'physdev':
      return passesBridgePorts(match, view);
    case 'owner':
      return isOwned(match, view);
    case 'rpfilter':
      return comesTheWayBack(match, view) !== (match.negate === true);
    case 'ipvs':
      return view.balanced !== null && isServer(match, view.balanced);
    default:
      return unknownMatch(match);
  }
}

/** Bridges call iptables, as kube-proxy needs it: of what goes from port to port they also know the one it leaves by. */
function passesBridgePorts({ isIn, isOut, isBridged }: MatchOf<'physdev'>, view: PacketView): boolean {
  const { bridge } = view.node;
  const cameIn = bridge !== undefined && view.cameInBy(bridge);
  const goesOut = cameIn && view.goesOutBy(bridge);
  return [
    [isIn, cameIn],
    [isOut, goesOut],
    [isBridged, goesOut],
  ].every(([wanted, holds]) => wanted === undefined || wanted === holds);
}

/** Processes of a node are root's; for what only passes through, what is asked holds where it is negated. */
function isOwned({ user, group, socketExists }: MatchOf<'owner'>, { isOwn }: PacketView): boolean {
  if (!isOwn)
    return [user, group].every((range) => range === undefined || range.negate === true) && socketExists !== true;
  if (socketExists === false) return false;
  return [user, group].every((range) => range === undefined || (range.first === 0) !== (range.negate === true));
}

function comesTheWayBack({ loose }: MatchOf<'rpfilter'>, view: PacketView): boolean {
  view.sourceUsed();
  const { interface: back, local } = view.node.egress(view.sourceIp);
  if (view.inInterface === 'lo') return true;
  if (local) return false;
  return loose || view.inInterface === null || view.inInterface === back;
}

function setNamed(name: string, { sets, node }: PacketView): IpSet {
  const set = sets.get(name);
  if (set === undefined) invariant(false, `a rule asks the set ${name}, which does not exist (node ${node.name})`);
  return set;
}

function isServer({ address, protocol, port }: MatchOf<'ipvs'>, server: VirtualServer): boolean {
  const ip = readCidr(address).address;
  return keyOf(server) === keyOf({ ...server, ip, protocol, port });
}

type MatchOf<K extends Match['kind']> = Extract<Match, { kind: K }>;

function isWithin({ port, last = port }: MatchOf<'destinationPort'>, actual: number): boolean {
  return port <= actual && actual <= last;
}

function isListed({ ports }: MatchOf<'multiport'>, port: number): boolean {
  return ports.some(({ first, last }) => first <= port && port <= last);
}

/** A first packet has SYN alone, a later one ACK. */
function hasFlags({ mask, set }: MatchOf<'tcpFlags'>, { opens }: PacketView): boolean {
  const own = opens ? 'SYN' : 'ACK';
  return mask.every((flag) => set.includes(flag) === (flag === own)) && set.every((flag) => mask.includes(flag));
}

export function isTracked({ connection }: PacketView): boolean {
  return !connection.has('UNTRACKED') && !connection.has('INVALID');
}

/** A packet that is not tracked has a state, and nothing else that could be asked. */
function connectionMatches({ states, negate, tests = [] }: MatchOf<'conntrack'>, view: PacketView): boolean {
  const asksState = states.length > 0;
  if (asksState && states.some((state) => view.connection.has(state)) === (negate === true)) return false;
  if (!isTracked(view)) return asksState;
  return tests.every((test) => connectionHas(test, view));
}

function connectionHas(test: ConntrackTest, view: PacketView): boolean {
  switch (test.test) {
    case 'protocol':
      return (PROTOCOL_NUMBERS[view.protocol] === protocolNumber(test.protocol)) !== (test.negate === true);
    case 'address': {
      const cidr = readCidr(test.cidr);
      const ip = endOf(test.end, view);
      if (test.end === 'origsrc' || test.end === 'repldst') view.sourceTested(cidr);
      return contains(cidr, ip) !== (test.negate === true);
    }
    case 'port': {
      const port = test.end === 'origdst' ? view.original.destinationPort : view.destinationPort;
      return (test.ports.first <= port && port <= test.ports.last) !== (test.negate === true);
    }
    case 'status':
      return test.statuses.some((status) => hasStatus(status, view)) !== (test.negate === true);
    case 'direction':
      return test.direction === 'ORIGINAL';
  }
}

function endOf(end: TupleEnd, view: PacketView): Ip {
  switch (end) {
    case 'origsrc':
      return view.original.sourceIp;
    case 'origdst':
      return view.original.destinationIp;
    case 'replsrc':
      return view.destinationIp;
    case 'repldst':
      return view.sourceIp;
  }
}

/** A connection is confirmed when its first packet has passed all rules, which over the loopback are walked twice. */
function hasStatus(status: ConntrackStatus, { opens, confirmed }: PacketView): boolean {
  if (status === 'CONFIRMED') return confirmed || !opens;
  return !opens && (status === 'SEEN_REPLY' || status === 'ASSURED');
}

const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

function protocolNumber(text: string): number {
  return PROTOCOL_NUMBERS[text.toUpperCase() as Protocol] ?? Number(text);
}

function isInRanges({ source, destination }: MatchOf<'iprange'>, view: PacketView): boolean {
  if (destination !== undefined && isBetween(destination, view.destinationIp) === (destination.negate === true))
    return false;
  if (source === undefined) return true;
  view.sourceUsed();
  return isBetween(source, view.sourceIp) !== (source.negate === true);
}

function isBetween({ first, last }: AddressRange, ip: Ip): boolean {
  return readIp(first).value <= ip.value && ip.value <= readIp(last).value;
}

function readIp(text: string): Ip {
  const ip = parseIp(text);
  if (ip === null) invariant(false, `a rule names "${text}", which is no address`);
  return ip;
}

function readCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === null) invariant(false, `a rule names "${text}", which is no address`);
  return cidr;
}

function unknownMatch(match: never): never {
  throw new Error(`unknown match ${JSON.stringify(match)}`);
}
