/**
 * What conntrack of a node knows of a packet, before and after the rules are asked.
 *
 * Models: a packet that is sent again goes the way of the first one; entries of kept sockets and of ports that come twice; entries that
 *   do not come about: no source port left, or the other one of two was there first.
 * Source: nf_conntrack: the entry of a dropped packet is never confirmed, so its retransmission meets the rules again, while a
 *   delivered one keeps its endpoint.
 * Simplified: of the nodes on a way only the last keeps its entry.
 */
import { draw, Stream } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import type { Decisions } from './decisions.js';
import { DROPPED, type Endings } from './endings.js';
import { KeptSockets, type KeptSocketWorld } from './kept-sockets.js';
import type { PortReuse, ReusedPorts } from './reused-ports.js';
import type { RowIds } from './row-ids.js';
import type { SourcePorts } from './source-ports.js';
import { losesRace, noPortLeft, portIsRemembered, type Way, WayKind } from './ways.js';

export interface ConntrackLimits {
  sourcePorts: SourcePorts | null;
  insertRace: number;
}

export interface NodeConntrackWorld extends KeptSocketWorld {
  now(): Nanos;
  /** What a node's conntrack cannot do; null: nothing that is looked at. */
  readonly conntrackLimits: ConntrackLimits | null;
  /** What IPVS of the node does with a connection from a port that it remembers. */
  portReuse(node: number): PortReuse;
}

/** Its place in the random numbers. */
const RACES = 0x5f1d36f1;

export class NodeConntrack {
  readonly keptSockets: KeptSockets;
  private readonly limits: ConntrackLimits | null;

  constructor(
    private readonly world: NodeConntrackWorld,
    private readonly ids: RowIds,
    private readonly endings: Endings,
    private readonly decisions: Decisions,
    private readonly reusedPorts: ReusedPorts,
  ) {
    this.limits = world.conntrackLimits;
    this.keptSockets = new KeptSockets(world, decisions);
  }

  /** By an entry, or else by the node's rules; null: the node is gone. */
  wayOf(c: Connection, inInterface: string | null): Way | null {
    if (c.relay !== null) return this.decisions.choose(c, inInterface);
    if (c.flow.socketPort !== 0) return this.keptSockets.choose(c, inInterface);
    if (c.keptNode === c.node && c.keptWay !== null && this.isOnSince(c.node, c.keptOutages)) return c.keptWay;
    if (c.flow.ports > 0 && this.world.portReuse(c.node) === 'goesWhereBefore')
      return this.fromReusedPort(c, inInterface);
    return this.decisions.choose(c, inInterface);
  }

  /** What becomes of a new entry; false: it does not come about, and the packet with it. */
  confirms(c: Connection, way: Way): boolean {
    if (c.keptNode === c.node || c.heldBy >= 0) return true;
    if (c.flow.ports > 0 && this.world.portReuse(c.node) === 'dropsFirst' && this.dropsFirst(c, way)) return false;
    if (this.limits === null) return true;
    const { world } = this;
    const { sourcePorts, insertRace } = this.limits;
    if (insertRace > 0 && c.flow.races && way.choice.dnat) {
      const chance = draw(world.seed, Stream.fault, c.flow.key ^ RACES, c.dice);
      if (chance < insertRace) {
        const text = losesRace(this.ids.nodeName(c.node));
        this.endings.silent(c, DROPPED, this.ids.ofNode(text, 'conntrack-race', c.node));
        return false;
      }
    }
    if (sourcePorts === null || way.source < 0) return true;
    if (sourcePorts.take(c, way, world.now())) return true;
    const text = noPortLeft(this.ids.nodeName(c.node), world.addresses.at(way.destination).text, way.port);
    this.endings.silent(c, DROPPED, this.ids.ofNode(text, 'no-source-port', c.node));
    return false;
  }

  /** What the node's kernel has kept of connections before, and of clients, is gone. */
  powerLost(node: number): void {
    this.decisions.powerLost(node);
    this.limits?.sourcePorts?.powerLost(node);
  }

  /** A machine that has been off has an empty table. */
  private isOnSince(node: number, outages: number): boolean {
    return this.world.locations.nodes[node]?.outages === outages;
  }

  /** IPVS ends the entry of the connection before, and the SYN with it: the next one is scheduled anew. */
  private dropsFirst(c: Connection, way: Way): boolean {
    if (way.kind !== WayKind.Host || !way.choice.dnat) return false;
    const now = this.world.now();
    if (!this.reusedPorts.forget(c, now)) {
      this.reusedPorts.remember(c, way, now);
      return false;
    }
    const text = portIsRemembered(this.ids.nodeName(c.node));
    this.endings.silent(c, DROPPED, this.ids.ofNode(text, 'stale-conntrack', c.node));
    return true;
  }

  private fromReusedPort(c: Connection, inInterface: string | null): Way | null {
    const now = this.world.now();
    const known = this.reusedPorts.remembered(c, now);
    if (known !== null) {
      c.heldBy = c.node;
      return known;
    }
    const way = this.decisions.choose(c, inInterface);
    if (way?.kind === WayKind.Host && way.choice.dnat) this.reusedPorts.remember(c, way, now);
    return way;
  }
}
