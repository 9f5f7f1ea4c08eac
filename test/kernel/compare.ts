/** One flow, or all flows of a cluster: what Hairpin foretells, and what the kernel does. */
import type { TraceOutcome } from '#sim';
import type { Attempted, ClusterCase } from './cluster-case.js';
import { shapeOf } from './cluster-shape.js';
import { Expectation, stickyServiceOf } from './expectation.js';
import { Network } from './network.js';
import { observe } from './observe.js';
import { type Prediction, predict } from './predict.js';

export interface Comparison {
  foretold: Expectation;
  /** Sorted. */
  seen: string[];
  agrees: boolean;
  outcomes: TraceOutcome[];
}

/** Compares flows of one cluster, as many at a time as do not disturb each other. */
export class Comparer {
  /** By service with session affinity: when the last flow to it that was asked for is done. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly cluster: ClusterCase,
    private readonly prediction: Prediction,
    private readonly network: Network,
  ) {}

  async compare(flow: Attempted): Promise<Comparison> {
    const outcomes = this.prediction.trace(flow);
    const service = stickyServiceOf(outcomes);
    if (service === null) return this.#observe(flow, outcomes, false);
    // Each way into a service leaves a memory that another one would find.
    const turn = (this.#turns.get(service) ?? Promise.resolve()).then(() => this.#observe(flow, outcomes, true));
    this.#turns.set(service, turn);
    return turn;
  }

  async #observe(flow: Attempted, outcomes: TraceOutcome[], sticky: boolean): Promise<Comparison> {
    const foretold = new Expectation(this.cluster, flow, outcomes, sticky);
    const seen = await observe(this.network, flow, foretold);
    return { foretold, seen: [...seen].sort(), agrees: foretold.agreesWith(seen), outcomes };
  }
}

/** Runs something in the cluster as a network, with Hairpin's rules loaded. */
export async function inNetwork<T>(
  cluster: ClusterCase,
  agent: string,
  run: (network: Network, prediction: Prediction) => Promise<T>,
): Promise<T> {
  const prediction = predict(cluster);
  const network = await Network.build(shapeOf(cluster), agent);
  try {
    await network.load(prediction.rules);
    return await run(network, prediction);
  } finally {
    await network.close();
  }
}

/** Why Hairpin foretells what it does: every rule that matched, for each end. */
export function stepsOf(outcomes: TraceOutcome[]): string[] {
  return outcomes.flatMap(({ probability, verdict, reason, steps }) => [
    `    ${verdict} with probability ${probability}${reason === undefined ? '' : ` (${reason})`}:`,
    ...steps.map(({ node, hook, chain, rule, action }) => `      ${node} ${hook} ${chain}: ${rule} => ${action}`),
  ]);
}
