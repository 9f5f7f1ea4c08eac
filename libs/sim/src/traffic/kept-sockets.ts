/**
 * Datagrams of sockets that are kept: on each node conntrack holds them to what the rules made of the first one.
 *
 * Models: an entry on every node that they pass, its timeouts, the source port of a masquerade; rules are asked again once
 *   the entry is gone; what left untranslated and was never answered still meets the rules that filter.
 * Source: net/netfilter/nf_conntrack_core.c, nf_nat_core.c (nat chains see the first packet of an entry alone).
 * Simplified: a drop that hangs on a mark of a nat chain (to 1.24) is taken for one of a filter; two sources of traffic
 *   that send from one address have two ports, but for one chance in 28,232.
 * Who could tell: someone on 1.24 whose client had a socket open before the Service was there.
 */
import type { AddressBook } from '../netfilter/address-book.js';
import {
  type ConnectionTable,
  type Connection as Tracked,
  type Tuple,
  touchByDatagram,
} from '../netfilter/conntrack.js';
import type { Choice } from '../netfilter/decision.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import type { Decisions, DecisionWorld } from './decisions.js';
import { type Way, WayKind, wayOf } from './ways.js';

export interface KeptSocketWorld extends DecisionWorld {
  readonly addresses: AddressBook;
  now(): Nanos;
  /** Conntrack of a node. */
  conntrack(node: number): ConnectionTable;
}

/** What was decided for an entry's first packet, and where that leads as things are. */
interface Held {
  choice: Choice;
  way: Way;
  revision: number;
}

export class KeptSockets {
  private readonly held = new WeakMap<Tracked, Held>();

  constructor(
    private readonly world: KeptSocketWorld,
    private readonly decisions: Decisions,
  ) {}

  /** Where the datagram goes from the node that it is at; null: the node is gone. */
  choose(c: Connection, inInterface: string | null): Way | null {
    const { world } = this;
    if (world.rules(c.node, c.destination) === null) return null;
    const table = world.conntrack(c.node);
    const tuple = this.tupleOf(c);
    const entry = table.find(tuple, world.now());
    if (entry !== null) return this.again(c, entry, inInterface);
    const way = this.decisions.choose(c, inInterface);
    if (way !== null && way.kind !== WayKind.Drop && way.kind !== WayKind.Reject) this.confirm(c, way, table, tuple);
    return way;
  }

  /** The answer goes back through the nodes that the datagram has passed. */
  answered(c: Connection): void {
    for (const entry of c.entries) touchByDatagram(entry, true, this.world.now());
  }

  private again(c: Connection, entry: Tracked, inInterface: string | null): Way {
    const held = this.held.get(entry) as Held;
    touchByDatagram(entry, false, this.world.now());
    if (!held.choice.dnat && entry.state === 'unreplied') {
      const refusal = this.decisions.refusal(c, inInterface);
      if (refusal !== null) return refusal;
    }
    this.note(c, entry);
    if (c.heldBy < 0) c.heldBy = c.node;
    const revision = this.revision();
    if (held.revision !== revision) {
      held.way = wayOf(held.choice, c.node, this.world);
      held.revision = revision;
    }
    return held.way;
  }

  private confirm(c: Connection, way: Way, table: ConnectionTable, original: Tuple): void {
    const { addresses, now } = this.world;
    const { address, port, source } = way.choice;
    const masqueradeAs = source >= 0 ? addresses.at(source) : null;
    const translation = { destination: addresses.at(address), destinationPort: port, masqueradeAs };
    const entry = table.add(original, translation, now());
    if (entry === null) return;
    this.held.set(entry, { choice: way.choice, way, revision: this.revision() });
    this.note(c, entry);
  }

  private note(c: Connection, entry: Tracked): void {
    c.entries.push(entry);
    c.sourcePort = entry.reply.destinationPort;
  }

  private revision(): number {
    return this.world.locations.revision + this.world.balancerRevision();
  }

  private tupleOf({ flow, source, sourcePort, destination, port }: Connection): Tuple {
    const { addresses } = this.world;
    return {
      protocol: flow.transport.protocol,
      source: addresses.at(source),
      sourcePort,
      destination: addresses.at(destination),
      destinationPort: port,
    };
  }
}
