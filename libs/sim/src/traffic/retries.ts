/**
 * A client library that tries again: after which endings, how often, and when.
 *
 * Models: a number of tries, a wait that doubles, each try with a connection, dice and time limits of its own.
 * Source: what HTTP and gRPC libraries have in common (maxAttempts, retryable conditions, exponential back-off).
 * Simplified: no jitter, no budget, no hedging; the wait doubles ten times at most; a try goes where the first one went by name.
 * Who could tell: someone who studies storms of retries with a budget.
 */
import { OUTCOMES, type Outcome } from '../results/result.js';
import type { Nanos, RetryCondition } from '../scenario.js';

export interface Retries {
  /** The first try included. */
  attempts: number;
  /** Before the second; twice that before the third, and so on. */
  backoffNs: Nanos;
  /** By the code of an outcome. */
  after: readonly boolean[];
}

const MOST_DOUBLINGS = 10;

/** What a client can tell apart: a dropped packet is silence, a rejected one is refused. */
const OUTCOMES_OF: Readonly<Record<RetryCondition, readonly Outcome[]>> = {
  refused: ['refused', 'rejected'],
  reset: ['reset'],
  timeout: ['timeout', 'dropped', 'lb-unavailable'],
  unreachable: ['unreachable'],
  'http-error': ['http-error'],
};

export function retriesOf(given: { attempts: number; backoffNs: Nanos; on: readonly RetryCondition[] }): Retries {
  const outcomes = new Set(given.on.flatMap((condition) => OUTCOMES_OF[condition]));
  const { attempts, backoffNs } = given;
  return { attempts, backoffNs, after: OUTCOMES.map((outcome) => outcomes.has(outcome)) };
}

/** How long the client waits before the try after `tries` of them. */
export function waitBeforeRetry(firstNs: Nanos, tries: number): Nanos {
  return firstNs * 2 ** Math.min(tries - 1, MOST_DOUBLINGS);
}

/** The place in the random numbers of a request's later tries. */
export function diceOf(ordinal: number, tries: number): number {
  return tries === 0 ? ordinal : Math.imul(ordinal ^ Math.imul(tries, 0x9e3779b1), 0x85ebca6b) >>> 5;
}
