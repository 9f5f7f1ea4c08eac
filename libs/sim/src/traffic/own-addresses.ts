/** Addresses that a node has itself: as a packet's source they are chosen for some, and refused from others. */
import type { Locations } from '../cluster/locations.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import type { CompiledRuleset } from '../netfilter/compile.js';
import type { Connection } from './connection.js';
import { refusesOwnAddress } from './ways.js';

export interface OwnAddressWorld {
  readonly locations: Locations;
  readonly addresses: AddressBook;
  rules(node: number, destination: AddressId): CompiledRuleset | null;
}

export class OwnAddresses {
  constructor(private readonly world: OwnAddressWorld) {}

  /** A process of the node has the very address that it sends to as its source, where that is bound to the node. */
  sourceOf(c: Connection): AddressId {
    const { flow, clientAddress, wanted } = c;
    if (flow.origin !== 'node' || wanted === clientAddress) return clientAddress;
    const bound = this.world.rules(flow.node, wanted)?.ruleset.boundAddresses;
    return bound?.has(this.world.addresses.at(wanted).text) ? wanted : clientAddress;
  }

  /** As the source of a packet that comes from outside. */
  areRefused(node: number, source: AddressId): boolean {
    const context = this.world.rules(node, source)?.context;
    return context !== undefined && refusesOwnAddress(context, this.world.addresses.at(source));
  }

  /** The node's address in the family of the packet's destination. */
  ofNode(node: number, destination: AddressId): AddressId {
    const { addresses, locations } = this.world;
    const { family } = addresses.at(destination);
    const own = locations.nodes[node]?.addresses.find((ip) => ip.family === family);
    return own === undefined ? destination : addresses.idOfIp(own);
  }
}

/** With an address that every node has bound. */
export function sendsAsItself(c: Connection): boolean {
  return c.flow.origin === 'node' && c.source === c.wanted;
}
