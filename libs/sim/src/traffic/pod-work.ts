/**
 * How a pod works on a request: for how long, and whether it fails.
 *
 * Models: service times, exponential or constant; errors by chance.
 * Source: `apps` of the scenario; without an entry `timings.podWork`.
 * Simplified: one figure for all requests of a program.
 * Who could tell: someone whose requests differ much in what they cost.
 */
import type { Host } from '../cluster/locations.js';
import { draw, drawExponential, Stream } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';

/** The place in the random numbers of a request's errors, beside that of its work. */
const ERRORS = 0x5bd1e995;

/** A request's place in the random numbers: a connection has one. */
interface Dice {
  readonly flow: { readonly key: number };
  readonly dice: number;
}

/** How long the endpoint works on the request. */
export function workNs(seed: number, host: Host, c: Dice, podWorkNs: Nanos): Nanos {
  const { app } = host;
  if (app?.serviceTimeDistribution === 'constant') return app.serviceTimeNs;
  const meanNs = app === null ? podWorkNs : app.serviceTimeNs;
  return Math.round(drawExponential(seed, Stream.service, c.flow.key, c.dice) * meanNs);
}

export function failsByItself(seed: number, { app }: Host, c: Dice): boolean {
  return app !== null && app.errors > 0 && draw(seed, Stream.service, c.flow.key ^ ERRORS, c.dice) < app.errors;
}
