/**
 * Random numbers that are looked up by key, not drawn in turn: the same (seed, stream, a, b) always gives the same number,
 * whoever asks and when. Adding a client changes no other client's dice, so two runs that differ in one field can be
 * compared request by request.
 *
 * Integer arithmetic of 32 bits and additions and products of doubles only, nothing that differs between engines or
 * their versions; the vectors in the spec pin every function.
 */

import { exponentialOf } from './exponential.js';

/** Who asks. Numbers are part of every result: append, never renumber. */
export const Stream = {
  /** Which endpoint a rule's chance takes. */
  pick: 1,
  /** When a client's next request comes. */
  arrival: 2,
  /** Client ports and addresses. */
  source: 3,
  /** Which target a load balancer takes. */
  lb: 4,
  /** Where in its period a timer starts: probes, syncs. */
  phase: 5,
  /** How long a pod works on a request. */
  service: 6,
  /** How long a packet is under way. */
  latency: 7,
  /** How long the control plane takes: watches, slices, pod starts. */
  control: 8,
  /** Packet loss and other faults. */
  fault: 9,
  /** What a kernel takes by a hash of addresses. */
  hash: 10,
  /** In which order kube-proxy's own load balancer has a service's endpoints. */
  shuffle: 11,
  /** Which of its open connections a client takes. */
  connection: 12,
} as const;

export type StreamId = (typeof Stream)[keyof typeof Stream];

/**
 * 32 random bits for a key (int32, may be negative). `a` enters twice, through different products: were the state between
 * `a` and `b` only 32 bits wide, two clients in a few thousand would see the same numbers, some requests apart.
 */
export function drawBits(seed: number, stream: number, a: number, b: number): number {
  let x = Math.imul(a ^ 0x3c6ef35f, 0x2c1b3c6d);
  x ^= x >>> 15;
  let h = Math.imul(seed ^ Math.imul(stream, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 16;
  h = Math.imul(h + x, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h ^ b, 0x846ca68b);
  h ^= h >>> 14;
  h = Math.imul(h + Math.imul(x, 0x297a2d39), 0x68e31da5);
  h ^= h >>> 15;
  h = Math.imul(h, 0xb5297a4d);
  return h ^ (h >>> 16);
}

/** Uniform in [0, 1), a multiple of 2^-32. */
export function draw(seed: number, stream: number, a: number, b: number): number {
  return (drawBits(seed, stream, a, b) >>> 0) * 2 ** -32;
}

/** Uniform in 0..n-1, n at most 2^31; some values are likelier than others by a factor of at most 1 + n / 2^32. */
export function drawInt(seed: number, stream: number, a: number, b: number, n: number): number {
  return Math.floor(draw(seed, stream, a, b) * n);
}

/** Exponential with mean 1, above 0 and below 22.9. */
export function drawExponential(seed: number, stream: number, a: number, b: number): number {
  return exponentialOf(drawBits(seed, stream, a, b));
}
