/**
 * Connection tracking: which translations a node remembers, for how long, and which source port a masquerade gets.
 *
 * Models: entries by original and by answer direction, NAT decided once per connection, timeouts by protocol and state,
 *   source ports of masqueraded connections, UDP flows that become streams.
 * Source: Documentation/networking/nf_conntrack-sysctl.rst (timeouts); nf_conntrack_proto_udp.c (streams, since Linux 5.0); kube-proxy's --conntrack-tcp-timeout-* defaults;
 *   net/netfilter/nf_nat_core.c (port search).
 * Simplified: TCP states as far as their timeouts differ; no windows, no zones, no expectations; every free port is found,
 *   where the kernel gives up after 128 tries and then ever fewer.
 * Who could tell: someone who drives a node near the exhaustion of its ports.
 */
import { NS_PER_HOUR, NS_PER_SECOND } from '../kernel/time.js';
import type { Protocol } from '../objects.js';
import type { Ip } from './address.js';

/** One direction of a connection. */
export interface Tuple {
  readonly protocol: Protocol;
  readonly source: Ip;
  readonly sourcePort: number;
  readonly destination: Ip;
  readonly destinationPort: number;
}

export type TcpState =
  | 'synSent'
  | 'synReceived'
  | 'established'
  | 'finWait'
  | 'closeWait'
  | 'lastAck'
  | 'timeWait'
  | 'close';
/** `replied`: both sides have spoken; `assured`: and after two seconds somebody still does. */
export type DatagramState = 'unreplied' | 'replied' | 'assured';
export type ConnectionState = TcpState | DatagramState;

/**
 * Idle time after which an entry is forgotten, as on a node that runs kube-proxy: it sets `established` to 24 h and
 * `closeWait` to 1 h, where the kernel has 5 days and 60 s.
 */
export const TCP_TIMEOUTS_NS: Readonly<Record<TcpState, number>> = {
  synSent: 120 * NS_PER_SECOND,
  synReceived: 60 * NS_PER_SECOND,
  established: 24 * NS_PER_HOUR,
  finWait: 120 * NS_PER_SECOND,
  closeWait: NS_PER_HOUR,
  lastAck: 30 * NS_PER_SECOND,
  timeWait: 120 * NS_PER_SECOND,
  close: 10 * NS_PER_SECOND,
};

/** UDP: 30 s, as a stream 120 s. SCTP is held by the same two figures here. */
export const DATAGRAM_TIMEOUTS_NS: Readonly<Record<DatagramState, number>> = {
  unreplied: 30 * NS_PER_SECOND,
  replied: 30 * NS_PER_SECOND,
  assured: 120 * NS_PER_SECOND,
};

/** A flow that is younger is taken for a question and its answer. */
const STREAM_AFTER_NS = 2 * NS_PER_SECOND;

/** Ports that a masquerade searches where the connection's own is taken; 64,512 of them. */
export const SNAT_PORT_MIN = 1024;
export const SNAT_PORT_MAX = 65535;

export interface Connection {
  /** As the packet came. */
  readonly original: Tuple;
  /** As the answer comes: its source is the endpoint, its destination what the endpoint saw. */
  readonly reply: Tuple;
  readonly sinceNs: number;
  state: ConnectionState;
  expiresAtNs: number;
}

/** What the rules decided for a first packet that went through. */
export interface Translation {
  destination: Ip;
  destinationPort: number;
  /** Null: the source stays. */
  masqueradeAs: Ip | null;
}

export class ConnectionTable {
  private readonly connections = new Map<string, Connection>();

  /**
   * Remembers a connection whose first packet passed all rules; what was dropped or rejected leaves no entry, so it is
   * not added. Null: every source port is taken, and the kernel drops the packet.
   */
  add(original: Tuple, translation: Translation, nowNs: number): Connection | null {
    const { destination, destinationPort, masqueradeAs } = translation;
    const replyFor = (port: number): Tuple => ({
      protocol: original.protocol,
      source: destination,
      sourcePort: destinationPort,
      destination: masqueradeAs ?? original.source,
      destinationPort: port,
    });
    const isFree = (port: number): boolean => this.find(replyFor(port), nowNs) === null;
    // Where another connection has the same answer direction, the kernel moves the port, masquerade or not.
    const port = chooseSourcePort(original.sourcePort, isFree);
    if (port === null) return null;
    const state: ConnectionState = original.protocol === 'TCP' ? 'synSent' : 'unreplied';
    const expiresAtNs = nowNs + timeoutNs(state);
    const connection = { original, reply: replyFor(port), sinceNs: nowNs, state, expiresAtNs };
    this.connections.set(keyOf(connection.original), connection);
    this.connections.set(keyOf(connection.reply), connection);
    return connection;
  }

  /** By either direction; null where none is known or it has expired. Rules have no say any more. */
  find(tuple: Tuple, nowNs: number): Connection | null {
    const connection = this.connections.get(keyOf(tuple));
    if (connection === undefined) return null;
    if (connection.expiresAtNs > nowNs) return connection;
    this.remove(connection);
    return null;
  }

  remove(connection: Connection): void {
    this.connections.delete(keyOf(connection.original));
    this.connections.delete(keyOf(connection.reply));
  }

  /** Forgets those that are meant, whichever; returns how many. */
  removeWhere(isMeant: (connection: Connection) => boolean): number {
    const meant = this.live().filter(isMeant);
    for (const connection of meant) this.remove(connection);
    return meant.length;
  }

  /** Forgets what has expired; returns how many. */
  expire(nowNs: number): number {
    return this.removeWhere((connection) => connection.expiresAtNs <= nowNs);
  }

  get isEmpty(): boolean {
    return this.connections.size === 0;
  }

  get size(): number {
    return this.live().length;
  }

  private live(): Connection[] {
    return [...new Set(this.connections.values())];
  }
}

/** A packet of the connection passed; restarts its timeout. */
export function touch(connection: Connection, state: ConnectionState, nowNs: number): void {
  connection.state = state;
  connection.expiresAtNs = nowNs + timeoutNs(state);
}

/** The same for a datagram, there or back. */
export function touchByDatagram(connection: Connection, isAnswer: boolean, nowNs: number): void {
  const isAnswered = connection.state !== 'unreplied';
  if (isAnswered && nowNs - connection.sinceNs > STREAM_AFTER_NS) touch(connection, 'assured', nowNs);
  else touch(connection, isAnswered || isAnswer ? 'replied' : 'unreplied', nowNs);
}

export function timeoutNs(state: ConnectionState): number {
  return state in TCP_TIMEOUTS_NS ? TCP_TIMEOUTS_NS[state as TcpState] : DATAGRAM_TIMEOUTS_NS[state as DatagramState];
}

/**
 * The connection's own port where it is free, else the next free one, searched upwards from there and around the range.
 * Null where none is free. The kernel starts its search at random; which port it is shows nowhere but in captures.
 */
export function chooseSourcePort(wanted: number, isFree: (port: number) => boolean): number | null {
  if (isFree(wanted)) return wanted;
  const count = SNAT_PORT_MAX - SNAT_PORT_MIN + 1;
  const start = Math.max(wanted, SNAT_PORT_MIN) - SNAT_PORT_MIN;
  for (let i = 0; i < count; i++) {
    const port = SNAT_PORT_MIN + ((start + i) % count);
    if (isFree(port)) return port;
  }
  return null;
}

function keyOf(tuple: Tuple): string {
  const { protocol, source, sourcePort, destination, destinationPort } = tuple;
  return `${protocol} ${source.text} ${sourcePort} ${destination.text} ${destinationPort}`;
}
