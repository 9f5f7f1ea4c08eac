/**
 * Mode userspace: connections that kube-proxy accepts, and its own to an endpoint. The clock of what `kube-proxy/relay.ts` holds.
 *
 * Models: the accept loop that connects before it accepts the next client, attempts with their timeouts, the connection that is
 *   closed when they are used up; datagrams passed on without a word of what becomes of them. What a kube-proxy holds is reset
 *   when its process ends, and hangs when its machine loses its power.
 * Source: pkg/proxy/userspace/proxysocket.go of the 1.21 to 1.25 eras; the kernel's choice of a source address.
 * Simplified: kube-proxy's SYN is sent once within an attempt; a client that has gone away meanwhile still has its turn; a
 *   node that goes leaves its clients waiting until the kernel gives up (15 retransmissions, 924.6 s).
 * Who could tell: someone whose pod starts listening in the last second of the fourth attempt.
 */
import type { HostEnd, Locations } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import type { EndpointInfo } from '../kube-proxy/endpoint-map.js';
import { DIAL_TIMEOUTS_NS, type RelaySocket } from '../kube-proxy/relay.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import { serviceOf } from '../netfilter/refusals.js';
import { SOURCE_KINDS } from '../results/result.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import { chosenSource } from './destinations.js';
import { type Endings, TIMEOUT } from './endings.js';
import type { RowIds } from './row-ids.js';
import {
  answersFrom,
  GOES_ROUND,
  MOST_NODES,
  nodeIsOff,
  otherAnswer,
  proxyCloses,
  proxyDiscards,
  proxyEnded,
} from './ways.js';

export interface RelayWorld {
  readonly locations: Locations;
  readonly addresses: AddressBook;
  readonly bridgeName: string | null;
  now(): Nanos;
  schedule(atNs: Nanos, phase: number, kind: number, slot: number): void;
}

/** An endpoint as one node reaches it. */
interface Target {
  readonly address: AddressId;
  readonly source: AddressId;
  readonly sourceKind: number;
}

const BRIDGE_KIND = SOURCE_KINDS.indexOf('bridge');
const NODE_KIND = SOURCE_KINDS.indexOf('node');

export class Relays {
  /** By node. */
  private targets: WeakMap<EndpointInfo, Target>[] = [];
  private routesRevision = -1;
  /** Why whoever waits for the loop does so: the last attempt in vain since nobody waited. */
  private readonly heldUpBy = new WeakMap<RelaySocket, number>();

  constructor(
    private readonly world: RelayWorld,
    private readonly ids: RowIds,
    private readonly endings: Endings,
    /** The connection's packet has left a process of the node that it is at. */
    private readonly decide: (c: Connection) => void,
  ) {}

  /** A client's first packet is at the socket. */
  accept(c: Connection, socket: RelaySocket): void {
    const { handshakes } = c.flow.transport;
    if (c.relay === socket || ++c.crossed >= MOST_NODES)
      return this.endings.silent(c, TIMEOUT, this.ids.ofNode(GOES_ROUND, 'loop', c.node));
    if (handshakes > 0 && socket.isFull) {
      const reason = `kube-proxy of ${this.ids.nodeName(c.node)} accepts none for ${socket.name}: its backlog is full`;
      return this.endings.silent(c, TIMEOUT, this.ids.ofNode(reason, 'backlog-full', c.node));
    }
    c.relay = socket;
    c.relayNode = c.node;
    c.relayOutages = this.outagesOf(c.node);
    c.relayClient = c.source;
    c.dials = 0;
    const atNs = this.endings.handedOver(c);
    if (handshakes === 0) this.passOn(c, socket);
    else this.world.schedule(atNs, Phase.Packet, Kind.Dial, c.slot);
  }

  /** The client's handshake is done, or an attempt has failed, or those before it have been served. */
  dial(c: Connection): void {
    const { world } = this;
    const now = world.now();
    const socket = c.relay as RelaySocket;
    const node = this.ids.nodeName(c.relayNode);
    if (this.isLeftAlone(c)) return;
    if (c.dials === DIAL_TIMEOUTS_NS.length)
      return this.close(c, now, proxyCloses(node, socket.name, this.ids.reasonText(c.reason)));
    if (c.dials === 0) {
      if (socket.closed) return this.close(c, now, `kube-proxy of ${node} closed the socket of ${socket.name}`);
      const turn = socket.accept(c.slot, now);
      if (turn === null) return;
      if (turn > now) return world.schedule(turn, Phase.Packet, Kind.Dial, c.slot);
      c.lateBy = this.heldUpBy.get(socket) ?? 0;
    }
    const endpoint = socket.next(c.relayClient, now, c.dials > 0);
    if (endpoint === null) return this.close(c, now, proxyCloses(node, socket.name, null));
    c.dials++;
    this.towards(c, endpoint);
  }

  /** The endpoint has taken the connection at that time; the loop accepts the next client. */
  taken(c: Connection, atNs: Nanos): void {
    this.free(c.relay as RelaySocket, atNs);
  }

  /** The endpoint has answered, and its answer does not reach the client. */
  lost(c: Connection): void {
    const { addresses } = this.world;
    const node = this.ids.nodeName(c.relayNode);
    const reason = otherAnswer(node, addresses.at(c.answersFrom).text, addresses.at(c.relayAddress).text);
    c.relay = null;
    this.endings.silent(c, TIMEOUT, this.ids.ofNode(reason, 'answer-astray', c.relayNode));
  }

  /** kube-proxy's connection does not come about: it knows after `afterNs`, Infinity: never. */
  failed(c: Connection, afterNs: Nanos, reason: number): void {
    const socket = c.relay as RelaySocket;
    const why = this.ids.reasonText(reason);
    const node = this.ids.nodeName(c.relayNode);
    if (c.flow.transport.handshakes === 0) {
      if (c.udpClient !== null && afterNs < Infinity) c.udpClient.closed = true;
      return this.discard(c, proxyDiscards(node, socket.name, why));
    }
    const timeoutNs = DIAL_TIMEOUTS_NS[c.dials - 1] as Nanos;
    const atNs = Math.max(this.world.now(), c.legNs + Math.min(afterNs, timeoutNs));
    c.reason = reason;
    c.lateBy = reason;
    this.heldUpBy.set(socket, reason);
    this.world.schedule(atNs, Phase.Packet, Kind.Dial, c.slot);
  }

  /** Whoever holds the connection is gone, process or machine: then this is its end. */
  isLeftAlone(c: Connection): boolean {
    const socket = c.relay as RelaySocket;
    const isOff = this.isOff(c);
    if (!isOff && !socket.ended) return false;
    const now = this.world.now();
    const reason = isOff ? this.offReason(c.relayNode) : this.endedReason(c.relayNode);
    c.host = null;
    if (c.flow.transport.handshakes === 0) {
      c.relay = null;
      this.endings.silent(c, TIMEOUT, reason);
      return true;
    }
    if (isOff) this.endings.hangs(c, reason);
    else this.endings.closed(c, now, reason);
    this.free(socket, now);
    return true;
  }

  /** kube-proxy's process there is gone, or the machine under it, with the connections that endpoints have not answered yet. */
  gone(node: number, how: HostEnd['how']): void {
    const isHeld = ({ relay, relayNode }: Connection) => relay !== null && relayNode === node;
    const lost = this.endings.open.takeAllUnanswered(this.world.now(), isHeld);
    if (lost.length === 0) return;
    const reason = how === 'machine' ? this.offReason(node) : this.endedReason(node);
    for (const c of lost)
      this.endings.lost(c, how === 'machine' ? 'silent' : 'reset', reason, how === 'machine' ? node : -1);
  }

  /** The machine of the kube-proxy that holds the connection has no power, or has been without since. */
  private isOff({ relayNode, relayOutages }: Connection): boolean {
    return !this.world.locations.hasPower(relayNode) || this.outagesOf(relayNode) !== relayOutages;
  }

  private outagesOf(node: number): number {
    return this.world.locations.nodes[node]?.outages ?? 0;
  }

  private offReason(node: number): number {
    const place = this.world.locations.nodes[node];
    const text = place?.alive === true ? nodeIsOff(place.name) : 'the node is gone';
    return this.ids.ofNode(text, 'node-down', node);
  }

  private endedReason(node: number): number {
    return this.ids.ofNode(proxyEnded(this.ids.nodeName(node)), 'proxy-closed', node);
  }

  private passOn(c: Connection, socket: RelaySocket): void {
    const { addresses, locations } = this.world;
    const { context } = locations.nodes[c.relayNode]!;
    const other = socket.onAnyAddress
      ? answersFrom(context, addresses.at(c.source), addresses.at(c.destination))
      : null;
    c.answersFrom = other === null ? -1 : addresses.idOfIp(other);
    c.relayAddress = c.destination;
    c.udpClient = socket.udpClient(c.relayClient, c.sourcePort, this.world.now());
    if (c.udpClient === null) this.discard(c, proxyDiscards(this.ids.nodeName(c.relayNode), socket.name, null));
    else this.towards(c, c.udpClient.endpoint);
  }

  private discard(c: Connection, why: string): void {
    const reason = this.closedReason(c, why);
    c.relay = null;
    this.endings.silent(c, TIMEOUT, reason);
  }

  private close(c: Connection, atNs: Nanos, why: string): void {
    const socket = c.relay as RelaySocket;
    this.endings.closed(c, atNs, this.closedReason(c, why));
    this.free(socket, atNs);
  }

  private closedReason(c: Connection, why: string): number {
    return this.ids.ofRules(why, 'proxy-closed', c.relayNode, serviceOf((c.relay as RelaySocket).name));
  }

  private free(socket: RelaySocket, atNs: Nanos): void {
    const next = socket.free(atNs);
    if (next >= 0) this.world.schedule(atNs, Phase.Packet, Kind.Dial, next);
    else this.heldUpBy.delete(socket);
  }

  private towards(c: Connection, endpoint: EndpointInfo): void {
    const { address, source, sourceKind } = this.target(c.relayNode, endpoint);
    c.node = c.relayNode;
    c.legNs = this.world.now();
    c.source = source;
    c.sourceKind = sourceKind;
    c.destination = address;
    c.port = endpoint.port;
    c.balanced = null;
    c.translated = false;
    c.astray = false;
    c.keptNode = -1;
    c.pod = 0;
    this.decide(c);
  }

  private target(node: number, endpoint: EndpointInfo): Target {
    const { locations } = this.world;
    if (this.routesRevision !== locations.routesRevision) {
      this.routesRevision = locations.routesRevision;
      this.targets = [];
    }
    this.targets[node] ??= new WeakMap();
    const targets = this.targets[node] as WeakMap<EndpointInfo, Target>;
    let target = targets.get(endpoint);
    if (target === undefined) {
      target = this.newTarget(node, endpoint);
      targets.set(endpoint, target);
    }
    return target;
  }

  private newTarget(node: number, { ip }: EndpointInfo): Target {
    const { addresses, bridgeName, locations } = this.world;
    const { context } = locations.nodes[node]!;
    const overBridge = bridgeName !== null && context.egress(ip).interface === bridgeName;
    return {
      address: addresses.idOfIp(ip),
      source: addresses.idOfIp(chosenSource(context, ip) ?? ip),
      sourceKind: overBridge ? BRIDGE_KIND : NODE_KIND,
    };
  }
}
