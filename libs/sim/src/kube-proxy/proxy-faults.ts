/**
 * What keeps the kube-proxies of a cluster from their work: who is frozen, who hears nothing, and what that one has missed.
 *
 * Models: a frozen one starts and ends no sync, while its watches and its health server go on; one that is cut off hears
 *   everything that it has missed when it is in touch again.
 * Source: `iptables-restore` that waits for the lock of xtables (#115825); client-go's reflectors, which list anew.
 * Simplified: what was missed is heard at once and in its order.
 * Who could tell: nobody by a packet.
 */
import type { Change } from '../cluster/api-server.js';
import type { Nanos } from '../scenario.js';

export class ProxyFaults {
  /** By node. */
  private readonly frozenUntilNs = new Map<number, Nanos>();
  /** By node: when it was cut off, and how much of `log` it had heard by then. */
  private readonly deaf = new Map<number, { sinceNs: Nanos; from: number }>();
  /** What was told since the first of them was cut off. */
  private log: Change[] = [];

  freeze(node: number, untilNs: Nanos): void {
    this.frozenUntilNs.set(node, Math.max(untilNs, this.frozenUntilNs.get(node) ?? 0));
  }

  /** Another process is at work there, or none. */
  thaw(node: number): void {
    this.frozenUntilNs.delete(node);
  }

  /** Until when the node's kube-proxy writes no rules; 0: it does. */
  frozenNs(node: number, nowNs: Nanos): Nanos {
    const untilNs = this.frozenUntilNs.get(node) ?? 0;
    return untilNs > nowNs ? untilNs : 0;
  }

  cutOff(node: number, nowNs: Nanos): void {
    if (!this.deaf.has(node)) this.deaf.set(node, { sinceNs: nowNs, from: this.log.length });
  }

  /** Until when it has heard of everything. */
  heardUntilNs(node: number, nowNs: Nanos): Nanos {
    return this.deaf.get(node)?.sinceNs ?? nowNs;
  }

  hears(node: number): boolean {
    return !this.deaf.has(node);
  }

  /** To be told of everything that watchers are told. */
  told(change: Change): void {
    if (this.deaf.size > 0) this.log.push(change);
  }

  /** What it has missed. */
  reconnect(node: number): readonly Change[] {
    const deaf = this.deaf.get(node);
    if (deaf === undefined) return [];
    this.deaf.delete(node);
    const missed = this.log.slice(deaf.from);
    if (this.deaf.size === 0) this.log = [];
    return missed;
  }
}
