/**
 * Programs that work on so many requests at a time: the others wait their turn, and beyond the queue are turned away.
 *
 * Models: first come, first served, by any number of workers, with a queue of limited length.
 * Source: `apps` of the scenario; the model G/G/c with c workers.
 * Simplified: a client that has gone away keeps its turn; what is turned away gets a 503 at once, a datagram nothing at all.
 * Who could tell: someone whose kernel's accept queue overflows, so that SYNs are dropped.
 *
 * As requests come in order and what each takes is known by then, so is when it is done: a heap of the times at which busy workers are
 * free again, and a ring of the times at which those that wait begin. No event is needed.
 */
import type { Host } from '../cluster/locations.js';
import { reach } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';

class WorkQueue {
  /** A heap of those that may be busy: the one that is free first stands first. */
  private readonly freeNs: Float64Array;
  private busy = 0;
  /** When those that wait begin, in their order; `from` is the first of `waiting`. */
  private beginsNs = new Float64Array(16);
  private from = 0;
  private waiting = 0;

  constructor(
    readonly life: number,
    private readonly workers: number,
    private readonly queue: number,
  ) {
    this.freeNs = new Float64Array(workers);
  }

  isFull(nowNs: Nanos): boolean {
    this.forgetPast(nowNs);
    return this.busy === this.workers && this.waiting >= this.queue;
  }

  /** When the request is done that comes now. */
  take(nowNs: Nanos, takesNs: Nanos): Nanos {
    this.forgetPast(nowNs);
    if (this.busy < this.workers) {
      this.employ(nowNs + takesNs);
      return nowNs + takesNs;
    }
    const beginNs = this.freeNs[0] as number;
    this.wait(beginNs);
    this.sink(beginNs + takesNs);
    return beginNs + takesNs;
  }

  private forgetPast(nowNs: Nanos): void {
    const { freeNs } = this;
    while (this.busy > 0 && (freeNs[0] as number) <= nowNs) {
      this.busy--;
      if (this.busy > 0) this.sink(freeNs[this.busy] as number);
    }
    const mask = this.beginsNs.length - 1;
    while (this.waiting > 0 && (this.beginsNs[this.from] as number) <= nowNs) {
      this.from = (this.from + 1) & mask;
      this.waiting--;
    }
  }

  private wait(beginNs: Nanos): void {
    const { length } = this.beginsNs;
    if (this.waiting === length) {
      const larger = new Float64Array(length * 2);
      for (let n = 0; n < length; n++) larger[n] = this.beginsNs[(this.from + n) & (length - 1)] as number;
      this.beginsNs = larger;
      this.from = 0;
    }
    this.beginsNs[(this.from + this.waiting) & (this.beginsNs.length - 1)] = beginNs;
    this.waiting++;
  }

  /** One worker more is busy until then. */
  private employ(untilNs: Nanos): void {
    const { freeNs } = this;
    let at = this.busy++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((freeNs[parent] as number) <= untilNs) break;
      freeNs[at] = freeNs[parent] as number;
      at = parent;
    }
    freeNs[at] = untilNs;
  }

  /** In the place of the first one of those that are busy. */
  private sink(ns: Nanos): void {
    const { freeNs, busy } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= busy) break;
      if (child + 1 < busy && (freeNs[child + 1] as number) < (freeNs[child] as number)) child++;
      if ((freeNs[child] as number) >= ns) break;
      freeNs[at] = freeNs[child] as number;
      at = child;
    }
    freeNs[at] = ns;
  }
}

export class WorkQueues {
  /** By the index of the endpoint. */
  private readonly queues: (WorkQueue | null)[] = [];

  isFull(host: Host, nowNs: Nanos): boolean {
    return this.of(host).isFull(nowNs);
  }

  take(host: Host, nowNs: Nanos, takesNs: Nanos): Nanos {
    return this.of(host).take(nowNs, takesNs);
  }

  /** A process that is started again begins with an empty one. */
  private of({ index, ends, app }: Host): WorkQueue {
    let queue = this.queues[index];
    if (!queue || queue.life !== ends.length) {
      reach(this.queues, index, null);
      queue = new WorkQueue(ends.length, app?.concurrency ?? 1, app?.queue ?? 0);
      this.queues[index] = queue;
    }
    return queue;
  }
}

export function hasLimits({ app }: Host): boolean {
  return app !== null && app.concurrency !== null;
}
