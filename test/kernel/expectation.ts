/**
 * What may be seen of a flow, and when enough has been seen.
 *
 * Without session affinity every foretold end shows sooner or later. With it a node keeps a client at the endpoint that it
 * found first: of the endpoints between which that node chooses exactly one shows.
 */
import type { TraceOutcome } from '#sim';
import type { Attempted, ClusterCase } from './cluster-case.js';
import { endOf } from './predict.js';

/** Ends of which one must show. */
interface Group {
  ends: Set<string>;
  probability: number;
}

export class Expectation {
  /** Sorted, each once. */
  readonly ends: string[];
  readonly #groups: Group[];

  constructor(
    cluster: ClusterCase,
    flow: Attempted,
    outcomes: TraceOutcome[],
    private readonly sticky: boolean,
  ) {
    const groups = new Map<string, Group>();
    for (const outcome of outcomes) {
      const end = endOf(cluster, flow, outcome);
      const chooser = sticky ? chooserOf(outcome) : undefined;
      const key = chooser === undefined ? end : `at ${chooser}`;
      const group = groups.get(key) ?? { ends: new Set(), probability: 0 };
      groups.set(key, group);
      group.ends.add(end);
      group.probability += outcome.probability;
    }
    this.#groups = [...groups.values()];
    this.ends = [...new Set(this.#groups.flatMap(({ ends }) => [...ends]))].sort();
  }

  /** Of what is most unlikely to show and yet must. */
  get leastProbability(): number {
    return Math.min(...this.#groups.map(({ probability }) => probability));
  }

  foresaw(end: string): boolean {
    return this.ends.includes(end);
  }

  /** Everything that must show is among these. */
  isMetBy(seen: ReadonlySet<string>): boolean {
    return this.#groups.every(({ ends }) => [...ends].some((end) => seen.has(end)));
  }

  agreesWith(seen: ReadonlySet<string>): boolean {
    if (!this.isMetBy(seen) || [...seen].some((end) => !this.foresaw(end))) return false;
    return !this.sticky || this.#groups.every((group) => this.#isOne(group, seen));
  }

  /** What another node may have done as well says nothing about this one. */
  #isOne(group: Group, seen: ReadonlySet<string>): boolean {
    const others = this.#groups.filter((other) => other !== group);
    const own = [...group.ends].filter((end) => seen.has(end) && !others.some(({ ends }) => ends.has(end)));
    return own.length <= 1;
  }

  toString(): string {
    return this.sticky && this.ends.length > 1 ? `always one of ${this.ends.join(' | ')}` : this.ends.join(' | ');
  }
}

/** The node whose rules chose an endpoint. */
function chooserOf({ steps }: TraceOutcome): string | undefined {
  return steps.find(({ action }) => action.startsWith('DNAT'))?.node;
}

/** The service whose rules remember the client, as the trace shows: by a list of `recent`, or a set of nftables. */
export function stickyServiceOf(outcomes: TraceOutcome[]): string | null {
  const remembering = outcomes
    .flatMap(({ steps }) => steps)
    .find(({ rule }) => /-m recent .*--set|update @affinity/.test(rule));
  return remembering === undefined
    ? null
    : (/default\/[a-z0-9-]+/.exec(`${remembering.rule} ${remembering.chain}`)?.[0] ?? null);
}
