/**
 * The future: everything that is going to happen, earliest first. The same instant is ordered by phase (a small number
 * that `events.ts` gives every kind of event), then by the order of scheduling, so that a run never depends on luck.
 *
 * An entry is numbers only: an integer kind, for the dispatcher's switch, and a slot, where the kind's own arrays keep the
 * rest. Nothing is allocated per event; what was popped stands in `time`, `kind` and `slot` until the next `pop`.
 *
 * A heap serves up to some ten thousand pending events; above that a ladder takes over.
 */
import { EventHeap } from './event-heap.js';
import { EventLadder } from './event-ladder.js';
import { InvariantError } from './invariant.js';

export const MAX_PHASE = 15;
export const MAX_KIND = 63;
export const MAX_SLOT = 2 ** 24 - 1;

/** Entries that the heap is never meant to hold. */
const HEAP_MOST = 2 ** 18;

export class EventQueue {
  /** The popped entry. `time` is also the present: nothing can be scheduled before it. Nanoseconds. */
  time = 0;
  kind = 0;
  slot = 0;

  private readonly heap = new EventHeap();
  /** In use while more than the heap should hold is pending. */
  private ladder: EventLadder | null = null;
  /** More entries than this in the heap are too many. */
  private heapLimit: number;

  /**
   * @param ladderAbove so many pending events stay in a heap; measured: where the ladder overtakes it
   * @param heapBelow so few are given back to the heap
   */
  constructor(
    private readonly ladderAbove = 32_768,
    private readonly heapBelow = ladderAbove / 4,
  ) {
    this.heapLimit = ladderAbove;
  }

  get size(): number {
    return this.heap.size + (this.ladder === null ? 0 : this.ladder.size);
  }

  /**
   * @param time ns, finite, not before the last popped one
   * @param phase 0..15; the lower comes first in the same instant
   * @param kind 0..63
   * @param slot 0..2^24 - 1
   * @throws InvariantError for a time in the past, or another argument outside its range
   */
  push(time: number, phase: number, kind: number, slot: number): void {
    if (!(time >= this.time && time < Infinity)) refuseTime(time, this.time);
    if (((phase >>> 4) | (kind >>> 6) | (slot >>> 24)) !== 0) refuseEntry(phase, kind, slot);
    const payload = (kind << 24) | slot;
    if (this.ladder?.push(time, phase, payload)) return;
    this.heap.push(time, phase, payload);
    if (this.heap.size > this.heapLimit) this.toLadder();
  }

  /** Takes the earliest entry into `time`, `kind` and `slot`; false when nothing is pending. */
  pop(): boolean {
    if (this.ladder !== null) return this.popFromBoth(this.ladder);
    const { heap } = this;
    if (!heap.pop()) return false;
    this.time = heap.time;
    const { payload } = heap;
    this.kind = payload >>> 24;
    this.slot = payload & MAX_SLOT;
    return true;
  }

  /** Time of the next event, Infinity when nothing is pending. */
  peekTime(): number {
    if (this.ladder !== null) this.hasNext(this.ladder);
    const heapTime = this.heap.peekTime();
    return this.ladder === null ? heapTime : Math.min(heapTime, this.ladder.runTime());
  }

  private popFromBoth(ladder: EventLadder): boolean {
    if (!this.hasNext(ladder)) return false;
    const { heap } = this;
    // The ladder may just have handed back everything; its run is empty then.
    const runTime = ladder.runTime();
    const heapTime = heap.peekTime();
    // Of the same instant and phase, what is in the heap was scheduled after the run was made.
    const fromRun = runTime < heapTime || (runTime === heapTime && ladder.runPhase() <= heap.peekPhase());
    if (fromRun) ladder.take();
    else heap.pop();
    this.time = fromRun ? ladder.time : heap.time;
    const payload = fromRun ? ladder.payload : heap.payload;
    this.kind = payload >>> 24;
    this.slot = payload & MAX_SLOT;
    return true;
  }

  /** Sees to it that the earliest entry stands in the run or in the heap; false when nothing is pending. */
  private hasNext(ladder: EventLadder): boolean {
    if (this.heap.size > 0 || ladder.runTime() < Infinity) return true;
    if (ladder.size < this.heapBelow) {
      ladder.handBack(this.heap);
      this.ladder = null;
      this.heapLimit = this.ladderAbove;
      return this.heap.size > 0;
    }
    ladder.advance();
    // So that spreading anew is paid for by what was pushed since.
    this.heapLimit = Math.min(Math.max(this.ladderAbove, ladder.size / 4), HEAP_MOST);
    return true;
  }

  /** The heap has become too large: at first, or because the ladder's buckets are too wide for what is near. */
  private toLadder(): void {
    this.ladder ??= new EventLadder();
    this.ladder.takeOver(this.heap);
  }
}

function refuseTime(time: number, now: number): never {
  throw new InvariantError(`an event cannot be scheduled at ${time} ns: the present is ${now} ns`);
}

function refuseEntry(phase: number, kind: number, slot: number): never {
  throw new InvariantError(
    `phase ${phase} is not 0..${MAX_PHASE}, kind ${kind} not 0..${MAX_KIND}, or slot ${slot} not 0..${MAX_SLOT}`,
  );
}
