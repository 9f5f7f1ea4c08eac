/**
 * Where packets from outside meet the cluster: a load balancer, or a node at once.
 *
 * Models: a load balancer's choice of a target by the hash of a connection, what it does to source, destination and port, and
 *   what it tells of its client; the silence behind an address that nobody routes.
 * Source: providers' documentation (hash of a load balancer), `load-balancer/`.
 * Simplified: a proxying load balancer takes the client's request before it asks a node, and gives up on a silent one after 5 s.
 * Who could tell: someone whose load balancer streams a request while it connects.
 */
import { type Locations, UPLINK } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import { draw, Stream } from '../kernel/index.js';
import { type Balancer, LOST_ZONE, type Target } from '../load-balancer/balancer.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import { SOURCE_KINDS } from '../results/result.js';
import type { Nanos, Timings } from '../scenario.js';
import type { Connection } from './connection.js';
import { type CrossedLinks, LOST } from './crossed-links.js';
import { DROPPED, type Endings, LB_UNAVAILABLE, TIMEOUT } from './endings.js';
import { EPHEMERAL_PORTS } from './flows.js';
import { type Links, LOAD_BALANCER } from './links.js';
import { cannotComeBack, comesBack, zoneIsLost } from './load-balancing.js';
import type { LossReasons } from './loss-reasons.js';
import type { OwnAddresses } from './own-addresses.js';
import type { RowIds } from './row-ids.js';
import { inCircles, portText } from './ways.js';

export interface EntranceWorld {
  readonly seed: number;
  readonly timings: Timings;
  readonly locations: Locations;
  readonly addresses: AddressBook;
  readonly links: Links;
  balancerRevision(): number;
  balancerAt(ip: string): Balancer | undefined;
  now(): Nanos;
  schedule(atNs: Nanos, phase: number, kind: number, slot: number): void;
}

const LB_KIND = SOURCE_KINDS.indexOf('lb');

/** The port of a proxying load balancer's own socket for a client's: another one for each of its clients. */
function proxyPort(socketPort: number, client: number): number {
  return EPHEMERAL_PORTS.from + ((socketPort + client) % EPHEMERAL_PORTS.count);
}

/** What has an address, for packets from outside. */
interface Door {
  balancer: Balancer | undefined;
  node: number;
}

export class Entrance {
  private readonly doors = new Map<AddressId, Door>();
  private doorsRevision = -1;

  constructor(
    private readonly world: EntranceWorld,
    private readonly ids: RowIds,
    private readonly reasons: LossReasons,
    private readonly endings: Endings,
    private readonly own: OwnAddresses,
    private readonly crossed: CrossedLinks,
    /** The packet is at a node, and came by that interface. */
    private readonly decide: (c: Connection, inInterface: string) => void,
  ) {}

  /** The packet comes from outside to a load balancer or a node; also one from inside that no rule took. */
  enter(c: Connection): void {
    const door = this.door(c.destination);
    if (door.balancer !== undefined) return this.atBalancer(c, door.balancer);
    if (door.node < 0)
      return this.endings.silent(
        c,
        TIMEOUT,
        this.ids.reason('nothing outside the cluster routes this address into it', 'no-route'),
      );
    c.node = door.node;
    if (c.entryNode === 0) c.entryNode = this.ids.node(door.node);
    this.decide(c, UPLINK);
  }

  /** A client's packet is under way while some link is at fault. */
  enterOverLink(c: Connection): void {
    const { world } = this;
    const door = this.door(c.destination);
    const to = door.balancer === undefined ? door.node : LOAD_BALANCER;
    if (door.balancer === undefined && door.node < 0) return this.enter(c);
    const extraNs = this.crossed.cross(c, world.links.placeOfClient(c.flow.client), to);
    if (extraNs === LOST) return;
    if (extraNs === 0) this.enter(c);
    else world.schedule(world.now() + extraNs, Phase.Packet, Kind.AtBalancer, c.slot);
  }

  private atBalancer(c: Connection, balancer: Balancer): void {
    const { world } = this;
    c.lb = this.ids.balancer(balancer, c.source === c.clientAddress ? -1 : c.source);
    c.balancedFrom = c.source;
    c.forwards = balancer.profile.forwards;
    const { protocol } = c.flow.transport;
    const nodePort = balancer.nodePortFor(c.port, protocol);
    if (nodePort < 0) {
      const reason = `load balancer of ${balancer.service}: it forwards no ${portText(protocol, c.port)}`;
      return this.endings.silent(c, TIMEOUT, this.ids.ofBalancer(reason, 'lb-no-port', balancer));
    }
    const chosen = balancer.pick(draw(world.seed, Stream.lb, c.flow.key, c.hashed));
    if (chosen === LOST_ZONE)
      return this.endings.silent(
        c,
        TIMEOUT,
        this.ids.ofBalancer(zoneIsLost(balancer.service), 'lb-zone-lost', balancer),
      );
    if (chosen < 0) return this.unavailable(c, balancer);
    const target = balancer.targets[chosen] as Target;
    const { node } = target;
    if (c.balanced === balancer)
      return this.endings.silent(c, TIMEOUT, this.ids.ofNode(inCircles(this.ids.nodeName(node)), 'loop', node));
    c.balanced = balancer;
    c.balancedTarget = target;
    c.node = node;
    c.entryNode = this.ids.node(node);
    let delayNs = world.timings.loadBalancerToNodeNs;
    const { destination, kind } = balancer.profile;
    const keepsSource = balancer.keepsSource(protocol);
    const fromInside = c.flow.origin !== 'client';
    if (fromInside && keepsSource && comesBack(balancer, target, c.flow, world.addresses.at(c.clientAddress).text))
      return this.endings.silent(c, TIMEOUT, this.ids.ofNode(cannotComeBack(this.ids.nodeName(node)), 'hairpin', node));
    if (destination === 'nodePort') {
      c.destination = this.own.ofNode(node, c.destination);
      c.port = nodePort;
    } else if (target.pod !== null) {
      c.port = balancer.podPortFor(target, c.port, protocol);
      c.destination = world.addresses.idOf(target.pod.ip);
    }
    if (!keepsSource) this.takeItsAddress(c, balancer);
    if (kind === 'proxy') {
      c.proxied = true;
      // The client's handshake and request come first, then the load balancer opens its own connection.
      delayNs += this.endings.handedOver(c) - world.now();
    } else if (keepsSource && this.own.areRefused(node, c.source)) {
      return this.endings.silent(c, DROPPED, this.reasons.ownAddress(node));
    }
    // Another tuple than the one that a node may have sent here: conntrack does not know it.
    if (!keepsSource || destination !== 'vip') c.keptNode = -1;
    if (!world.links.quiet) {
      const extraNs = this.crossed.cross(c, LOAD_BALANCER, node);
      if (extraNs === LOST) return;
      delayNs += extraNs;
    }
    world.schedule(world.now() + delayNs, Phase.Packet, Kind.AtNode, c.slot);
  }

  private takeItsAddress(c: Connection, balancer: Balancer): void {
    const { addresses, seed } = this.world;
    const sources = balancer.sources[addresses.at(c.destination).family];
    const n = Math.floor(draw(seed, Stream.lb, ~c.flow.key, c.hashed) * sources.length);
    c.source = addresses.idOf(sources[n] as string);
    c.sourceKind = LB_KIND;
    if (c.sourcePort !== 0) c.sourcePort = proxyPort(c.flow.socketPort, c.hashed);
    c.hidden = true;
  }

  private unavailable(c: Connection, balancer: Balancer): void {
    const reason = this.ids.ofBalancer(
      `load balancer of ${balancer.service}: no target is in use`,
      'lb-no-target',
      balancer,
    );
    const ends = balancer.profile.kind === 'proxy' && c.flow.transport.handshakes > 0;
    if (ends) this.endings.refused(c, LB_UNAVAILABLE, reason);
    else this.endings.silent(c, LB_UNAVAILABLE, reason);
  }

  private door(address: AddressId): Door {
    const { world } = this;
    const revision = world.locations.revision + world.balancerRevision();
    if (revision !== this.doorsRevision) {
      this.doors.clear();
      this.doorsRevision = revision;
    }
    let door = this.doors.get(address);
    if (door === undefined) {
      const ip = world.addresses.at(address).text;
      door = { balancer: world.balancerAt(ip), node: world.locations.nodeAt(ip) };
      this.doors.set(address, door);
    }
    return door;
  }
}
