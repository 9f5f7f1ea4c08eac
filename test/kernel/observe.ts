/** What the kernel makes of a flow: connections until nothing new is to be expected. */
import type { Observation } from './agent.js';
import type { Attempted } from './cluster-case.js';
import type { Network } from './network.js';

const PATIENCE_MS = 400;
/** Before a silence that nobody foretold is believed; leaves room for a repeated SYN on a busy machine. */
const LONG_PATIENCE_MS = 3_500;
/** Also where one end is foretold: a second one would show. */
const TRIES_MIN = 8;
/** One of three endpoints stays unseen by that many connections once in 10^17. */
const TRIES_MAX = 96;

/** Every end that was seen, in a table's words, sorted. Stops when all of `expected` were seen, or none of them was. */
export async function observe(network: Network, flow: Attempted, expected: string[]): Promise<string[]> {
  const seen = new Set<string>();
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    let end = endOf(await network.attempt({ ...flow, timeoutMs: PATIENCE_MS }));
    const foretold = expected.includes(end);
    if (end === 'timeout' && !foretold) end = endOf(await network.attempt({ ...flow, timeoutMs: LONG_PATIENCE_MS }));
    seen.add(end);
    const settled = expected.every((one) => seen.has(one));
    if (!foretold || (settled && (tries >= TRIES_MIN || end === 'timeout'))) break;
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
