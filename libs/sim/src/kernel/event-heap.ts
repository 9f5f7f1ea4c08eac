/**
 * Pending events in a 4-ary heap of typed arrays, ordered by (time, phase, order of scheduling).
 *
 * The child to follow is chosen without branches: which of four children is earliest is a coin toss that a CPU cannot
 * predict, and a misprediction costs more than all the arithmetic. Positions after the last entry hold Infinity, so a
 * group of four is always complete; ties, which are rare, take a second look. Removal is deferred: `pop` leaves a hole
 * at the root that the next `push` fills from above, because most events schedule exactly one other.
 */
import { InvariantError } from './invariant.js';

/** With the root at 3 the children of `i` are `4 (i - 2)` to `4 (i - 2) + 3`: groups of four start at multiples of four. */
const ROOT = 3;
const FIRST_CAPACITY = 1024;

/** A tie is broken by one double, a whole number below 2^53: phase (4 bits), sequence (19), payload (30). */
const PAYLOAD_BITS = 30;
const PAYLOAD_SPAN = 2 ** PAYLOAD_BITS;
const PAYLOAD_MASK = PAYLOAD_SPAN - 1;
const SEQUENCES = 2 ** 19;
const PHASE_SPAN = SEQUENCES * PAYLOAD_SPAN;

export class EventHeap {
  /** The entry that the last `pop` took. */
  time = 0;
  payload = 0;

  /** Entries pending. */
  size = 0;

  private times = new Float64Array(ROOT + 1 + FIRST_CAPACITY + 4).fill(Infinity);
  private orders = new Float64Array(ROOT + 1 + FIRST_CAPACITY + 4);
  private capacity = FIRST_CAPACITY;
  private nextSequence = 0;
  /** The root was popped and its place not yet filled. */
  private hole = false;

  /** `time` finite, `phase` 0..15, `payload` 0..2^30 - 1: the caller has checked. */
  push(time: number, phase: number, payload: number): void {
    const { size } = this;
    if (size === this.capacity) this.grow();
    if (this.nextSequence === SEQUENCES) this.renumber();
    const at = this.hole ? ROOT : ROOT + size;
    this.times[at] = time;
    this.orders[at] = phase * PHASE_SPAN + (this.nextSequence * PAYLOAD_SPAN + payload);
    this.nextSequence++;
    this.size = size + 1;
    if (this.hole) {
      this.hole = false;
      this.sink(ROOT + size + 1);
    } else {
      this.rise(at);
    }
  }

  /** Takes the earliest entry into `time` and `payload`; false when nothing is pending. */
  pop(): boolean {
    const { size } = this;
    if (size === 0) return false;
    if (this.hole) this.fillHole();
    this.time = this.times[ROOT]!;
    this.payload = this.orders[ROOT]! & PAYLOAD_MASK;
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

  /** Lets the entry at a leaf rise to its place. */
  private rise(leaf: number): void {
    const { times, orders } = this;
    const time = times[leaf]!;
    const order = orders[leaf]!;
    let at = leaf;
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

  /** Lets the entry at the root sink to its place among those before position `end`. */
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
      let first = a ^ ((a ^ b) & -(timeB < timeA));
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
    this.capacity *= 2;
    const times = new Float64Array(ROOT + 1 + this.capacity + 4).fill(Infinity);
    times.set(this.times);
    const orders = new Float64Array(times.length);
    orders.set(this.orders);
    this.times = times;
    this.orders = orders;
  }

  /** The sequence numbers are used up: gives those of the pending entries anew from 0, in their order. */
  private renumber(): void {
    if (this.hole) this.fillHole();
    const { orders, size } = this;
    if (size > SEQUENCES / 2) throw new InvariantError(`a heap of ${size} events: too many`);
    const ranks = new Int32Array(SEQUENCES);
    for (let at = ROOT; at < ROOT + size; at++) ranks[sequenceOf(orders[at]!)] = 1;
    let rank = 0;
    for (let sequence = 0; sequence < SEQUENCES; sequence++) {
      const pending = ranks[sequence]!;
      ranks[sequence] = rank;
      rank += pending;
    }
    for (let at = ROOT; at < ROOT + size; at++) {
      const sequence = sequenceOf(orders[at]!);
      orders[at]! -= (sequence - ranks[sequence]!) * PAYLOAD_SPAN;
    }
    this.nextSequence = size;
  }
}

function sequenceOf(order: number): number {
  return Math.floor(order / PAYLOAD_SPAN) % SEQUENCES;
}
