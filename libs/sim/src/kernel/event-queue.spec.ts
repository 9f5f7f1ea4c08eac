import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.js';
import { InvariantError } from './invariant.js';
import { Sfc32 } from './sfc32.js';

interface Entry {
  time: number;
  phase: number;
  kind: number;
  slot: number;
}

/** More in a block would be moved about for each entry. */
const LARGEST_BLOCK = 1024;

/** The order that is promised, in a plain way: a list kept sorted, in blocks, the earliest at its end. */
class SortedList {
  private readonly blocks: Entry[][] = [[]];
  length = 0;

  /** A new entry comes after all that are not later. */
  push(entry: Entry): void {
    const isNotLater = ({ time, phase }: Entry) => time < entry.time || (time === entry.time && phase <= entry.phase);
    const at = Math.min(
      firstOf(this.blocks, (block) => block.length > 0 && isNotLater(block.at(-1) as Entry)),
      this.blocks.length - 1,
    );
    const block = this.blocks[at] as Entry[];
    block.splice(firstOf(block, isNotLater), 0, entry);
    this.length++;
    if (block.length > LARGEST_BLOCK)
      this.blocks.splice(at, 1, block.slice(0, LARGEST_BLOCK / 2), block.slice(LARGEST_BLOCK / 2));
  }

  pop(): Entry | undefined {
    const entry = this.blocks.at(-1)?.pop();
    if (entry !== undefined) this.length--;
    if (this.blocks.at(-1)?.length === 0 && this.blocks.length > 1) this.blocks.pop();
    return entry;
  }
}

/** The first place from which on it is so; the length where it is nowhere so. */
function firstOf<T>(items: readonly T[], isSo: (item: T) => boolean): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isSo(items[middle] as T)) to = middle;
    else from = middle + 1;
  }
  return from;
}

interface Walk {
  operations: number;
  /** The number of pending events swings between these. */
  low: number;
  high: number;
  delay: (random: Sfc32) => number;
  seed: number;
  ladderAbove?: number;
}

function walk({ operations, low, high, delay, seed, ladderAbove }: Walk): { pops: number; most: number } {
  const random = new Sfc32(1, 2, 3, seed);
  const queue = new EventQueue(ladderAbove);
  const list = new SortedList();
  let rising = true;
  let pops = 0;
  let most = 0;
  for (let i = 0; i < operations; i++) {
    if (queue.size >= high) rising = false;
    if (queue.size <= low) rising = true;
    if (random.uniform() < (rising ? 0.75 : 0.25)) {
      const entry = { time: queue.time + delay(random), phase: random.int(16), kind: random.int(64), slot: i };
      queue.push(entry.time, entry.phase, entry.kind, entry.slot);
      list.push(entry);
    } else {
      const expected = list.pop();
      if (queue.peekTime() !== (expected?.time ?? Infinity)) throw new Error(`peekTime at operation ${i}`);
      if (queue.pop() !== (expected !== undefined)) throw new Error(`pop at operation ${i}`);
      if (expected !== undefined) {
        pops++;
        if (queue.time !== expected.time || queue.kind !== expected.kind || queue.slot !== expected.slot) {
          throw new Error(`operation ${i}: ${queue.time} ${queue.slot}, expected ${expected.time} ${expected.slot}`);
        }
      }
    }
    if (queue.size !== list.length) throw new Error(`size at operation ${i}`);
    most = Math.max(most, queue.size);
  }
  return { pops, most };
}

const delays = {
  'of few values': (random) => random.int(50),
  'of many values': (random) => random.int(1e9),
  'of days among microseconds': (random) => (random.int(10) === 0 ? 432_000e9 + random.int(5) : random.int(1000)),
  'mostly of days': (random) => (random.int(10) === 0 ? random.int(1000) : 432_000e9 + random.int(5)),
  'often of nothing': (random) => (random.int(3) === 0 ? 0 : 1e6 * random.int(8)),
  'of one value': () => 1e9,
  'of fractions': (random) => random.uniform() * 1e-7,
  exponential: (random) => Math.floor(1e6 * random.exponential()),
} satisfies Record<string, Walk['delay']>;

describe('EventQueue', () => {
  it('agrees with a sorted list over 200,000 operations with many ties', () => {
    const { pops, most } = walk({ operations: 200_000, low: 0, high: 3000, delay: (r) => r.int(20), seed: 1 });
    expect(pops).toBeGreaterThan(90_000);
    expect(most).toBeGreaterThanOrEqual(3000);
  });

  for (const [name, delay] of Object.entries(delays)) {
    it(`agrees with a sorted list while heap and ladder take over from each other, delays ${name}`, () => {
      walk({ operations: 60_000, low: 10, high: 1500, delay, seed: 3, ladderAbove: 256 });
      walk({ operations: 60_000, low: 900, high: 6000, delay, seed: 4, ladderAbove: 1024 });
    });
  }

  it('agrees with a sorted list at the size where the ladder really takes over', () => {
    const { most } = walk({ operations: 180_000, low: 1000, high: 45_000, delay: delays.exponential, seed: 5 });
    expect(most).toBeGreaterThanOrEqual(45_000);
  });

  it('takes the same instant in order of phase, then of scheduling', () => {
    const queue = new EventQueue();
    queue.push(5, 3, 1, 10);
    queue.push(5, 0, 2, 20);
    queue.push(5, 3, 3, 30);
    queue.push(4, 15, 4, 40);
    queue.push(5, 0, 5, 50);
    const slots: number[] = [];
    while (queue.pop()) slots.push(queue.slot);
    expect(slots).toEqual([40, 20, 50, 10, 30]);
  });

  it('keeps what was popped until the next pop, and says so when nothing is left', () => {
    const queue = new EventQueue();
    expect([queue.pop(), queue.peekTime(), queue.size]).toEqual([false, Infinity, 0]);
    queue.push(7, 1, 63, 16_777_215);
    expect(queue.peekTime()).toBe(7);
    expect(queue.pop()).toBe(true);
    queue.push(9, 1, 4, 4);
    expect([queue.time, queue.kind, queue.slot]).toEqual([7, 63, 16_777_215]);
    expect([queue.peekTime(), queue.size]).toEqual([9, 1]);
  });

  it('refuses to schedule into the past or at no time', () => {
    const queue = new EventQueue();
    queue.push(10, 0, 0, 0);
    queue.pop();
    queue.push(10, 0, 0, 0);
    for (const time of [9.999, -1, Number.NaN, Infinity]) {
      expect(() => queue.push(time, 0, 0, 0)).toThrow(InvariantError);
    }
    expect(queue.size).toBe(1);
  });

  it.each([
    [16, 0, 0],
    [-1, 0, 0],
    [0, 64, 0],
    [0, -1, 0],
    [0, 0, 2 ** 24],
    [0, 0, -1],
  ])('refuses phase %d, kind %d, slot %d', (phase, kind, slot) => {
    expect(() => new EventQueue().push(1, phase, kind, slot)).toThrow(InvariantError);
  });
});
