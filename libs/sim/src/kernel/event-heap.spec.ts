import { describe, expect, it } from 'vitest';
import { EventHeap } from './event-heap.js';

function drain(heap: EventHeap): number[] {
  const slots: number[] = [];
  while (heap.pop()) slots.push(heap.slot);
  return slots;
}

/** Three instants, two phases each; `first` entries, then `then` more after half of them were popped. */
function ties(heap: EventHeap, count: number): { popped: number[]; expected: number[] } {
  const keyed = Array.from({ length: count }, (_, slot) => ({ time: slot % 3, phase: slot % 2, slot }));
  for (const { time, phase, slot } of keyed) heap.push(time, phase, 0, slot);
  const expected = keyed.sort((x, y) => x.time - y.time || x.phase - y.phase || x.slot - y.slot).map((x) => x.slot);
  return { popped: drain(heap), expected };
}

describe('EventHeap', () => {
  it('keeps ties in order when the sequence numbers run out and pending entries are numbered again', () => {
    const nearlyUsedUp = new EventHeap(1 - 500 / 2 ** 33);
    const { popped, expected } = ties(nearlyUsedUp, 2000);
    expect(popped).toEqual(expected);
  });

  it('keeps ties in order when it holds more entries than handles had bits for', () => {
    const { popped, expected } = ties(new EventHeap(), 150_000);
    expect(popped).toEqual(expected);
  });

  it('tells the next time and phase while the root is a hole', () => {
    const heap = new EventHeap();
    for (const [time, phase] of [
      [3, 1],
      [1, 7],
      [2, 5],
      [2, 4],
    ] as const)
      heap.push(time, phase, 0, 0);
    heap.pop();
    expect([heap.time, heap.peekTime(), heap.peekPhase()]).toEqual([1, 2, 4]);
    heap.pop();
    heap.pop();
    heap.pop();
    expect([heap.time, heap.peekTime(), heap.size]).toEqual([3, Infinity, 0]);
  });
});
