/**
 * Source ports of masqueraded connections: how many one node has left towards one endpoint.
 *
 * Models: a port is taken for as long as conntrack remembers the connection and its machine has power; the kernel tries some ports at random, and
 *   drops the packet where all of them are taken; the next SYN tries again.
 * Source: net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple (1024 to 65535; 128 tries from a random port on, then 64, 32 and 16
 *   from others); nf_conntrack-sysctl.rst (TIME_WAIT 120 s, UDP 30 s); from Linux 6.5 on nf_nat_used_tuple_harder evicts entries in
 *   TIME_WAIT (the release is assumed).
 * Simplified: a connection holds its port from its first packet on for those times, however long it lasts; kube-proxy
 *   masquerades with --random-fully, so that no own port is kept; the first connections to an endpoint, and of a node to it, up to a 256th
 *   of all ports each, are not counted; what the CNI masquerades on its way out of the cluster is not.
 * Who could tell: someone with long connections near the limit, or whose iptables is too old for --random-fully.
 *
 * Counted in whole seconds, so that taking a port costs the same whatever is taken, and noted only where there is some traffic: of a
 * thousand endpoints and a thousand nodes most pairs meet a few times.
 */
import { draw, Stream } from '../kernel/index.js';
import type { Nanos, Traffic } from '../scenario.js';
import type { Connection } from './connection.js';
import { type PortEndpoint, PortTuple } from './port-tuples.js';
import type { Way } from './ways.js';

/** nf_nat's own, where nothing else is said. */
export const LINUX_PORTS = { from: 1024, to: 65_535 };

const SECOND_NS = 1e9;
const HELD_SECONDS = { TCP: 120, UDP: 30, SCTP: 120 } as const;
const LONGEST_SECONDS = 120;
const TRIES = 128 + 64 + 32 + 16;
/** A smaller range is tried as a whole. */
const ALL_TRIED = 128;
/** So many ports in use cost nobody anything: one in 2^240. */
const HALF = 0.5;
/** First packets of one connection, each of which may take another port. */
const MOST_SENT = 11;
/** More than there are addresses. */
const SOURCES = 2 ** 32;
/** Its place in the random numbers. */
const PORTS = 0x6a09e667;

/** Whether that much traffic, all by one node to one endpoint, could ever want for a port. */
export function mayRunOut(traffic: readonly Traffic[], ports: number): boolean {
  const connections = traffic.reduce((sum, { ratePerSecond, startNs, stopNs, count, retries, atOnce }) => {
    const seconds = Math.min(LONGEST_SECONDS, (stopNs - startNs) / SECOND_NS);
    return sum + Math.min(count ?? Infinity, ratePerSecond * seconds) * (retries?.attempts ?? 1) * atOnce;
  }, 0);
  return connections * MOST_SENT >= ports * HALF;
}

export class SourcePorts {
  /** By protocol, then by address and port. */
  private readonly endpoints: Map<number, PortEndpoint>[] = [];
  private readonly negligible: number;

  constructor(
    private readonly seed: number,
    /** How many there are. */
    private readonly ports: number,
    /** Whether the node's kernel evicts what is closed. */
    private readonly evicts: (node: number) => boolean,
  ) {
    this.negligible = ports >>> 8;
  }

  /** A masqueraded connection leaves a node; false: no port is left, and its packet is dropped. */
  take(c: Connection, way: Way, nowNs: Nanos): boolean {
    way.portEndpoint ??= this.endpoint(c, way);
    const endpoint = way.portEndpoint;
    if (endpoint.taken < this.negligible) {
      endpoint.taken++;
      return true;
    }
    way.portTuple ??= tupleOf(endpoint, c.node, way.source);
    const tuple = way.portTuple;
    if (tuple.isNoted || tuple.inUse >= this.negligible) return this.takeNoted(c, tuple, nowNs);
    tuple.inUse++;
    return true;
  }

  /** Conntrack of the node's machine has gone with its power: every port is free. */
  powerLost(node: number): void {
    for (const endpoints of this.endpoints)
      for (const { tuples } of endpoints?.values() ?? [])
        for (const [key, tuple] of tuples) if (Math.floor(key / SOURCES) === node) tuple.clear();
  }

  private takeNoted(c: Connection, tuple: PortTuple, nowNs: Nanos): boolean {
    const { protocol } = c.flow.transport;
    const second = Math.floor(nowNs / SECOND_NS);
    const seconds = HELD_SECONDS[protocol];
    if (!tuple.isNoted) tuple.note(second, seconds);
    tuple.advance(second);
    if (this.isOut(c, tuple.inUse / this.ports)) return protocol === 'TCP' && this.evicts(c.node);
    tuple.take(seconds);
    return true;
  }

  private isOut(c: Connection, used: number): boolean {
    if (used >= 1) return true;
    if (this.ports <= ALL_TRIED || used < HALF) return false;
    return draw(this.seed, Stream.fault, c.flow.key ^ PORTS, c.dice * 16 + c.attempts) < used ** TRIES;
  }

  private endpoint(c: Connection, { destination, port }: Way): PortEndpoint {
    const { index } = c.flow.transport;
    this.endpoints[index] ??= new Map();
    const endpoints = this.endpoints[index] as Map<number, PortEndpoint>;
    const key = destination * 65_536 + port;
    let endpoint = endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = { taken: 0, tuples: new Map() };
      endpoints.set(key, endpoint);
    }
    return endpoint;
  }
}

function tupleOf({ tuples }: PortEndpoint, node: number, source: number): PortTuple {
  const key = node * SOURCES + source;
  let tuple = tuples.get(key);
  if (tuple === undefined) {
    tuple = new PortTuple();
    tuples.set(key, tuple);
  }
  return tuple;
}
