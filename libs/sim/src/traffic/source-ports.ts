/**
 * Source ports of masqueraded connections: how many one node has left towards one endpoint.
 *
 * Models: a port is taken for as long as conntrack remembers the connection; the kernel tries some ports at random, and
 *   drops the packet where all of them are taken; the next SYN tries again.
 * Source: net/netfilter/nf_nat_core.c, nf_nat_l4proto_unique_tuple (128 tries from a random port on, then 64, 32 and 16 from others);
 *   nf_conntrack-sysctl.rst (TIME_WAIT 120 s, UDP 30 s); from Linux 6.5 on nf_nat_used_tuple_harder evicts entries in TIME_WAIT (the
 *   release is assumed).
 * Simplified: a connection holds its port from its first packet on for those times, however long it lasts; kube-proxy
 *   masquerades with --random-fully, so that no own port is kept.
 * Who could tell: someone with long connections near the limit, or whose iptables is too old for --random-fully.
 *
 * Counted in whole seconds, so that taking a port costs the same whatever is taken.
 */
import { draw, Stream } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';

const SECOND_NS = 1e9;
const HELD_SECONDS = { TCP: 120, UDP: 30, SCTP: 120 } as const;
/** Seconds that are told apart: a power of two above all times. */
const RING = 256;
const TRIES = 128 + 64 + 32 + 16;
/** A smaller range is tried as a whole. */
const ALL_TRIED = 128;
/** Its place in the random numbers. */
const PORTS = 0x6a09e667;

class Tuple {
  private readonly endsIn = new Int32Array(RING);
  private second = 0;
  inUse = 0;

  advance(second: number): void {
    const steps = Math.min(second - this.second, RING);
    for (let n = 1; n <= steps; n++) {
      const at = (this.second + n) & (RING - 1);
      this.inUse -= this.endsIn[at] as number;
      this.endsIn[at] = 0;
    }
    this.second = second;
  }

  take(seconds: number): void {
    const at = (this.second + seconds) & (RING - 1);
    this.endsIn[at] = (this.endsIn[at] as number) + 1;
    this.inUse++;
  }
}

export class SourcePorts {
  private readonly tuples = new Map<string, Tuple>();

  constructor(
    private readonly seed: number,
    /** How many there are. */
    private readonly ports: number,
    /** Whether the node's kernel evicts what is closed. */
    private readonly evicts: (node: number) => boolean,
  ) {}

  /** A masqueraded connection leaves a node; false: no port is left, and its packet is dropped. */
  take(c: Connection, address: number, port: number, source: number, nowNs: Nanos): boolean {
    const { protocol } = c.flow.transport;
    const key = `${c.node} ${source} ${address} ${port} ${protocol}`;
    let tuple = this.tuples.get(key);
    if (tuple === undefined) {
      tuple = new Tuple();
      this.tuples.set(key, tuple);
    }
    tuple.advance(Math.floor(nowNs / SECOND_NS));
    if (this.isOut(c, tuple.inUse / this.ports)) {
      if (protocol !== 'TCP' || !this.evicts(c.node)) return false;
      return true;
    }
    tuple.take(HELD_SECONDS[protocol]);
    return true;
  }

  private isOut(c: Connection, used: number): boolean {
    if (used >= 1) return true;
    if (this.ports <= ALL_TRIED || used < 0.5) return false;
    return draw(this.seed, Stream.fault, c.flow.key ^ PORTS, c.dice * 16 + c.attempts) < used ** TRIES;
  }
}
