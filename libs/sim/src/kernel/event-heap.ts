/**
 * Pending events in a 4-ary heap of typed arrays, ordered by (time, phase, order of scheduling).
 *
 * The child to follow is chosen without branches: which of four children is earliest is a coin toss that a CPU cannot
 * predict, and a misprediction costs more than all the arithmetic. Positions after the last entry hold Infinity, so a
 * group of four is always complete; ties, which are rare, take a second look. Removal is deferred: `pop` leaves a hole at the root that the next `push` fills
 * from above, because most events schedule exactly one other.
 */
import { InvariantError } from './invariant.js';

/** With the root at 3 the children of `i` are `4 (i - 2)` to `4 (i - 2) + 3`: groups of four start at multiples of four. */
const ROOT = 3;
const FIRST_CAPACITY = 1024;

/**
 * A tie is broken by one double, a whole number below 2^53: phase (4 bits), sequence, handle. The handle says where kind
 * and slot are kept; sequence and handle share 49 bits, see `renumber`.
 */
const PHASE_SPAN = 2 ** 49;
const FIRST_HANDLE_SPAN = 2 ** 16;

export class EventHeap {
  /** The entry that the last `pop` took. */
  time = 0;
  kind = 0;
  slot = 0;

  /** Entries pending. */
  size = 0;

  private capacity = FIRST_CAPACITY;
  private times = new Float64Array(ROOT + 1 + FIRST_CAPACITY + 4).fill(Infinity);
  private orders = new Float64Array(ROOT + 1 + FIRST_CAPACITY + 4);
  /** Handles: those in use stand before position `size`, in no order; the free ones from there on. */
  private handles = Int32Array.from({ length: FIRST_CAPACITY }, (_, handle) => handle);
  /** By handle: kind and slot. */
  private payloads = new Int32Array(2 * FIRST_CAPACITY);
  private handleSpan = FIRST_HANDLE_SPAN;
  /** Sequence number of the next entry, times `handleSpan`. */
  private nextSequence = 0;
  /** The root was popped and its place not yet filled. */
  private hole = false;

  /** @param usedSequences share of the sequence numbers to begin after, 0..1 (tests of `renumber`) */
  constructor(usedSequences = 0) {
    this.nextSequence = Math.floor((PHASE_SPAN / FIRST_HANDLE_SPAN) * usedSequences) * FIRST_HANDLE_SPAN;
  }

  /** `time` finite, `phase` 0..15, `kind` and `slot` int32: the caller has checked. */
  push(time: number, phase: number, kind: number, slot: number): void {
    const { size } = this;
    if (size === this.capacity) this.grow();
    if (this.nextSequence >= PHASE_SPAN) this.renumber();
    const handle = this.handles[size]!;
    this.payloads[2 * handle] = kind;
    this.payloads[2 * handle + 1] = slot;
    const at = this.hole ? ROOT : ROOT + size;
    this.times[at] = time;
    this.orders[at] = phase * PHASE_SPAN + this.nextSequence + handle;
    this.nextSequence += this.handleSpan;
    this.size = size + 1;
    if (this.hole) {
      this.hole = false;
      this.sink(ROOT + size + 1);
    } else {
      this.rise(at);
    }
  }

  /** Takes the earliest entry into `time`, `kind` and `slot`; false when nothing is pending. */
  pop(): boolean {
    const { size } = this;
    if (size === 0) return false;
    if (this.hole) this.fillHole();
    this.time = this.times[ROOT]!;
    const handle = this.orders[ROOT]! & (this.handleSpan - 1);
    this.kind = this.payloads[2 * handle]!;
    this.slot = this.payloads[2 * handle + 1]!;
    this.handles[size - 1] = handle;
    this.size = size - 1;
    this.hole = true;
    return true;
  }

  /** Time of the earliest entry, Infinity when nothing is pending. */
  peekTime(): number {
    const { times } = this;
    if (!this.hole) return times[ROOT]!;
    return Math.min(times[ROOT + 1]!, times[ROOT + 2]!, times[ROOT + 3]!, times[ROOT + 4]!);
  }

  /** Phase of the earliest entry; only where one is pending. */
  peekPhase(): number {
    if (this.hole) this.fillHole();
    return Math.floor(this.orders[ROOT]! / PHASE_SPAN);
  }

  private fillHole(): void {
    this.hole = false;
    const last = ROOT + this.size;
    this.times[ROOT] = this.times[last]!;
    this.orders[ROOT] = this.orders[last]!;
    this.times[last] = Infinity;
    this.sink(last);
  }

  private rise(from: number): void {
    const { times, orders } = this;
    const time = times[from]!;
    const order = orders[from]!;
    let at = from;
    while (at > ROOT) {
      const parent = (at >> 2) + 2;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && orders[parent]! < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent]!;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
  }

  /** Lets the root sink to its place among the entries before position `end`. */
  private sink(end: number): void {
    const { times, orders } = this;
    const time = times[ROOT]!;
    const order = orders[ROOT]!;
    let at = ROOT;
    for (let child = ROOT + 1; child < end; child = (at - 2) << 2) {
      const a = child + +(times[child + 1]! < times[child]!);
      const b = child + 2 + +(times[child + 3]! < times[child + 2]!);
      const timeA = times[a]!;
      const timeB = times[b]!;
      let first = a + (b - a) * +(timeB < timeA);
      const firstTime = times[first]!;
      if (firstTime > time) break;
      // `first ^ 1` is the other one of its pair.
      if (+(timeA === timeB) | +(times[first ^ 1] === firstTime)) first = this.firstOfTied(child, first);
      if (firstTime === time && orders[first]! > order) break;
      times[at] = firstTime;
      orders[at] = orders[first]!;
      at = first;
    }
    times[at] = time;
    orders[at] = order;
  }

  /** Of the group of four that begins at `child`, those at the time of `one`: the one that is first in order. */
  private firstOfTied(child: number, one: number): number {
    const { times, orders } = this;
    const time = times[one]!;
    let first = one;
    for (let i = child; i < child + 4; i++) {
      if (times[i] === time && orders[i]! < orders[first]!) first = i;
    }
    return first;
  }

  private grow(): void {
    const from = this.capacity;
    this.capacity = from * 2;
    const times = new Float64Array(ROOT + 1 + this.capacity + 4).fill(Infinity);
    times.set(this.times);
    const orders = new Float64Array(times.length);
    orders.set(this.orders);
    const handles = new Int32Array(this.capacity);
    handles.set(this.handles);
    for (let handle = from; handle < this.capacity; handle++) handles[handle] = handle;
    const payloads = new Int32Array(2 * this.capacity);
    payloads.set(this.payloads);
    this.times = times;
    this.orders = orders;
    this.handles = handles;
    this.payloads = payloads;
    if (this.capacity > this.handleSpan) this.renumber();
  }

  /** Numbers the pending entries from zero again, in their order: when the sequence or the handles outgrow their bits. */
  private renumber(): void {
    if (this.hole) this.fillHole();
    const { times, orders, size } = this;
    const sorted = Array.from({ length: size }, (_, i) => ROOT + i).sort(
      (x, y) => times[x]! - times[y]! || orders[x]! - orders[y]!,
    );
    const handleMask = this.handleSpan - 1;
    while (this.handleSpan < this.capacity) this.handleSpan *= 16;
    const newTimes = new Float64Array(times.length).fill(Infinity);
    const newOrders = new Float64Array(orders.length);
    for (let rank = 0; rank < size; rank++) {
      const order = orders[sorted[rank]!]!;
      newTimes[ROOT + rank] = times[sorted[rank]!]!;
      newOrders[ROOT + rank] =
        Math.floor(order / PHASE_SPAN) * PHASE_SPAN + rank * this.handleSpan + (order & handleMask);
    }
    this.times = newTimes;
    this.orders = newOrders;
    this.nextSequence = size * this.handleSpan;
    if (this.nextSequence >= PHASE_SPAN / 2) throw new InvariantError(`too many pending events: ${size}`);
  }
}
