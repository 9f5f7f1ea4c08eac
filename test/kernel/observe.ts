/** What the kernel makes of a flow: connections until nothing new is to be expected. */
import type { Observation } from './agent.js';
import type { Attempted } from './cluster-case.js';
import type { Expectation } from './expectation.js';
import type { Network } from './network.js';

/** Where silence is foretold. */
const PATIENCE_MS = 400;
/** Where nobody foretold silence, it is believed after a SYN has been repeated twice: the machine may be busy. */
const LONG_PATIENCE_MS = 3_500;
/** Also where one end is foretold: a second one would show. */
const TRIES_MIN = 12;
/** How likely an end that can happen may stay unseen. */
const UNSEEN = 1e-13;

/** Every end that was seen; stops when nothing more is to be expected, or something was seen that was not. */
export async function observe(network: Network, flow: Attempted, expected: Expectation): Promise<ReadonlySet<string>> {
  const timeoutMs = expected.foresaw('timeout') ? PATIENCE_MS : LONG_PATIENCE_MS;
  const most = triesFor(expected.leastProbability);
  const seen = new Set<string>();
  // The first one alone: two at once would both be new to session affinity.
  for (
    let tries = 0, batch = 1;
    tries < most;
    tries += batch, batch = Math.min(Math.max(tries, TRIES_MIN), most - tries)
  ) {
    const attempts = Array.from({ length: batch }, () => network.attempt({ ...flow, timeoutMs }));
    for (const observation of await Promise.all(attempts)) seen.add(endOf(observation));
    const isEnough = tries + batch >= TRIES_MIN || expected.ends.every((end) => end === 'timeout');
    if ((isEnough && expected.isMetBy(seen)) || [...seen].some((end) => !expected.foresaw(end))) break;
  }
  return seen;
}

/** So many connections leave an end of that probability unseen with likelihood UNSEEN. */
export function triesFor(probability: number): number {
  const needed = probability < 1 ? Math.ceil(Math.log(UNSEEN) / Math.log1p(-probability)) : 1;
  return Math.max(TRIES_MIN, needed);
}

/** In the words of the tables. */
export function endOf(observation: Observation): string {
  switch (observation.kind) {
    case 'answered':
      return `${observation.by} sees ${observation.peer}`;
    case 'unreachable':
      return `unreachable ${observation.error}`;
    default:
      return observation.kind;
  }
}
