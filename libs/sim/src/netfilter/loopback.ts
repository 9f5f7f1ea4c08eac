/**
 * What the kernel does to loopback addresses before any rule decides.
 *
 * Models: martian destinations, loopback sources that cannot leave, `route_localnet` as the way around both.
 * Source: net/ipv4/route.c (ip_route_input_slow, __mkroute_output), net/ipv6/ip6_input.c; tried on kernel 6.18.
 * Simplified: a packet with one of the node's own sources is taken to have come over the loopback, never to be spoofed.
 * Who could tell: someone who sends packets with a node's own address to it from outside; the kernel drops those too.
 */
import { invariant } from '../kernel/invariant.js';
import type { IpFamily } from '../objects.js';
import { type Cidr, type Ip, parseCidr } from './address.js';
import type { NodeContext } from './packet.js';

export const LOOPBACK_CIDRS: Readonly<Record<IpFamily, Cidr>> = {
  IPv4: cidrOf('127.0.0.0/8'),
  IPv6: cidrOf('::1/128'),
};

/** By the canonical text: it is asked for every packet that comes from outside. */
export function isLoopback({ family, text }: Ip): boolean {
  return family === 'IPv4' ? text.startsWith('127.') : text === '::1';
}

/** Routing refuses a loopback destination from outside. IPv4 looks after DNAT, IPv6 before it and without a way around. */
export function isMartian(
  packet: { sourceIp: Ip; destinationIp: Ip; inInterface: string | null },
  node: NodeContext,
): boolean {
  if (!isLoopback(packet.destinationIp) || packet.inInterface === 'lo') return false;
  if (node.isLocalAddress(packet.sourceIp)) return false;
  return packet.destinationIp.family === 'IPv6' || !node.routeLocalnet;
}

/** The source was chosen before DNAT in OUTPUT; a loopback one leaves only with route_localnet, which IPv6 lacks. */
export function isStuckOnLoopback(source: Ip, node: NodeContext): boolean {
  return isLoopback(source) && (source.family === 'IPv6' || !node.routeLocalnet);
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  invariant(cidr !== null, `${text} is a CIDR`);
  return cidr;
}
