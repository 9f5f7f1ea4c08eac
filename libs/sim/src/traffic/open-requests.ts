/**
 * Requests that an endpoint has taken and not answered yet, or whose answer is on its way: what is lost when the endpoint's process or
 * machine ends, or the machine that the answer has to pass.
 *
 * Models: a request is lost if its endpoint's end comes before its answer has left the endpoint, or the end of the machine that has to
 *   undo the translation before the answer is there.
 * Source: the kernel closes what a process leaves open; a machine without power closes nothing.
 * Simplified: what has left the endpoint, and the machine that undoes the translation, arrives; a connection whose handshake the end
 *   of that machine cuts in two counts as one that stands.
 * Who could tell: someone who cuts the power within the microseconds that an answer, or a SYN-ACK, is on its way there.
 *
 * How a request ends is arithmetic, known when its first packet is at the endpoint. So that no event is needed to find out
 * whether the endpoint lives until then, the request waits in a list of the endpoint and is written down when the next one comes by and its time
 * is over, or at the end of the run. An end looks through the list of that endpoint alone. Lists are threaded through the
 * connections themselves: nothing is allocated, and nothing is searched while nobody dies.
 */
import { reach } from '../kernel/index.js';
import type { Connection } from './connection.js';

const NONE = -1;

export class OpenRequests {
  /** By the index of the endpoint: slots of the first and last. */
  private readonly first: number[] = [];
  private readonly last: number[] = [];
  /** Those that wait for nothing but to be written down: where a client does something at its end, an event tells. */
  count = 0;

  constructor(
    private readonly pool: readonly Connection[],
    /** The request's end is as it was known: nothing can change it any more. */
    private readonly conclude: (c: Connection) => void,
  ) {}

  /** The endpoint has the request; those before it that are done are concluded. */
  add(c: Connection, endpoint: number, nowNs: number): void {
    const { pool, first, last } = this;
    if (endpoint >= first.length) {
      reach(first, endpoint, NONE);
      reach(last, endpoint, NONE);
    }
    let slot = first[endpoint] as number;
    while (slot !== NONE) {
      const oldest = pool[slot] as Connection;
      if (oldest.settledNs > nowNs) break;
      slot = oldest.after;
      oldest.isListed = false;
      if (oldest.isCounted) this.count--;
      this.conclude(oldest);
    }
    first[endpoint] = slot;
    if (slot !== NONE) (pool[slot] as Connection).before = NONE;
    c.isListed = true;
    c.before = slot === NONE ? NONE : (last[endpoint] as number);
    c.after = NONE;
    if (slot === NONE) first[endpoint] = c.slot;
    else (pool[c.before] as Connection).after = c.slot;
    last[endpoint] = c.slot;
    c.isCounted = c.finishes === 0;
    if (c.isCounted) this.count++;
  }

  /** When the endpoint will have answered all of its list. */
  lastServedNs(endpoint: number): number {
    let lastNs = 0;
    for (let slot = this.first[endpoint] ?? NONE; slot !== NONE; slot = (this.pool[slot] as Connection).after)
      lastNs = Math.max(lastNs, (this.pool[slot] as Connection).servedNs);
    return lastNs;
  }

  /** Out of the list, not concluded. */
  leave(c: Connection, endpoint: number): void {
    const { pool } = this;
    c.isListed = false;
    if (c.before === NONE) this.first[endpoint] = c.after;
    else (pool[c.before] as Connection).after = c.after;
    if (c.after === NONE) this.last[endpoint] = c.before;
    else (pool[c.after] as Connection).before = c.before;
    if (c.isCounted) this.count--;
  }

  /** Those of the endpoint whose answer has not left it; the others are concluded. */
  takeUnanswered(endpoint: number, nowNs: number): Connection[] {
    return this.take(endpoint, nowNs, ({ servedNs }) => servedNs > nowNs);
  }

  /** The same of all endpoints, of those that are meant. */
  takeAllUnanswered(nowNs: number, isMeant: (c: Connection) => boolean): Connection[] {
    return this.takeUnsettled(nowNs, (c) => c.servedNs > nowNs && isMeant(c));
  }

  /** Those of all endpoints that something can still happen to, of those that are meant; answers on their way among them. */
  takeUnsettled(nowNs: number, isMeant: (c: Connection) => boolean): Connection[] {
    return this.first.flatMap((_, endpoint) => this.take(endpoint, nowNs, isMeant));
  }

  /** The run is over. */
  concludeAll(): void {
    for (const endpoint of this.first.keys()) this.take(endpoint, Infinity, () => false);
  }

  private take(endpoint: number, nowNs: number, isMeant: (c: Connection) => boolean): Connection[] {
    const taken: Connection[] = [];
    let slot = this.first[endpoint] ?? NONE;
    while (slot !== NONE) {
      const c = this.pool[slot] as Connection;
      slot = c.after;
      const isDone = c.settledNs <= nowNs;
      if (!isDone && !isMeant(c)) continue;
      this.leave(c, endpoint);
      if (isDone) this.conclude(c);
      else taken.push(c);
    }
    return taken;
  }
}
