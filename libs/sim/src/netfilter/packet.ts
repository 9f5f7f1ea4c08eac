/**
 * A first packet of a connection, and what a node's kernel knows besides its rules.
 *
 * Models: the fields that kube-proxy's rules look at; routing as far as source addresses depend on it.
 * Source: net/ipv4/route.c (martians, route_localnet), nf_nat_masquerade.c (address of the egress interface).
 * Simplified: no payload, no TTL, no fragments; one route per destination.
 * Who could tell: someone with policy routing or several uplinks.
 */
import type { Protocol } from '../objects.js';
import type { Ip } from './address.js';

export interface Packet {
  sourceIp: Ip;
  /** Null: not chosen yet; then it is any ephemeral one. */
  sourcePort: number | null;
  destinationIp: Ip;
  destinationPort: number;
  protocol: Protocol;
  /** Null for a packet made on the node, and where the interface is not known; then no `-i` matches. */
  inInterface: string | null;
}

/** The way a packet leaves towards an address. */
export interface Egress {
  interface: string;
  /**
   * What MASQUERADE takes: the interface's address, and the node's primary one where the interface is the loopback (its
   * own address has host scope). Null: not known.
   */
  address: Ip | null;
  /** The address is one of the node itself: the packet goes to its INPUT. */
  local: boolean;
}

/** Must be a fixed function of the address as long as a compiled ruleset lives. */
export interface NodeContext {
  readonly name: string;
  /** What `addrtype LOCAL` knows: 127.0.0.0/8, ::1 and all addresses of the node. */
  isLocalAddress(ip: Ip): boolean;
  egress(ip: Ip): Egress;
  /** Of one interface, the one first that the kernel prefers; empty where it has none or there is no such interface. */
  addressesOf(interfaceName: string): readonly Ip[];
  /** Its ports are the pods'. Absent: each pod has a link of its own. */
  readonly bridge?: string;
  /** `net.ipv4.conf.*.route_localnet`: 127/8 may leave and enter by other interfaces than the loopback. */
  readonly routeLocalnet: boolean;
}

/** Where a packet meets the rules: on PREROUTING, or on OUTPUT because a process of the node made it. */
export type Entry = 'arriving' | 'local';
