import { describe, expect, it } from 'vitest';
import { EventHeap } from './event-heap.js';
import { InvariantError } from './invariant.js';

/** Sequence numbers that there are. */
const SEQUENCES = 2 ** 19;

/** `count` entries at three instants, in two phases each, and their payloads in the order that is promised. */
function pushTies(heap: EventHeap, count: number): number[] {
  const entries = Array.from({ length: count }, (_, payload) => ({ time: payload % 3, phase: payload % 2, payload }));
  for (const { time, phase, payload } of entries) heap.push(time, phase, payload);
  return entries.sort((x, y) => x.time - y.time || x.phase - y.phase || x.payload - y.payload).map((x) => x.payload);
}

function drain(heap: EventHeap): number[] {
  const payloads: number[] = [];
  while (heap.pop()) payloads.push(heap.payload);
  return payloads;
}

/** Leaves `left` sequence numbers until the next renumbering, and nothing pending. */
function useUpSequences(heap: EventHeap, left: number): void {
  for (let i = 0; i < SEQUENCES - left; i++) {
    heap.push(0, 0, 0);
    heap.pop();
  }
}

describe('EventHeap', () => {
  it.each([0, 1, 700, 1999])('keeps ties in order when sequence numbers run out after %d of them', (left) => {
    const heap = new EventHeap();
    useUpSequences(heap, left);
    const expected = pushTies(heap, 2000);
    expect(drain(heap)).toEqual(expected);
  });

  it('keeps ties in order through one renumbering after another', () => {
    const heap = new EventHeap();
    for (let payload = 0; payload < 100; payload++) heap.push(1e9, payload % 2, payload);
    for (let round = 0; round < 3; round++) useUpSequences(heap, 1);
    for (let payload = 100; payload < 200; payload++) heap.push(1e9, payload % 2, payload);
    const even = Array.from({ length: 100 }, (_, i) => 2 * i);
    expect(drain(heap)).toEqual([...even, ...even.map((payload) => payload + 1)]);
  });

  it('refuses to hold more than it can number', () => {
    const heap = new EventHeap();
    for (let i = 0; i < SEQUENCES; i++) heap.push(i, 0, 0);
    expect(() => heap.push(0, 0, 0)).toThrow(InvariantError);
  });

  it('tells the next time and phase while the root is a hole', () => {
    const heap = new EventHeap();
    heap.push(3, 1, 0);
    heap.push(1, 7, 0);
    heap.push(2, 5, 0);
    heap.push(2, 4, 0);
    heap.pop();
    expect([heap.time, heap.peekTime(), heap.peekPhase()]).toEqual([1, 2, 4]);
    heap.pop();
    heap.pop();
    heap.pop();
    expect([heap.time, heap.peekTime(), heap.size]).toEqual([3, Infinity, 0]);
  });

  it('carries the largest phase and payload', () => {
    const heap = new EventHeap();
    heap.push(1, 15, 2 ** 30 - 1);
    expect(heap.peekPhase()).toBe(15);
    heap.pop();
    expect(heap.payload).toBe(2 ** 30 - 1);
  });
});
