/**
 * One connection after the other through the cluster: the hot path of a run.
 *
 * Models: client → load balancer → node → node → endpoint, by TCP, UDP or SCTP; the first packet decides by the node's
 *   rules, its retransmissions follow conntrack; refusal at once against silence. A process that does not listen yet or any more refuses, an address that nobody has
 *   is asked for in vain, a machine without power is silent; what an endpoint has not answered when it ends is lost (`open-requests.ts`).
 * Source: `transport.ts` (protocols), `node-conntrack.ts`, `entrance.ts` (load balancers).
 * Simplified: the answer takes the way of the first packet; links do not queue.
 * Who could tell: someone with saturated links, or who loses a pod while a SYN is sent again.
 *
 * An event only where shared state is read: at the load balancer, at a node, at the endpoint. The rest is arithmetic.
 */
import { type Host, type HostEnd, UPLINK } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import type { RelaySocket } from '../kube-proxy/relay.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { AddressId } from '../netfilter/address-book.js';
import { SOURCE_KEPT, SOURCE_UNKNOWN } from '../netfilter/decision.js';
import type { Protocol } from '../objects.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import { SOURCE_KINDS, type SourceKind } from '../results/result.js';
import type { Nanos } from '../scenario.js';
import { HTTP_OK } from './app-answers.js';
import { BalancerClosings } from './balancer-closings.js';
import { Beginnings } from './beginnings.js';
import type { Connection, Flow } from './connection.js';
import { CrossedLinks, LOST } from './crossed-links.js';
import { Decisions } from './decisions.js';
import { DROPPED, Endings, type EndingWorld, type Loss, REFUSED, REJECTED, TIMEOUT, UNREACHABLE } from './endings.js';
import { Entrance, type EntranceWorld } from './entrance.js';
import type { KeptConnection } from './kept-connection.js';
import { KeptConnections } from './kept-connections.js';
import { KeptRequests } from './kept-requests.js';
import { LOAD_BALANCER } from './links.js';
import { LossReasons } from './loss-reasons.js';
import { NodeConntrack, type NodeConntrackWorld } from './node-conntrack.js';
import { OwnAddresses, sendsAsItself } from './own-addresses.js';
import { Relays } from './relays.js';
import type { Retries } from './retries.js';
import { ReusedPorts } from './reused-ports.js';
import { type LossBlame, RowIds } from './row-ids.js';
import { Servers, type ServerWorld } from './servers.js';
import { answersPast, GOES_ROUND, isForgotten, MOST_NODES, nothingListens, type Way, WayKind } from './ways.js';
import type { WorkQueues } from './work-queues.js';

/** Fields and functions, no accessors: V8 keeps an object literal with one of those in its slow form, and everything of it is asked per event. */
export interface ConnectionWorld extends NodeConntrackWorld, EntranceWorld, ServerWorld, EndingWorld {
  readonly dictionaries: DictionaryBuilder;
  readonly blame: LossBlame;
  /** What pods have to do. */
  readonly queues: WorkQueues;
  /** What pods send out of the cluster has their node's address. */
  readonly masqueradesOutgoing: boolean;
  /** HTTP status with which a TCP socket of the node itself answers; 0: nothing listens. */
  socketStatus(node: number, address: AddressId, port: number, path: string): number;
  /** The socket of the node's kube-proxy that passes on what comes to it (mode userspace); null: there is none. */
  relayAt(node: number, address: AddressId, port: number, protocol: Protocol): RelaySocket | null;
}

const kindCode = (kind: SourceKind): number => SOURCE_KINDS.indexOf(kind);
const ORIGIN_KIND = { client: kindCode('client'), pod: kindCode('pod'), node: kindCode('node') };

const NOTHING_LISTENS = 0;

export class Connections {
  private readonly beginnings: Beginnings;
  private readonly ids: RowIds;
  private readonly reasons: LossReasons;
  private readonly conntrack: NodeConntrack;
  private readonly kept: KeptConnections;
  private readonly keptRequests: KeptRequests;
  private readonly endings: Endings;
  private readonly relays: Relays;
  private readonly own: OwnAddresses;
  private readonly crossed: CrossedLinks;
  private readonly entrance: Entrance;
  private readonly servers: Servers;
  private readonly closings: BalancerClosings;

  constructor(private readonly world: ConnectionWorld) {
    const ids = new RowIds(world.locations, world.addresses, world.dictionaries, world.blame);
    const reasons = new LossReasons(world, ids);
    const reusedPorts = new ReusedPorts(world.locations);
    this.beginnings = new Beginnings(world, reusedPorts);
    this.ids = ids;
    this.reasons = reasons;
    this.kept = new KeptConnections(world.seed, world.locations);
    const endings = new Endings(
      world,
      ids,
      this.beginnings.pool,
      this.kept,
      world.queues,
      (c) => this.firstHopNs(c.flow),
      (c) => this.beginnings.giveBack(c),
    );
    this.endings = endings;
    this.conntrack = new NodeConntrack(world, ids, endings, new Decisions(world), reusedPorts);
    this.relays = new Relays(world, ids, endings, (c) => this.decide(c, null));
    endings.relays = this.relays;
    this.own = new OwnAddresses(world);
    this.crossed = new CrossedLinks(world.links, ids, endings);
    this.entrance = new Entrance(world, ids, reasons, endings, this.own, this.crossed, (c, by) => this.decide(c, by));
    this.servers = new Servers(world, ids, reasons, endings, world.queues, this.conntrack.keptSockets, this.crossed);
    this.keptRequests = new KeptRequests(world, ids, reasons, endings, this.kept, this.crossed, this.servers);
    this.closings = new BalancerClosings(world, ids, endings, this.kept);
    world.locations.onEnd = (host) => this.servers.ends(host);
    world.locations.answersUntilNs = (host) => this.servers.answersUntilNs(host);
  }

  /** A request of the flow begins; its first packet has left the client at `startNs`. */
  open(flow: Flow, ordinal: number, startNs: Nanos): Connection {
    return this.beginnings.open(flow, ordinal, startNs);
  }

  /** Requests that have begun and not ended. */
  get underWay(): number {
    return this.beginnings.count - this.endings.open.count - this.endings.hanging.count;
  }

  /** The run is over: what is answered and waits is written down. */
  close(): void {
    this.endings.open.concludeAll();
    this.endings.hanging.concludeAll();
  }

  /** See `BalancerClosings`. */
  closeConnectionsThrough(balancer: Balancer, through: Target | number, how: Loss): number {
    return this.closings.close(balancer, through, how);
  }

  moveConnections(balancer: Balancer): number {
    return this.closings.move(balancer);
  }

  connection(slot: number): Connection {
    return this.beginnings.pool[slot] as Connection;
  }

  /** One way from where the flow's packets start to their first decision. */
  firstHopNs(flow: Flow): Nanos {
    const { timings } = this.world;
    return flow.origin === 'client' ? timings.clientToClusterNs : flow.origin === 'pod' ? timings.nodeToPodNs : 0;
  }

  /** A SYN, an INIT or a datagram, the first or another one, is at its first decision. */
  send(c: Connection): void {
    const { flow } = c;
    if (flow.problem !== null) return this.endings.refused(c, UNREACHABLE, this.ids.ofProblem(flow.problem, flow));
    if (flow.keepAlive !== null && c.attempts === 0 && this.kept.take(c)) return this.keptRequests.send(c);
    c.sentNs = c.startNs + (flow.attempts.sentNs[c.attempts] as number);
    c.attempts++;
    if (!flow.transport.isRemembered) c.keptNode = -1;
    c.source = this.own.sourceOf(c);
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
    c.answerBy = -1;
    c.slowBy = 0;
    c.astray = false;
    c.pod = 0;
    if (flow.origin === 'client')
      return this.world.links.quiet ? this.entrance.enter(c) : this.entrance.enterOverLink(c);
    c.node = flow.node;
    if (c.entryNode === 0) c.entryNode = this.ids.node(flow.node);
    this.decide(c, flow.origin === 'node' ? null : flow.interface);
  }

  /** A packet from a node on its way, or from a load balancer, reaches the node. */
  atNode(c: Connection): void {
    this.decide(c, UPLINK);
  }

  atEndpoint(c: Connection): void {
    if (c.reuses) return this.keptRequests.atEndpoint(c, c.kept as KeptConnection);
    const host = (c.way as Way).host as Host;
    c.pod = this.ids.host(host);
    if (c.answerBy >= 0 && !c.astray && this.wayBackIsOff(c, host.name)) return;
    if (host.state === 'running' && !c.astray) return this.servers.answer(c, HTTP_OK, host);
    if (!this.world.locations.hasPower(host.node))
      return this.endings.silent(c, TIMEOUT, this.reasons.targetDown(c, host));
    if (host.state === 'gone' && !c.astray) return this.endings.noNeighbour(c, this.reasons.podGone(c, host));
    if (c.astray) return this.endings.silent(c, TIMEOUT, this.reasons.answerAstray(c, host.name));
    this.endings.refused(c, REFUSED, this.reasons.podRefuses(c, host));
  }

  /** The packet is where it is answered, whatever the answer: what it takes back, and whether somebody is there for it. */
  private wayBackIsOff(c: Connection, endpoint: string): boolean {
    c.passNs = this.world.now() - c.passedNs;
    if (!this.servers.isWayBackOff(c)) return false;
    this.endings.silent(c, TIMEOUT, this.reasons.wayBackOff(c, endpoint));
    return true;
  }

  /** The request is there, on a connection that was accepted before. */
  atServer(c: Connection): void {
    this.servers.arrives(c);
  }

  /** The packet comes from outside to a load balancer or a node; also one from inside that no rule took. */
  enter(c: Connection): void {
    this.entrance.enter(c);
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
    if (how === 'process') return;
    this.servers.wayBackEnds(node);
    this.conntrack.powerLost(node);
  }

  /** The machine of the node has power again, and has forgotten everything. */
  machineBack(node: number): void {
    this.endings.meetAgain(node, ({ kept }) => {
      const host = kept?.host ?? null;
      return host === null ? this.reasons.nodeDown(node) : this.ids.ofHost(isForgotten(host.name), 'node-down', host);
    });
  }

  finish(c: Connection): void {
    const { retries, done } = c.flow;
    if (this.endings.finishes(c)) {
      if (retries !== null && this.endings.triesAgain(c)) return this.tryAgain(c, retries);
      done?.(c);
    }
    if (c.finishes === 0 && c.finished) this.beginnings.giveBack(c);
  }

  private tryAgain(c: Connection, retries: Retries): void {
    this.beginnings.again(c, retries);
    const atNs = Math.max(c.startNs + this.firstHopNs(c.flow), this.world.now());
    this.world.schedule(atNs, Phase.Packet, Kind.Send, c.slot);
  }

  /** The node's rules, or its conntrack, say where the packet goes. */
  private decide(c: Connection, inInterface: string | null): void {
    const way = this.world.locations.hasPower(c.node) ? this.conntrack.wayOf(c, inInterface) : null;
    if (way === null) return this.endings.silent(c, TIMEOUT, this.reasons.nodeDown(c.node));
    const { world } = this;
    switch (way.kind) {
      case WayKind.Drop:
        return this.dropped(c, way);
      case WayKind.Reject:
        return this.endings.refused(c, REJECTED, this.ids.refusal(way, c.node, c.target));
      case WayKind.Socket:
        return this.atSocket(c, way);
    }
    if (!this.conntrack.confirms(c, way)) return;
    this.keep(c, way);
    const { loadBalancerToNodeNs, nodeToNodeNs, nodeToPodNs } = world.timings;
    let now = world.now();
    const far = way.kind === WayKind.Balancer ? LOAD_BALANCER : way.kind === WayKind.Outside ? c.node : way.node;
    if (!world.links.quiet && far !== c.node) {
      const extraNs = this.crossed.cross(c, c.node, far);
      if (extraNs === LOST) return;
      now += extraNs;
    }
    switch (way.kind) {
      case WayKind.Outside:
        return this.endings.silent(c, TIMEOUT, this.reasons.outside(c));
      case WayKind.Balancer:
        if (world.masqueradesOutgoing && c.flow.origin === 'pod' && c.source === c.clientAddress) {
          c.source = this.own.ofNode(c.node, c.destination);
          c.sourceKind = ORIGIN_KIND.node;
        }
        return world.schedule(now + loadBalancerToNodeNs, Phase.Packet, Kind.AtBalancer, c.slot);
      case WayKind.Node:
        if (this.own.areRefused(way.node, c.source)) return this.fromOwnAddress(c, way.node);
        if (++c.crossed >= MOST_NODES)
          return this.endings.silent(c, TIMEOUT, this.ids.ofNode(GOES_ROUND, 'loop', c.node));
        c.node = way.node;
        return world.schedule(now + nodeToNodeNs, Phase.Packet, Kind.AtNode, c.slot);
      default:
        if (way.crosses && sendsAsItself(c) && this.own.areRefused(way.node, c.source))
          return this.fromOwnAddress(c, way.node);
        world.schedule(now + nodeToPodNs + (way.crosses ? nodeToNodeNs : 0), Phase.Packet, Kind.AtEndpoint, c.slot);
    }
  }

  private fromOwnAddress(c: Connection, node: number): void {
    this.endings.silent(c, DROPPED, this.reasons.ownAddress(node));
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
    c.keptOutages = this.world.locations.nodes[c.node]?.outages ?? 0;
    if (way.crosses && (way.choice.dnat || way.source !== SOURCE_KEPT)) {
      c.answerBy = c.node;
      c.answerOutages = c.keptOutages;
      c.passedNs = this.world.now();
    }
    if (way.choice.dnat) {
      c.translated = true;
      c.astray = answersPast(c.node, way, c.hidden || sendsAsItself(c) ? -1 : c.flow.node);
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
    if (c.answerBy >= 0 && !c.astray && this.wayBackIsOff(c, this.ids.nodeName(c.node))) return;
    const { protocol } = c.flow.transport;
    const status =
      protocol === 'TCP' ? this.world.socketStatus(c.node, c.destination, c.port, c.flow.path) : NOTHING_LISTENS;
    if (status !== NOTHING_LISTENS) {
      c.socketNode = c.node;
      return this.servers.answer(c, status, null);
    }
    const relay = c.astray ? null : this.world.relayAt(c.node, c.destination, c.port, protocol);
    if (relay !== null) return this.relays.accept(c, relay);
    const host = this.world.locations.listenerOn(c.node, protocol, c.port, c.translated);
    if (host !== undefined) c.pod = this.ids.host(host);
    if (c.astray)
      return this.endings.silent(c, TIMEOUT, this.reasons.answerAstray(c, host?.name ?? this.ids.nodeName(c.node)));
    if (host !== undefined) return this.servers.answer(c, HTTP_OK, host);
    this.endings.refused(
      c,
      REFUSED,
      this.ids.ofNode(nothingListens(protocol, c.port, this.ids.nodeName(c.node)), 'port-closed', c.node),
    );
  }
}
