/**
 * One connection after the other through the cluster: the hot path of a run.
 *
 * Models: client → load balancer → node → node → endpoint, by TCP, UDP or SCTP; the first packet decides by the node's
 *   rules, its retransmissions follow conntrack; refusal at once against silence. A process that does not listen yet or any more refuses, an address that nobody has
 *   is asked for in vain, a machine without power is silent; what an endpoint has not answered when it ends is lost (`open-requests.ts`).
 * Source: `transport.ts` (protocols); providers' documentation (hash of a load balancer); nf_conntrack: the entry of a dropped packet
 *   is never confirmed, so its retransmission meets the rules again, while a delivered one keeps its endpoint.
 * Simplified: the answer takes the way of the first packet; links do not queue; a proxying
 *   load balancer takes the client's request before it asks a node, and gives up on a silent one after 5 s; of the nodes on
 *   a way only the last keeps its conntrack entry.
 * Who could tell: someone with saturated links, or who loses a pod while a SYN is sent again.
 *
 * An event only where shared state is read: at the load balancer, at a node, at the endpoint. The rest is arithmetic.
 */
import { type Host, type HostEnd, UPLINK } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import { draw, Stream } from '../kernel/index.js';
import type { RelaySocket } from '../kube-proxy/relay.js';
import { type Balancer, LOST_ZONE, type Target } from '../load-balancer/balancer.js';
import type { AddressId } from '../netfilter/address-book.js';
import { SOURCE_UNKNOWN } from '../netfilter/decision.js';
import type { Protocol } from '../objects.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import { SOURCE_KINDS, type SourceKind } from '../results/result.js';
import type { Nanos } from '../scenario.js';
import { type HeaderProblem, HTTP_BAD_REQUEST, HTTP_OK, headerProblem, headerText, statusOf } from './app-answers.js';
import { Connection, type Flow } from './connection.js';
import { Decisions } from './decisions.js';
import {
  DROPPED,
  Endings,
  type EndingWorld,
  LB_UNAVAILABLE,
  type Loss,
  REFUSED,
  REJECTED,
  TIMEOUT,
  UNREACHABLE,
} from './endings.js';
import { EPHEMERAL_PORTS } from './flows.js';
import { InvalidPackets, SENT_AGAIN_NS } from './invalid-packets.js';
import type { KeptConnection } from './kept-connection.js';
import { KeptConnections } from './kept-connections.js';
import { KeptSockets, type KeptSocketWorld } from './kept-sockets.js';
import { type Links, LOAD_BALANCER, type Place } from './links.js';
import { cannotComeBack, comesBack, movedByBalancer, zoneIsLost } from './load-balancing.js';
import { failsByItself } from './pod-work.js';
import { Relays } from './relays.js';
import { diceOf, type Retries, waitBeforeRetry } from './retries.js';
import { ReusedPorts } from './reused-ports.js';
import { type LossBlame, RowIds } from './row-ids.js';
import type { SourcePorts } from './source-ports.js';
import {
  answerIsLost,
  answersPast,
  answersWithError,
  closedAsIdle,
  closedByBalancer,
  endedAtWork,
  endedWhileOpen,
  GOES_ROUND,
  hasTooMuchToDo,
  inCircles,
  isForgotten,
  leavesAsBefore,
  linkIsCut,
  losesRace,
  MOST_NODES,
  noPortLeft,
  nothingListens,
  ownAddress,
  passesUntranslated,
  podIsGone,
  podIsHeld,
  portText,
  refusalBy,
  refusesOwnAddress,
  type Way,
  WayKind,
} from './ways.js';
import { hasLimits, WorkQueues } from './work-queues.js';

export interface ConntrackLimits {
  sourcePorts: SourcePorts | null;
  insertRace: number;
}

export interface ConnectionWorld extends KeptSocketWorld, EndingWorld {
  readonly seed: number;
  readonly dictionaries: DictionaryBuilder;
  readonly blame: LossBlame;
  now(): Nanos;
  balancerAt(ip: string): Balancer | undefined;
  readonly links: Links;
  /** What pods send out of the cluster has their node's address. */
  readonly masqueradesOutgoing: boolean;
  /** What a node's conntrack cannot do; null: nothing that is looked at. */
  readonly conntrackLimits: ConntrackLimits | null;
  /** IPVS of the node sends a new connection where the one before went that came from its port. */
  reusesEntries(node: number): boolean;
  /** nf_conntrack_tcp_be_liberal is set on the node. */
  isLiberal(node: number): boolean;
  /** HTTP status with which a TCP socket of the node itself answers; 0: nothing listens. */
  socketStatus(node: number, address: AddressId, port: number, path: string): number;
  /** The socket of the node's kube-proxy that passes on what comes to it (mode userspace); null: there is none. */
  relayAt(node: number, address: AddressId, port: number, protocol: Protocol): RelaySocket | null;
}

const kindCode = (kind: SourceKind): number => SOURCE_KINDS.indexOf(kind);
const ORIGIN_KIND = { client: kindCode('client'), pod: kindCode('pod'), node: kindCode('node') };
const LB_KIND = kindCode('lb');

/** Places in the random numbers. */
const OUT_OF_WINDOW = 0x3c6ef372;
const RACES = 0x5f1d36f1;

const HTTP_INTERNAL_ERROR = 500;
const HTTP_UNAVAILABLE = 503;
const NOTHING_LISTENS = 0;
/** A link that is cut, or has lost the packet. */
const LOST = -1;

/** The port of a proxying load balancer's own socket for a client's: another one for each of its clients. */
function proxyPort(socketPort: number, client: number): number {
  return EPHEMERAL_PORTS.from + ((socketPort + client) % EPHEMERAL_PORTS.count);
}

/** Where packets from outside to an address first meet the cluster. */
interface Door {
  balancer: Balancer | undefined;
  node: number;
}

export class Connections {
  private readonly pool: Connection[] = [];
  private readonly free: number[] = [];
  private readonly ids: RowIds;
  private readonly decisions: Decisions;
  private readonly keptSockets: KeptSockets;
  private readonly kept: KeptConnections;
  private readonly queues = new WorkQueues();
  private readonly reusedPorts = new ReusedPorts();
  private readonly invalid: InvalidPackets;
  private readonly limits: ConntrackLimits | null;
  private readonly endings: Endings;
  private readonly relays: Relays;
  private readonly doors = new Map<AddressId, Door>();
  private doorsRevision = -1;

  constructor(private readonly world: ConnectionWorld) {
    this.ids = new RowIds(world.locations, world.addresses, world.dictionaries, world.blame);
    this.decisions = new Decisions(world);
    this.invalid = new InvalidPackets(world.addresses);
    this.limits = world.conntrackLimits;
    this.kept = new KeptConnections(world.seed, world.locations);
    this.keptSockets = new KeptSockets(world, this.decisions);
    this.endings = new Endings(
      world,
      this.ids,
      this.pool,
      this.kept,
      this.queues,
      (c) => this.firstHopNs(c.flow),
      (c) => this.free.push(c.slot),
    );
    this.relays = new Relays(world, this.ids, this.endings, (c) => this.decide(c, null));
    this.endings.relays = this.relays;
    world.locations.onEnd = (host) => this.endpointEnds(host);
  }

  /** A request of the flow begins; its first packet is at the first decision at `atNs`, having left the client at `startNs`. */
  open(flow: Flow, ordinal: number, startNs: Nanos): Connection {
    const { world } = this;
    const slot = this.free.pop() ?? this.pool.length;
    if (slot === this.pool.length) this.pool.push(new Connection(slot));
    const c = this.pool[slot] as Connection;
    c.flow = flow;
    c.ordinal = ordinal;
    c.request = flow.unrecorded ? -1 : world.recorder.begin();
    c.beganNs = startNs;
    c.tries = 0;
    c.attemptsBefore = 0;
    const s =
      flow.sources.length === 1
        ? 0
        : Math.floor(draw(world.seed, Stream.source, flow.key, ordinal) * flow.sources.length);
    c.clientAddress = flow.sources[s] as AddressId;
    c.client = flow.clientIds[s] as number;
    c.hashed = s;
    this.begin(c, startNs);
    return c;
  }

  /** A try begins: the first one, or one that follows it. */
  private begin(c: Connection, startNs: Nanos): void {
    const { world } = this;
    const { flow } = c;
    c.startNs = startNs;
    c.endNs = Infinity;
    c.dice = diceOf(c.ordinal, c.tries);
    c.attempts = 0;
    if (flow.socketPort === 0) c.hashed = c.dice;
    const d =
      flow.destinations.length === 1
        ? 0
        : Math.floor(draw(world.seed, Stream.source, ~flow.key, c.hashed) * flow.destinations.length);
    const destination = flow.destinations[d] as Flow['destinations'][number];
    c.wanted = destination.address;
    c.wantedPort = destination.port;
    c.target = destination.target;
    c.sentNs = startNs;
    c.lb = 0;
    c.entryNode = 0;
    c.pod = 0;
    c.reason = 0;
    c.proxied = false;
    c.udpClient = null;
    c.keptNode = -1;
    c.keptWay = null;
    c.way = null;
    c.socketNode = -1;
    c.astray = false;
    c.arrived = false;
    c.heldBy = -1;
    c.host = null;
    c.balanced = null;
    c.finished = false;
    c.kept = null;
    c.reuses = false;
    c.isAccepted = false;
    c.extraNs = 0;
    if (flow.ports > 0) c.portPlace = this.reusedPorts.nextPort(c);
    c.breaks = false;
    if (flow.socketPort !== 0) c.entries.length = 0;
  }

  /** Requests that have begun and not ended. */
  get underWay(): number {
    return this.pool.length - this.free.length - this.endings.open.count;
  }

  /** The run is over: what is answered and waits is written down. */
  close(): void {
    this.endings.open.concludeAll();
  }

  /**
   * A load balancer's target takes nothing any more of what is open. `reset`: the client is told; `silent`: what is sent there
   * meets nobody. `through`: a target, or all targets on a node. Answers how many requests that costs.
   */
  closeConnectionsThrough(balancer: Balancer, through: Target | number, how: Loss): number {
    const lost = this.endings.open.takeAllUnanswered(
      this.world.now(),
      ({ balanced, balancedTarget }) =>
        balanced === balancer && (balancedTarget === through || balancedTarget?.node === through),
    );
    const node = this.ids.nodeName(typeof through === 'number' ? through : through.node);
    const reason = this.ids.ofBalancer(closedByBalancer(balancer.service, node), 'lb-closed', balancer);
    for (const c of lost) this.endings.lost(c, how, reason);
    this.kept.closeThrough(balancer, through, how === 'reset', this.world.now());
    return lost.length;
  }

  /**
   * The balancer's set has changed, and packets of what is open are sent by the hash over the new one: whoever gets them there
   * does not know the connection and resets it. Answers how many requests that costs.
   */
  moveConnections(balancer: Balancer): number {
    const { world } = this;
    const moved = ({ flow, hashed, balanced, balancedTarget }: Connection) =>
      balanced === balancer &&
      balancedTarget !== null &&
      balancer.targets[balancer.pick(draw(world.seed, Stream.lb, flow.key, hashed))] !== balancedTarget;
    const lost = this.endings.open.takeAllUnanswered(world.now(), moved);
    const reason = this.ids.ofBalancer(movedByBalancer(balancer.service), 'lb-closed', balancer);
    for (const c of lost) this.endings.lost(c, 'reset', reason);
    return lost.length;
  }

  connection(slot: number): Connection {
    return this.pool[slot] as Connection;
  }

  /** One way from where the flow's packets start to their first decision. */
  firstHopNs(flow: Flow): Nanos {
    const { timings } = this.world;
    return flow.origin === 'client' ? timings.clientToClusterNs : flow.origin === 'pod' ? timings.nodeToPodNs : 0;
  }

  /** A SYN, an INIT or a datagram, the first or another one, is at its first decision. */
  send(c: Connection): void {
    const { flow } = c;
    if (flow.problem !== null) return this.endings.refused(c, UNREACHABLE, this.ids.reason(flow.problem, 'no-address'));
    if (flow.keepAlive !== null && c.attempts === 0 && this.kept.take(c)) return this.sendAgain(c);
    c.sentNs = c.startNs + (flow.attempts.sentNs[c.attempts] as number);
    c.attempts++;
    if (!flow.transport.isRemembered) c.keptNode = -1;
    c.source = this.sourceOf(c);
    c.sourcePort = flow.socketPort;
    c.legNs = c.sentNs;
    c.backNs = 0;
    c.connectedNs = -1;
    c.relay = null;
    c.sourceKind = ORIGIN_KIND[flow.origin];
    c.destination = c.wanted;
    c.port = c.wantedPort;
    c.balanced = null;
    c.hidden = false;
    c.forwards = 'nothing';
    c.crossed = 0;
    c.translated = false;
    c.astray = false;
    c.pod = 0;
    if (flow.origin === 'client') return this.world.links.quiet ? this.enter(c) : this.enterOverLink(c);
    c.node = flow.node;
    if (c.entryNode === 0) c.entryNode = this.ids.node(flow.node);
    this.decide(c, flow.origin === 'node' ? null : flow.interface);
  }

  /** On an open connection conntrack knows the way: nothing is decided but at its end. */
  private sendAgain(c: Connection): void {
    c.sentNs = c.startNs;
    const atNs = Math.max(this.world.now(), c.startNs + c.returnNs);
    this.world.schedule(atNs, Phase.Packet, Kind.AtEndpoint, c.slot);
  }

  private atKnownEndpoint(c: Connection, kept: KeptConnection): void {
    const now = this.world.now();
    const host = kept.host as Host;
    const heardNs = this.kept.heardNs(kept);
    const cutBy = this.world.links.quiet ? null : this.cutBy(c.flow, kept, host);
    if (cutBy !== null) {
      const place = { kind: 'pod', name: host.name } as const;
      return this.endings.unheard(c, this.ids.reason(linkIsCut(host.name), 'link-cut', place, cutBy));
    }
    switch (this.kept.meets(c, kept, now)) {
      case 'served':
        return this.answer(c, HTTP_OK, host);
      case 'processEnded':
        return this.endings.hungUp(c, heardNs, this.ids.ofHost(endedWhileOpen(host.name), 'pod-killed', host));
      case 'idleClosed':
        return this.endings.hungUp(c, heardNs, this.ids.ofHost(closedAsIdle(host.name), 'idle-closed', host));
      case 'balancerClosed':
        return this.endings.hungUp(c, heardNs, this.closedReason(c));
      case 'forgotten':
        return this.endings.hungUp(c, now + kept.takesNs, this.ids.ofHost(isForgotten(host.name), 'node-down', host));
      case 'silent':
        return this.endings.unheard(c, kept.isSilent ? this.closedReason(c) : this.silenceReason(c, kept, host));
    }
  }

  private closedReason({ balanced, balancedTarget }: Connection): number {
    const balancer = balanced as Balancer;
    const text = closedByBalancer(balancer.service, this.ids.nodeName((balancedTarget as Target).node));
    return this.ids.ofBalancer(text, 'lb-closed', balancer);
  }

  private silenceReason(c: Connection, kept: KeptConnection, host: Host): number {
    const { locations } = this.world;
    const off = [c.flow.node, kept.node].find((node) => node >= 0 && !locations.hasPower(node));
    return this.downReason(off ?? host.node);
  }

  /** A packet from a node on its way, or from a load balancer, reaches the node. */
  atNode(c: Connection): void {
    this.decide(c, UPLINK);
  }

  atEndpoint(c: Connection): void {
    if (c.reuses) return this.atKnownEndpoint(c, c.kept as KeptConnection);
    const host = (c.way as Way).host as Host;
    c.pod = this.ids.host(host);
    if (host.state === 'running' && !c.astray) return this.answer(c, HTTP_OK, host);
    if (!this.world.locations.hasPower(host.node)) return this.endings.silent(c, TIMEOUT, this.downReason(host.node));
    if (host.state === 'gone' && !c.astray) return this.endings.noNeighbour(c, this.goneReason(c, host));
    if (c.astray) return this.endings.silent(c, TIMEOUT, this.astrayReason(c, host.name));
    const cause = host.state === 'stopped' ? 'pod-stopped' : 'pod-starting';
    this.endings.refused(c, REFUSED, this.ids.ofHost(refusalBy(host) as string, cause, host));
  }

  /** kube-proxy of mode userspace turns to a connection that it holds. */
  dial(c: Connection): void {
    this.relays.dial(c);
  }

  relayAnswer(c: Connection): void {
    this.endings.relayAnswer(c);
  }

  /** kube-proxy of the node has ended, or the machine under it. */
  proxyGone(node: number, how: HostEnd['how']): void {
    this.relays.gone(node, how);
  }

  finish(c: Connection): void {
    const { retries, done } = c.flow;
    if (this.endings.finishes(c)) {
      if (retries !== null && this.endings.triesAgain(c)) return this.tryAgain(c, retries);
      done?.(c);
    }
    if (c.finishes === 0 && c.finished) this.free.push(c.slot);
  }

  private tryAgain(c: Connection, retries: Retries): void {
    c.tries++;
    c.attemptsBefore += c.attempts;
    this.begin(c, c.endNs + waitBeforeRetry(retries.backoffNs, c.tries));
    const atNs = Math.max(c.startNs + this.firstHopNs(c.flow), this.world.now());
    this.world.schedule(atNs, Phase.Packet, Kind.Send, c.slot);
  }

  /** Its process has ended, or its machine: what it has not answered is lost. */
  private endpointEnds(host: Host): void {
    const lost = this.endings.open.takeUnanswered(host.index, this.world.now());
    if (lost.length === 0) return;
    const isKilled = host.ends.at(-1)?.how === 'process';
    // What befalls the machine is noted after its processes have ended.
    if (!isKilled) this.ids.befellNode(host.node);
    const reason = isKilled ? this.ids.ofHost(endedAtWork(host.name), 'pod-killed', host) : this.downReason(host.node);
    for (const c of lost) this.endings.lost(c, isKilled ? 'reset' : 'silent', reason);
  }

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
  private enterOverLink(c: Connection): void {
    const { world } = this;
    const door = this.door(c.destination);
    const to = door.balancer === undefined ? door.node : LOAD_BALANCER;
    if (door.balancer === undefined && door.node < 0) return this.enter(c);
    const extraNs = this.linkNs(c, world.links.placeOfClient(c.flow.client), to);
    if (extraNs === LOST) return;
    if (extraNs === 0) this.enter(c);
    else world.schedule(world.now() + extraNs, Phase.Packet, Kind.AtBalancer, c.slot);
  }

  /** What a link adds to the packet's way; LOST: it does not come through, and the connection knows. */
  private linkNs(c: Connection, from: Place, to: Place): Nanos {
    const { links } = this.world;
    const isCut = links.isCut(from, to);
    if (!isCut && !links.losesPacket(from, to, c.flow.key, (c.ordinal * 16 + c.attempts) * 16 + c.crossed))
      return links.delayNs(from, to);
    const text = `the link between ${this.placeName(from)} and ${this.placeName(to)} ${isCut ? 'is cut' : 'lost the packet'}`;
    const cause = isCut ? 'link-cut' : 'packet-lost';
    const node = Math.max(from, to);
    const place = node >= 0 ? ({ kind: 'node', name: this.ids.nodeName(node) } as const) : null;
    this.endings.silent(c, TIMEOUT, this.ids.reason(text, cause, place, links.becauseOf(from, to)));
    return LOST;
  }

  /** What cut a link on an open connection's way; null: none is cut. */
  private cutBy(flow: Flow, kept: KeptConnection, host: Host): number | null {
    const { links } = this.world;
    const start = flow.origin === 'client' ? links.placeOfClient(flow.client) : flow.node;
    const stations = [start, ...(kept.balanced === null ? [] : [LOAD_BALANCER]), kept.node, host.node];
    const way = stations.filter((place, n) => place !== stations[n - 1]);
    const cut = way.findIndex((place, n) => n > 0 && links.isCut(way[n - 1] as Place, place));
    return cut < 0 ? null : links.becauseOf(way[cut - 1] as Place, way[cut] as Place);
  }

  private placeName(place: Place): string {
    if (place === LOAD_BALANCER) return 'the load balancer';
    return place < 0 ? 'the client' : this.ids.nodeName(place);
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
    if (chosen < 0) return this.balancerUnavailable(c, balancer);
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
      c.destination = this.nodeAddress(node, c.destination);
      c.port = nodePort;
    } else if (target.pod !== null) {
      c.port = balancer.podPortFor(target, c.port, protocol);
      c.destination = world.addresses.idOf(target.pod.ip);
    }
    if (!keepsSource) {
      const sources = balancer.sources[world.addresses.at(c.destination).family];
      const n = Math.floor(draw(world.seed, Stream.lb, ~c.flow.key, c.hashed) * sources.length);
      c.source = world.addresses.idOf(sources[n] as string);
      c.sourceKind = LB_KIND;
      if (c.sourcePort !== 0) c.sourcePort = proxyPort(c.flow.socketPort, c.hashed);
      c.hidden = true;
    }
    if (kind === 'proxy') {
      c.proxied = true;
      // The client's handshake and request come first, then the load balancer opens its own connection.
      delayNs += this.endings.handedOver(c) - world.now();
    } else if (keepsSource && this.isOwnAddress(node, c.source)) {
      return this.fromOwnAddress(c, node);
    }
    // Another tuple than the one that a node may have sent here: conntrack does not know it.
    if (!keepsSource || destination !== 'vip') c.keptNode = -1;
    if (!world.links.quiet) {
      const extraNs = this.linkNs(c, LOAD_BALANCER, node);
      if (extraNs === LOST) return;
      delayNs += extraNs;
    }
    world.schedule(world.now() + delayNs, Phase.Packet, Kind.AtNode, c.slot);
  }

  private balancerUnavailable(c: Connection, balancer: Balancer): void {
    const reason = this.ids.ofBalancer(
      `load balancer of ${balancer.service}: no target is in use`,
      'lb-no-target',
      balancer,
    );
    const ends = balancer.profile.kind === 'proxy' && c.flow.transport.handshakes > 0;
    if (ends) this.endings.refused(c, LB_UNAVAILABLE, reason);
    else this.endings.silent(c, LB_UNAVAILABLE, reason);
  }

  /** The node's rules, or its conntrack, say where the packet goes. */
  private decide(c: Connection, inInterface: string | null): void {
    const way = this.world.locations.hasPower(c.node) ? this.wayOf(c, inInterface) : null;
    if (way === null) return this.endings.silent(c, TIMEOUT, this.downReason(c.node));
    const { world } = this;
    switch (way.kind) {
      case WayKind.Drop:
        return this.dropped(c, way);
      case WayKind.Reject:
        return this.endings.refused(c, REJECTED, this.ids.refusal(way, c.node, c.target));
      case WayKind.Socket:
        return this.atSocket(c, way);
    }
    if (this.limits !== null && c.keptNode !== c.node && !this.passesConntrack(c, way, this.limits)) return;
    this.keep(c, way);
    const { loadBalancerToNodeNs, nodeToNodeNs, nodeToPodNs } = world.timings;
    let now = world.now();
    const far = way.kind === WayKind.Balancer ? LOAD_BALANCER : way.kind === WayKind.Outside ? c.node : way.node;
    if (!world.links.quiet && far !== c.node) {
      const extraNs = this.linkNs(c, c.node, far);
      if (extraNs === LOST) return;
      now += extraNs;
    }
    switch (way.kind) {
      case WayKind.Outside:
        return this.endings.silent(c, TIMEOUT, this.outsideReason(c));
      case WayKind.Balancer:
        if (world.masqueradesOutgoing && c.flow.origin === 'pod' && c.source === c.clientAddress) {
          c.source = this.nodeAddress(c.node, c.destination);
          c.sourceKind = ORIGIN_KIND.node;
        }
        return world.schedule(now + loadBalancerToNodeNs, Phase.Packet, Kind.AtBalancer, c.slot);
      case WayKind.Node:
        if (this.isOwnAddress(way.node, c.source)) return this.fromOwnAddress(c, way.node);
        if (++c.crossed >= MOST_NODES)
          return this.endings.silent(c, TIMEOUT, this.ids.ofNode(GOES_ROUND, 'loop', c.node));
        c.node = way.node;
        return world.schedule(now + nodeToNodeNs, Phase.Packet, Kind.AtNode, c.slot);
      default:
        if (way.crosses && this.sendsAsItself(c) && this.isOwnAddress(way.node, c.source))
          return this.fromOwnAddress(c, way.node);
        world.schedule(now + nodeToPodNs + (way.crosses ? nodeToNodeNs : 0), Phase.Packet, Kind.AtEndpoint, c.slot);
    }
  }

  /** What becomes of a new entry; false: it does not come about, and the packet with it. */
  private passesConntrack(c: Connection, way: Way, { sourcePorts, insertRace }: ConntrackLimits): boolean {
    if (c.heldBy >= 0) return true;
    const { world } = this;
    const node = this.ids.nodeName(c.node);
    if (insertRace > 0 && c.flow.races && way.choice.dnat) {
      const chance = draw(world.seed, Stream.fault, c.flow.key ^ RACES, c.dice);
      if (chance < insertRace) {
        this.endings.silent(c, DROPPED, this.ids.ofNode(losesRace(node), 'conntrack-race', c.node));
        return false;
      }
    }
    if (sourcePorts === null || way.source < 0) return true;
    if (sourcePorts.take(c, way.destination, way.port, way.source, world.now())) return true;
    const text = noPortLeft(node, world.addresses.at(way.destination).text, way.port);
    this.endings.silent(c, DROPPED, this.ids.ofNode(text, 'no-source-port', c.node));
    return false;
  }

  private wayOf(c: Connection, inInterface: string | null): Way | null {
    if (c.relay !== null) return this.decisions.choose(c, inInterface);
    if (c.flow.socketPort !== 0) return this.keptSockets.choose(c, inInterface);
    if (c.keptNode === c.node && c.keptWay !== null) return c.keptWay;
    if (c.flow.ports > 0 && this.world.reusesEntries(c.node)) return this.fromReusedPort(c, inInterface);
    return this.decisions.choose(c, inInterface);
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

  /** `host`: null for a socket of kube-proxy. */
  private answer(c: Connection, status: number, host: Host | null): void {
    c.host = host;
    if (host !== null && hasLimits(host) && !c.isAccepted) return this.accept(c, host);
    if (c.flow.socketPort !== 0) this.keptSockets.answered(c);
    if (host === null) return this.endings.answered(c, status);
    if (c.flow.transport.hasStatus && (host.app !== null || c.forwards !== 'nothing')) {
      const problem = c.reuses ? null : headerProblem(host, c.forwards);
      if (problem !== null) return this.turnsAway(c, host, problem);
      const byPath = statusOf(host, c.flow.path);
      if (byPath !== HTTP_OK) {
        c.reason = byPath >= 500 ? this.ids.ofHost(answersWithError(host.name), 'app-error', host) : 0;
        return this.endings.answered(c, byPath);
      }
    }
    if (c.flow.outOfWindow > 0) this.sendsOutOfWindow(c, host);
    if (!c.flow.transport.hasStatus || !failsByItself(this.world.seed, host, c))
      return this.endings.answered(c, status);
    c.reason = this.ids.ofHost(answersWithError(host.name), 'app-error', host);
    this.endings.answered(c, HTTP_INTERNAL_ERROR);
  }

  /** The program gets what it does not expect, before any request. */
  private turnsAway(c: Connection, host: Host, problem: HeaderProblem): void {
    c.reason = this.ids.ofHost(headerText(host, problem), problem, host);
    // Nothing works on it, and nobody keeps the connection.
    c.host = null;
    if (problem === 'proxy-header-unexpected') this.endings.answered(c, HTTP_BAD_REQUEST, true);
    else this.endings.turnedAway(c);
  }

  /** A segment of the answer may be outside the window that conntrack of the node that translates has seen. */
  private sendsOutOfWindow(c: Connection, host: Host): void {
    const { world } = this;
    const { flow, dice } = c;
    if (!c.translated || c.source < 0 || c.keptNode < 0 || world.isLiberal(c.keptNode)) return;
    if (draw(world.seed, Stream.fault, flow.key ^ OUT_OF_WINDOW, dice) >= flow.outOfWindow) return;
    const rules = world.rules(c.keptNode, c.destination);
    if (rules === null || this.invalid.areDropped(rules, c.destination, c.port, c.source)) {
      c.extraNs = SENT_AGAIN_NS;
      return;
    }
    c.breaks = true;
    const node = this.ids.nodeName(c.keptNode);
    c.reason = this.ids.ofNode(passesUntranslated(node, host.name), 'invalid-packet', c.keptNode);
  }

  /** Whose turn comes when hangs on when the request is there, not its connection. */
  private accept(c: Connection, host: Host): void {
    const { handshakes } = c.flow.transport;
    c.isAccepted = true;
    c.life = host.ends.length;
    if (c.reuses || handshakes === 0 || c.relay !== null) return this.atServer(c);
    this.world.schedule(this.endings.accepted(c), Phase.Packet, Kind.AtServer, c.slot);
  }

  atServer(c: Connection): void {
    const host = c.host as Host;
    const ended = host.ends[c.life];
    if (ended !== undefined) {
      const isKilled = ended.how === 'process';
      const reason = isKilled
        ? this.ids.ofHost(endedAtWork(host.name), 'pod-killed', host)
        : this.downReason(host.node);
      return this.endings.lostAtOnce(c, isKilled ? 'reset' : 'silent', reason);
    }
    if (!this.queues.isFull(host, this.world.now())) return this.answer(c, HTTP_OK, host);
    const reason = this.ids.ofHost(hasTooMuchToDo(host.name), 'overloaded', host);
    if (!c.flow.transport.hasStatus) return this.endings.lostAtOnce(c, 'silent', reason);
    c.reason = reason;
    this.endings.overloaded(c, HTTP_UNAVAILABLE);
  }

  private downReason(node: number): number {
    const place = this.world.locations.nodes[node];
    return this.ids.ofNode(place?.alive === true ? `${place.name} is off` : 'the node is gone', 'node-down', node);
  }

  private goneReason(c: Connection, host: Host): number {
    const { name } = host;
    if (c.heldBy >= 0) return this.ids.ofHost(podIsHeld(name, this.ids.nodeName(c.heldBy)), 'stale-conntrack', host);
    return this.ids.ofHost(podIsGone(name), 'pod-gone', host);
  }

  private astrayReason(c: Connection, endpoint: string): number {
    return this.ids.ofRules(answerIsLost(endpoint), 'answer-astray', c.node, this.serviceOf(c));
  }

  private fromOwnAddress(c: Connection, node: number): void {
    const reason = this.ids.ofNode(ownAddress(this.ids.nodeName(node)), 'impossible-source', node);
    this.endings.silent(c, DROPPED, reason);
  }

  /** What the client asked for; null where it was a bare address. */
  private serviceOf({ target }: Connection): string | null {
    return this.world.dictionaries.dictionaries.targets[target]?.service ?? null;
  }

  private outsideReason(c: Connection): number {
    if (c.heldBy >= 0) return this.ids.ofNode(leavesAsBefore(this.ids.nodeName(c.heldBy)), 'stale-conntrack', c.heldBy);
    return this.ids.ofRules('it left by the default route and nobody answered', 'no-route', c.node, this.serviceOf(c));
  }

  private dropped(c: Connection, way: Way): void {
    const reason = this.ids.refusal(way, c.node, c.target);
    const isToldSo = way.choice.refusedOnOutput && c.flow.transport.failsOnOutput;
    if (isToldSo) this.endings.refused(c, DROPPED, reason);
    else this.endings.silent(c, DROPPED, reason);
  }

  /** conntrack confirms what leaves the node, translated or not: later packets go the same way whatever the rules say. */
  private keep(c: Connection, way: Way): void {
    c.way = way;
    c.keptWay = way;
    c.keptNode = c.node;
    if (way.choice.dnat) {
      c.translated = true;
      c.astray = answersPast(c.node, way, c.hidden || this.sendsAsItself(c) ? -1 : c.flow.node);
    }
    this.rewrite(c, way);
  }

  private rewrite(c: Connection, way: Way): void {
    c.destination = way.destination;
    c.port = way.port;
    if (way.source === SOURCE_UNKNOWN || way.source >= 0) {
      c.source = way.source;
      c.sourceKind = way.sourceKind;
    }
  }

  private atSocket(c: Connection, way: Way): void {
    if (way.choice.dnat) {
      c.translated = true;
      c.astray = false;
    }
    this.rewrite(c, way);
    const { protocol } = c.flow.transport;
    const status =
      protocol === 'TCP' ? this.world.socketStatus(c.node, c.destination, c.port, c.flow.path) : NOTHING_LISTENS;
    if (status !== NOTHING_LISTENS) {
      c.socketNode = c.node;
      return this.answer(c, status, null);
    }
    const relay = c.astray ? null : this.world.relayAt(c.node, c.destination, c.port, protocol);
    if (relay !== null) return this.relays.accept(c, relay);
    const host = this.world.locations.listenerOn(c.node, protocol, c.port, c.translated);
    if (host !== undefined) c.pod = this.ids.host(host);
    if (c.astray) return this.endings.silent(c, TIMEOUT, this.astrayReason(c, host?.name ?? this.ids.nodeName(c.node)));
    if (host !== undefined) return this.answer(c, HTTP_OK, host);
    this.endings.refused(
      c,
      REFUSED,
      this.ids.ofNode(nothingListens(protocol, c.port, this.ids.nodeName(c.node)), 'port-closed', c.node),
    );
  }

  private door(address: AddressId): Door {
    const { world } = this;
    const revision = world.locations.revision + world.balancerRevision;
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

  /** A process of the node has the very address that it sends to as its source, where that is bound to the node. */
  private sourceOf(c: Connection): AddressId {
    const { flow, clientAddress, wanted } = c;
    if (flow.origin !== 'node' || wanted === clientAddress) return clientAddress;
    const bound = this.world.rules(flow.node, wanted)?.ruleset.boundAddresses;
    return bound?.has(this.world.addresses.at(wanted).text) ? wanted : clientAddress;
  }

  /** With an address that every node has bound. */
  private sendsAsItself(c: Connection): boolean {
    return c.flow.origin === 'node' && c.source === c.wanted;
  }

  private isOwnAddress(node: number, source: AddressId): boolean {
    const context = this.world.rules(node, source)?.context;
    return context !== undefined && refusesOwnAddress(context, this.world.addresses.at(source));
  }

  /** Of a load balancer that sends to node ports: the node's address in the family of the packet's destination. */
  private nodeAddress(node: number, destination: AddressId): AddressId {
    const { addresses, locations } = this.world;
    const { family } = addresses.at(destination);
    const own = locations.nodes[node]?.addresses.find((ip) => ip.family === family);
    return own === undefined ? destination : addresses.idOfIp(own);
  }
}
