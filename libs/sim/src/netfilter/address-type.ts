/**
 * The kinds of addresses that `-m addrtype` tells apart.
 *
 * Models: LOCAL, by the node as a whole or by one interface; MULTICAST and BROADCAST as far as every node has them.
 * Source: net/netfilter/xt_addrtype.c; __inet_dev_addr_type in net/ipv4/fib_frontend.c; ipv6_addr_type in net/ipv6/addrconf_core.c.
 * Simplified: no broadcast addresses of subnets, no anycast; routes of type blackhole, unreachable or prohibit are not there.
 * Who could tell: someone whose node has such routes, or is sent packets to a subnet's broadcast address.
 */
import { type Cidr, contains, type Ip, parseCidr, sameIp } from './address.js';
import { isLoopback } from './loopback.js';
import type { NodeContext } from './packet.js';
import type { AddressType, AddressTypes, Match } from './rules.js';

interface AddressView {
  readonly node: NodeContext;
  readonly sourceIp: Ip;
  readonly destinationIp: Ip;
  readonly inInterface: string | null;
  readonly outInterface: string | null;
  sourceTested(cidr: Cidr): void;
  sourceUsed(): void;
}

const MULTICAST = [parseCidr('224.0.0.0/4')!, parseCidr('ff00::/8')!];
const BROADCAST = [parseCidr('0.0.0.0/8')!, parseCidr('255.255.255.255/32')!];

export function hasAddressTypes(match: Extract<Match, { kind: 'addrtype' }>, view: AddressView): boolean {
  const { source, destination, limitInterface } = match;
  const limit = limitInterface === undefined ? null : interfaceOf(limitInterface, view);
  if (destination !== undefined) {
    const holds = includes(destination, addressType(view.destinationIp, view.node, limit));
    if (holds === (match.negateDestination === true)) return false;
  }
  if (source === undefined) return true;
  tellSource(source, limit, view);
  return includes(source, addressType(view.sourceIp, view.node, limit)) !== (match.negateSource === true);
}

/** Whether a source is the node's own needs no telling. */
function tellSource(types: AddressTypes, limit: string | null, view: AddressView): void {
  if (types === 'LOCAL' && limit === null) return;
  if (limit !== null) view.sourceUsed();
  else
    for (const cidr of [...MULTICAST, ...BROADCAST]) if (cidr.family === view.sourceIp.family) view.sourceTested(cidr);
}

/** Where it is not known by which interface a packet came, it is the one by which its answer would leave. */
function interfaceOf(direction: 'in' | 'out', { node, sourceIp, inInterface, outInterface }: AddressView): string {
  const known = direction === 'in' ? inInterface : outInterface;
  return known ?? node.egress(sourceIp).interface;
}

function addressType(ip: Ip, node: NodeContext, limit: string | null): AddressType {
  if (MULTICAST.some((cidr) => contains(cidr, ip))) return 'MULTICAST';
  if (BROADCAST.some((cidr) => contains(cidr, ip))) return 'BROADCAST';
  if (!node.isLocalAddress(ip)) return 'UNICAST';
  return limit === null || isOn(ip, limit, node) ? 'LOCAL' : 'UNICAST';
}

function isOn(ip: Ip, interfaceName: string, node: NodeContext): boolean {
  if (isLoopback(ip)) return interfaceName === 'lo';
  return node.addressesOf(interfaceName).some((address) => sameIp(address, ip));
}

function includes(types: AddressTypes, type: AddressType): boolean {
  return typeof types === 'string' ? types === type : types.includes(type);
}
