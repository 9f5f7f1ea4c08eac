/**
 * Clients that come back to a port while IPVS still remembers what it carried before.
 *
 * Models: a client takes its ports by turns; an IPVS entry outlives its connection by two minutes; with conn_reuse_mode=0 a new
 *   connection from the same port goes where the one before went, removed or not.
 * Source: kubernetes/kubernetes#81775, #70747, #71358; pkg/proxy/ipvs/proxier.go: kube-proxy sets conn_reuse_mode=0 on kernels from
 *   4.1 to 5.8, and leaves it alone (1) from 5.9 on, where a new connection is scheduled anew without a delay; ipvs
 *   (TIME_WAIT of 2 minutes); pkg/proxy/ipvs/graceful_termination.go: a removed endpoint stays while connections are left.
 * Simplified: connections are short; a client comes by one node; who takes a port does not mind its own TIME_WAIT.
 * Who could tell: someone with conn_reuse_mode=1 on an old kernel, who waits for one second instead.
 */
import type { AddressId } from '../netfilter/address-book.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import type { Way } from './ways.js';

const REMEMBERED_NS = 120e9;
const PORTS = 65_536;

interface Entry {
  node: number;
  way: Way;
  untilNs: Nanos;
}

export class ReusedPorts {
  /** By flow and client address: how many connections it has opened. */
  private readonly opened = new Map<number, Map<AddressId, number>>();
  /** By flow, then by client address and place of the port. */
  private readonly entries = new Map<number, Map<number, Entry>>();

  /** The client opens a connection: the place of its port. */
  nextPort({ flow, clientAddress }: Connection): number {
    let opened = this.opened.get(flow.key);
    if (opened === undefined) {
      opened = new Map();
      this.opened.set(flow.key, opened);
    }
    const n = opened.get(clientAddress) ?? 0;
    opened.set(clientAddress, n + 1);
    return n % flow.ports;
  }

  /** Where an entry that is left of a connection before sends the packet; null: there is none. */
  remembered(c: Connection, nowNs: Nanos): Way | null {
    const entry = this.entries.get(c.flow.key)?.get(c.clientAddress * PORTS + c.portPlace);
    if (entry === undefined || entry.untilNs <= nowNs || entry.node !== c.node) return null;
    entry.untilNs = nowNs + REMEMBERED_NS;
    return entry.way;
  }

  remember(c: Connection, way: Way, nowNs: Nanos): void {
    let entries = this.entries.get(c.flow.key);
    if (entries === undefined) {
      entries = new Map();
      this.entries.set(c.flow.key, entries);
    }
    const key = c.clientAddress * PORTS + c.portPlace;
    entries.set(key, { node: c.node, way, untilNs: nowNs + REMEMBERED_NS });
  }
}
