/**
 * Clients that come back to a port while IPVS still remembers what it carried before.
 *
 * Models: a client takes its ports by turns; an IPVS entry outlives its connection by two minutes, but not its machine's power. With
 *   conn_reuse_mode=0, and before Linux 4.1, which has no such setting, a new connection from the same port goes where the one before
 *   went, removed or not. With 1 it is scheduled anew: at once from 5.9 on, and before that with its second SYN, as the first one is
 *   dropped together with the entry, whose conntrack entry is in use.
 * Source: kubernetes/kubernetes#81775, #70747, #71358, #93297; net/netfilter/ipvs/ip_vs_core.c (ip_vs_in, is_new_conn_expected), Linux 5.9
 *   35dfb013149f (the change that kube-proxy names); pkg/proxy/ipvs/proxier.go: kube-proxy sets 0 on kernels from 4.1 to
 *   5.8, and leaves the kernel's 1 alone from 5.9 on; it sets vs/conntrack=1 always; ipvs (TIME_WAIT of 2 minutes);
 *   pkg/proxy/ipvs/graceful_termination.go: a removed endpoint stays while connections are left.
 * Simplified: connections are short; a client comes by one node; who takes a port does not mind its own TIME_WAIT; with 0 from
 *   5.9 on expire_nodest_conn ends no entry of a removed endpoint.
 * Who could tell: someone who sets conn_reuse_mode=0 on a new kernel.
 */
import type { Locations } from '../cluster/locations.js';
import type { AddressId } from '../netfilter/address-book.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import type { Way } from './ways.js';

const REMEMBERED_NS = 120e9;
const PORTS = 65_536;

/** What IPVS of a node does with a connection from a port that it remembers: see above. */
export type PortReuse = 'goesWhereBefore' | 'dropsFirst' | 'anew';

/** `set`: conn_reuse_mode as somebody else has set it; null: as kube-proxy does. */
export function portReuse(isOlderThan: (major: number, minor: number) => boolean, set: 0 | 1 | null): PortReuse {
  if (isOlderThan(4, 1)) return 'goesWhereBefore';
  const mode = set ?? (isOlderThan(5, 9) ? 0 : 1);
  if (mode === 0) return 'goesWhereBefore';
  return isOlderThan(5, 9) ? 'dropsFirst' : 'anew';
}

interface Entry {
  node: number;
  /** How often the machine had lost its power: with it goes its table. */
  outages: number;
  way: Way;
  untilNs: Nanos;
}

export class ReusedPorts {
  /** By flow and client address: how many connections it has opened. */
  private readonly opened = new Map<number, Map<AddressId, number>>();
  /** By flow, then by client address and place of the port. */
  private readonly entries = new Map<number, Map<number, Entry>>();

  constructor(private readonly locations: Locations) {}

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
    if (entry === undefined || !this.isThere(entry, c.node, nowNs)) return null;
    entry.untilNs = nowNs + REMEMBERED_NS;
    return entry.way;
  }

  /** The entry that is left of a connection before ends; false: there is none. */
  forget(c: Connection, nowNs: Nanos): boolean {
    const entries = this.entries.get(c.flow.key);
    const key = c.clientAddress * PORTS + c.portPlace;
    const entry = entries?.get(key);
    if (entries === undefined || entry === undefined || !this.isThere(entry, c.node, nowNs)) return false;
    entries.delete(key);
    return true;
  }

  remember(c: Connection, way: Way, nowNs: Nanos): void {
    let entries = this.entries.get(c.flow.key);
    if (entries === undefined) {
      entries = new Map();
      this.entries.set(c.flow.key, entries);
    }
    const key = c.clientAddress * PORTS + c.portPlace;
    entries.set(key, { node: c.node, outages: this.outagesOf(c.node), way, untilNs: nowNs + REMEMBERED_NS });
  }

  private isThere(entry: Entry, node: number, nowNs: Nanos): boolean {
    return entry.node === node && entry.untilNs > nowNs && entry.outages === this.outagesOf(node);
  }

  private outagesOf(node: number): number {
    return this.locations.nodes[node]?.outages ?? 0;
  }
}
