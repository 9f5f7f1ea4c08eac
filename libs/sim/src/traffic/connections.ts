/**
 * One connection after the other through the cluster: the hot path of a run.
 *
 * Models: client → load balancer → node → node → endpoint; the first packet decides by the node's rules, its
 *   retransmissions follow conntrack; SYN retransmission; refusal at once against silence; a pod that is gone.
 * Source: tcp(7) and ip-sysctl (retransmission); providers' documentation (hash of a load balancer); nf_conntrack: the entry of a dropped packet
 *   is never confirmed, so its retransmission meets the rules again, while a delivered one keeps its endpoint.
 * Simplified: one request a connection; the answer takes the way of the first packet; links neither queue nor lose; a proxying
 *   load balancer takes the client's request before it asks a node, and gives up on a silent one after 5 s; of the nodes on
 *   a way only the last keeps its conntrack entry.
 * Who could tell: someone with keep-alive connections, with saturated links, or who loses a pod while a SYN is sent again.
 *
 * An event only where shared state is read: at the load balancer, at a node, at the endpoint. The rest is arithmetic.
 */
import { type Host, UPLINK } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import { draw, drawExponential, Stream } from '../kernel/index.js';
import type { Balancer } from '../load-balancer/balancer.js';
import type { AddressId } from '../netfilter/address-book.js';
import { SOURCE_UNKNOWN } from '../netfilter/decision.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { RequestRecorder } from '../results/recorder.js';
import { OUTCOMES, type Outcome, SOURCE_KINDS, type SourceKind } from '../results/result.js';
import type { Nanos, Timings } from '../scenario.js';
import { Connection, type Flow } from './connection.js';
import { Decisions, type DecisionWorld } from './decisions.js';
import { RowIds } from './row-ids.js';
import {
  answerIsLost,
  answersPast,
  GOES_ROUND,
  inCircles,
  MOST_NODES,
  nothingListens,
  ownAddress,
  podIsGone,
  refusalBy,
  refusesOwnAddress,
  type Way,
  WayKind,
} from './ways.js';

export interface ConnectionWorld extends DecisionWorld {
  readonly timings: Timings;
  readonly dictionaries: DictionaryBuilder;
  readonly recorder: RequestRecorder;
  schedule(atNs: Nanos, phase: number, kind: number, slot: number): void;
  balancerAt(ip: string): Balancer | undefined;
  /** HTTP status with which a socket of the node itself answers; 0: nothing listens. */
  socketStatus(node: number, address: AddressId, port: number, path: string): number;
}

const outcomeCode = (outcome: Outcome): number => OUTCOMES.indexOf(outcome);
const kindCode = (kind: SourceKind): number => SOURCE_KINDS.indexOf(kind);
const OK = outcomeCode('ok');
const DROPPED = outcomeCode('dropped');
const REJECTED = outcomeCode('rejected');
const REFUSED = outcomeCode('refused');
const RESET = outcomeCode('reset');
const TIMEOUT = outcomeCode('timeout');
const UNREACHABLE = outcomeCode('unreachable');
const LB_UNAVAILABLE = outcomeCode('lb-unavailable');
const HTTP_ERROR = outcomeCode('http-error');
const ORIGIN_KIND = { client: kindCode('client'), pod: kindCode('pod'), node: kindCode('node') };
const LB_KIND = kindCode('lb');

const NO_CONNECTION = -1;
/** HAProxy's and most clouds' connect timeout towards a backend. */
const PROXY_CONNECT_TIMEOUT_NS = 5e9;
const HTTP_OK = 200;

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
  private readonly doors = new Map<AddressId, Door>();
  private doorsRevision = -1;

  constructor(private readonly world: ConnectionWorld) {
    this.ids = new RowIds(world.locations, world.addresses, world.dictionaries);
    this.decisions = new Decisions(world);
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
    c.startNs = startNs;
    c.attempts = 0;
    const s =
      flow.sources.length === 1
        ? 0
        : Math.floor(draw(world.seed, Stream.source, flow.key, ordinal) * flow.sources.length);
    c.clientAddress = flow.sources[s] as AddressId;
    c.client = flow.clientIds[s] as number;
    const d =
      flow.destinations.length === 1
        ? 0
        : Math.floor(draw(world.seed, Stream.source, ~flow.key, ordinal) * flow.destinations.length);
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
    c.keptNode = -1;
    c.keptWay = null;
    c.way = null;
    c.socketNode = -1;
    c.astray = false;
    return c;
  }

  /** Requests that have begun and not ended. */
  get underWay(): number {
    return this.pool.length - this.free.length;
  }

  connection(slot: number): Connection {
    return this.pool[slot] as Connection;
  }

  /** One way from where the flow's packets start to their first decision. */
  firstHopNs(flow: Flow): Nanos {
    const { timings } = this.world;
    return flow.origin === 'client' ? timings.clientToClusterNs : flow.origin === 'pod' ? timings.nodeToPodNs : 0;
  }

  /** A SYN, the first or another one, is at its first decision. */
  send(c: Connection): void {
    const { flow } = c;
    if (flow.problem !== null) return this.refuse(c, UNREACHABLE, this.ids.reason(flow.problem));
    c.sentNs = c.startNs + (flow.syn.sentNs[c.attempts] as number);
    c.attempts++;
    c.source = c.clientAddress;
    c.sourceKind = ORIGIN_KIND[flow.origin];
    c.destination = c.wanted;
    c.port = c.wantedPort;
    c.balanced = null;
    c.crossed = 0;
    c.translated = false;
    c.astray = false;
    c.pod = 0;
    if (flow.origin === 'client') return this.enter(c);
    c.node = flow.node;
    if (c.entryNode === 0) c.entryNode = this.ids.node(flow.node);
    this.decide(c, flow.origin === 'node' ? null : flow.interface);
  }

  /** A packet from a node on its way, or from a load balancer, reaches the node. */
  atNode(c: Connection): void {
    this.decide(c, UPLINK);
  }

  atEndpoint(c: Connection): void {
    const host = (c.way as Way).host as Host;
    c.pod = this.ids.host(host);
    if (host.state === 'gone' && !c.astray) return this.noNeighbour(c, host);
    if (c.astray) return this.silent(c, TIMEOUT, this.ids.reason(answerIsLost(host.name)));
    const refusal = refusalBy(host);
    if (refusal !== null) return this.refuse(c, REFUSED, this.ids.reason(refusal));
    this.answer(c, HTTP_OK);
  }

  finish(c: Connection): void {
    c.flow.done?.(c);
    this.free.push(c.slot);
  }

  /** The packet comes from outside to a load balancer or a node; also one from inside that no rule took. */
  enter(c: Connection): void {
    const door = this.door(c.destination);
    if (door.balancer !== undefined) return this.atBalancer(c, door.balancer);
    if (door.node < 0)
      return this.silent(c, TIMEOUT, this.ids.reason('nothing outside the cluster routes this address into it'));
    c.node = door.node;
    if (c.entryNode === 0) c.entryNode = this.ids.node(door.node);
    this.decide(c, UPLINK);
  }

  private atBalancer(c: Connection, balancer: Balancer): void {
    const { world } = this;
    c.lb = this.ids.balancer(balancer);
    const nodePort = balancer.nodePortFor(c.port);
    if (nodePort < 0)
      return this.silent(
        c,
        TIMEOUT,
        this.ids.reason(`load balancer of ${balancer.service}: it forwards no port ${c.port}`),
      );
    const node = balancer.pick(draw(world.seed, Stream.lb, c.flow.key, c.ordinal));
    if (node < 0) return this.balancerUnavailable(c, balancer);
    if (c.balanced === balancer) return this.silent(c, DROPPED, this.ids.reason(inCircles(this.ids.nodeName(node))));
    c.balanced = balancer;
    c.node = node;
    c.entryNode = this.ids.node(node);
    let delayNs = world.timings.loadBalancerToNodeNs;
    if (balancer.profile.destination === 'nodePort') {
      c.destination = this.nodeAddress(node, c.destination);
      c.port = nodePort;
    }
    if (balancer.profile.kind === 'proxy') {
      c.proxied = true;
      const { addresses } = balancer.profile;
      const n = Math.floor(draw(world.seed, Stream.lb, ~c.flow.key, c.ordinal) * addresses.length);
      c.source = world.addresses.idOf(addresses[n] as string);
      c.sourceKind = LB_KIND;
      // The client's handshake and request come first, then the load balancer opens its own connection.
      c.balancerNs = world.now() - c.sentNs;
      delayNs += 2 * c.balancerNs;
    } else if (this.isOwnAddress(node, c.source)) {
      return this.silent(c, DROPPED, this.ids.reason(ownAddress(this.ids.nodeName(node))));
    }
    // Another tuple than the one that a node may have sent here: conntrack does not know it.
    if (c.proxied || balancer.profile.destination === 'nodePort') c.keptNode = -1;
    world.schedule(world.now() + delayNs, Phase.Packet, Kind.AtNode, c.slot);
  }

  private balancerUnavailable(c: Connection, balancer: Balancer): void {
    const reason = this.ids.reason(`load balancer of ${balancer.service}: no target is in use`);
    if (balancer.profile.kind === 'proxy') this.refuse(c, LB_UNAVAILABLE, reason);
    else this.silent(c, LB_UNAVAILABLE, reason);
  }

  /** The node's rules, or its conntrack, say where the packet goes. */
  private decide(c: Connection, inInterface: string | null): void {
    const way = c.keptNode === c.node && c.keptWay !== null ? c.keptWay : this.decisions.choose(c, inInterface);
    if (way === null) return this.silent(c, TIMEOUT, this.ids.reason('the node is gone'));
    const { world } = this;
    switch (way.kind) {
      case WayKind.Drop:
        return this.silent(c, DROPPED, this.ids.refusal(way, c.node));
      case WayKind.Reject:
        return this.refuse(c, REJECTED, this.ids.refusal(way, c.node));
      case WayKind.Socket:
        return this.atSocket(c, way);
    }
    this.keep(c, way);
    const { loadBalancerToNodeNs, nodeToNodeNs, nodeToPodNs } = world.timings;
    const now = world.now();
    switch (way.kind) {
      case WayKind.Outside:
        return this.silent(c, TIMEOUT, this.ids.reason('it left by the default route and nobody answered'));
      case WayKind.Balancer:
        return world.schedule(now + loadBalancerToNodeNs, Phase.Packet, Kind.AtBalancer, c.slot);
      case WayKind.Node:
        if (this.isOwnAddress(way.node, c.source))
          return this.silent(c, DROPPED, this.ids.reason(ownAddress(this.ids.nodeName(way.node))));
        if (++c.crossed >= MOST_NODES) return this.silent(c, DROPPED, this.ids.reason(GOES_ROUND));
        c.node = way.node;
        return world.schedule(now + nodeToNodeNs, Phase.Packet, Kind.AtNode, c.slot);
      default:
        world.schedule(now + nodeToPodNs + (way.crosses ? nodeToNodeNs : 0), Phase.Packet, Kind.AtEndpoint, c.slot);
    }
  }

  /** conntrack confirms what leaves the node, translated or not: later packets go the same way whatever the rules say. */
  private keep(c: Connection, way: Way): void {
    c.way = way;
    c.keptWay = way;
    c.keptNode = c.node;
    if (way.choice.dnat) {
      c.translated = true;
      c.astray = answersPast(c.node, way, c.proxied ? -1 : c.flow.node);
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
    const status = this.world.socketStatus(c.node, c.destination, c.port, c.flow.path);
    if (status > 0) {
      c.socketNode = c.node;
      return this.answer(c, status);
    }
    const host = this.world.locations.listenerOn(c.node, c.port, c.translated);
    if (host !== undefined) c.pod = this.ids.host(host);
    if (c.astray)
      return this.silent(c, TIMEOUT, this.ids.reason(answerIsLost(host?.name ?? this.ids.nodeName(c.node))));
    if (host !== undefined) return this.answer(c, HTTP_OK);
    this.refuse(c, REFUSED, this.ids.reason(nothingListens(c.port, this.ids.nodeName(c.node))));
  }

  private answer(c: Connection, status: number): void {
    const { world } = this;
    const now = world.now();
    const outcome = status >= 500 ? HTTP_ERROR : OK;
    const workNs =
      c.socketNode >= 0
        ? 0
        : Math.round(drawExponential(world.seed, Stream.service, c.flow.key, c.ordinal) * world.timings.podWorkNs);
    if (c.proxied) {
      const { balancerNs } = c;
      const endpointNs = now - c.sentNs - 3 * balancerNs;
      return this.end(c, now + 3 * endpointNs + workNs + balancerNs, outcome, status, this.connectedNs(c));
    }
    const oneWayNs = now - c.sentNs;
    const connectNs = now + oneWayNs - c.startNs;
    this.end(c, c.startNs + connectNs + 2 * oneWayNs + workNs, outcome, status, connectNs);
  }

  /** An RST or an ICMP error comes back at once. */
  private refuse(c: Connection, outcome: number, reason: number): void {
    const now = this.world.now();
    c.reason = reason;
    if (!c.proxied) return this.end(c, now + (now - c.sentNs), outcome, 0, NO_CONNECTION);
    this.resetByBalancer(c, now - c.sentNs - 3 * c.balancerNs);
  }

  /** The node asks for the address in vain, then says "host unreachable". Until then SYNs are sent again. */
  private noNeighbour(c: Connection, host: Host): void {
    const { world } = this;
    const { neighbourTimeoutNs } = world.timings;
    c.reason = this.ids.reason(podIsGone(host.name));
    if (c.proxied) return this.resetByBalancer(c, Math.min(neighbourTimeoutNs, PROXY_CONNECT_TIMEOUT_NS));
    const saysSoNs = world.now() + neighbourTimeoutNs + (world.now() - c.sentNs);
    const isHeard = saysSoNs < this.deadlineNs(c);
    const endNs = isHeard ? saysSoNs : this.deadlineNs(c);
    const { sentNs } = c.flow.syn;
    while (c.startNs + (sentNs[c.attempts] ?? Infinity) < endNs) c.attempts++;
    this.end(c, endNs, isHeard ? UNREACHABLE : TIMEOUT, 0, NO_CONNECTION);
  }

  /** Nothing came back: the client sends again, or its patience ends first. */
  private silent(c: Connection, outcome: number, reason: number): void {
    c.reason = reason;
    if (c.proxied) return this.resetByBalancer(c, PROXY_CONNECT_TIMEOUT_NS);
    const nextNs = c.startNs + (c.flow.syn.sentNs[c.attempts] ?? Infinity);
    if (nextNs >= this.deadlineNs(c)) return this.end(c, this.deadlineNs(c), outcome, 0, NO_CONNECTION);
    const arrivesNs = nextNs + this.firstHopNs(c.flow);
    this.world.schedule(Math.max(arrivesNs, this.world.now()), Phase.Packet, Kind.Send, c.slot);
  }

  /** A proxying load balancer, `afterNs` from now, has no endpoint for the connection that its client has opened. */
  private resetByBalancer(c: Connection, afterNs: Nanos): void {
    this.end(c, this.world.now() + afterNs + c.balancerNs, RESET, 0, this.connectedNs(c));
  }

  /** When the handshake with a proxying load balancer is done, after the start. */
  private connectedNs(c: Connection): Nanos {
    return c.sentNs - c.startNs + 2 * c.balancerNs;
  }

  /** Until then the client waits for a connection. */
  private deadlineNs(c: Connection): Nanos {
    const { flow } = c;
    return c.startNs + Math.min(flow.connectTimeoutNs, flow.requestTimeoutNs, flow.syn.givesUpNs);
  }

  /** `connectNs`: after the start; NO_CONNECTION where none comes about. */
  private end(c: Connection, atNs: Nanos, outcome: number, status: number, connectNs: Nanos): void {
    const waitsNs = this.deadlineNs(c);
    const isConnected = connectNs !== NO_CONNECTION && c.startNs + connectNs <= waitsNs;
    const limitNs = isConnected ? c.startNs + c.flow.requestTimeoutNs : waitsNs;
    const late = atNs > limitNs;
    c.endNs = late ? limitNs : atNs;
    c.outcome = late ? TIMEOUT : outcome;
    c.status = late ? 0 : status;
    if (late) c.reason = this.ids.reason(isConnected ? 'the answer came too late' : 'the connection came too late');
    if (c.request >= 0) this.record(c, isConnected ? connectNs : NO_CONNECTION);
    if (c.flow.done === null) this.free.push(c.slot);
    else this.world.schedule(Math.max(c.endNs, this.world.now()), Phase.Packet, Kind.Finish, c.slot);
  }

  private record(c: Connection, connectNs: Nanos): void {
    const seen = c.pod > 0 && (c.outcome === OK || c.outcome === HTTP_ERROR || connectNs >= 0);
    this.world.recorder.end(
      c.request,
      c.startNs,
      c.client,
      c.target,
      c.lb,
      c.entryNode,
      c.pod,
      seen ? this.ids.source(c.source, c.sourceKind) : 0,
      c.outcome,
      c.status,
      c.attempts,
      connectNs,
      c.endNs - c.startNs,
      c.outcome === OK ? 0 : c.reason,
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

  private isOwnAddress(node: number, source: AddressId): boolean {
    const place = this.world.locations.nodes[node];
    return place !== undefined && refusesOwnAddress(place, this.world.addresses.at(source));
  }

  /** Of a load balancer that sends to node ports: the node's address in the family of the packet's destination. */
  private nodeAddress(node: number, destination: AddressId): AddressId {
    const { addresses, locations } = this.world;
    const { family } = addresses.at(destination);
    const own = locations.nodes[node]?.addresses.find((ip) => ip.family === family);
    return own === undefined ? destination : addresses.idOfIp(own);
  }
}
