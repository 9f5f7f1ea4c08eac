/** What the kernel makes of a flow: connections until nothing new is to be expected. */
import type { Observation } from './agent.js';
import type { Attempted } from './cluster-case.js';
import type { Network } from './network.js';

/** Where silence is foretold. */
const PATIENCE_MS = 400;
/** Where nobody foretold silence, it is believed after a SYN has been repeated twice: the machine may be busy. */
const LONG_PATIENCE_MS = 3_500;
/** Also where one end is foretold: a second one would show. */
const TRIES_MIN = 12;
/** One of three endpoints stays unseen by that many connections once in 10^17. */
const TRIES_MAX = 96;

/** Every end that was seen, in a table's words, sorted. Stops when all of `expected` were seen, or something else. */
export async function observe(network: Network, flow: Attempted, expected: string[]): Promise<string[]> {
  const timeoutMs = expected.includes('timeout') ? PATIENCE_MS : LONG_PATIENCE_MS;
  const seen = new Set<string>();
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const end = endOf(await network.attempt({ ...flow, timeoutMs }));
    seen.add(end);
    if (!expected.includes(end)) break;
    const settled = expected.every((one) => seen.has(one));
    if (settled && (tries >= TRIES_MIN || end === 'timeout')) break;
  }
  return [...seen].sort();
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
