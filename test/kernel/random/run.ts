/** One random cluster, compared: how many flows agree, and all that it takes to understand those that do not. */
import { type Mode, readEnds } from '../cluster-case.js';
import { Comparer, type Comparison, inNetwork, stepsOf } from '../compare.js';
import { randomCluster } from './cluster.js';
import type { FlowEnds } from './flows.js';

export interface ClusterReport {
  name: string;
  flows: number;
  agree: number;
  /** How many flows end so, with certainty or by chance: `answered`, `rejected`, `refused`, `timeout`, `unreachable`. */
  ends: Record<string, number>;
  /** Lines; empty where everything agrees. */
  disagreements: string[];
}

export async function runCluster(seed: number, number: number, mode: Mode, agent: string): Promise<ClusterReport> {
  const { cluster, flows } = randomCluster(seed, number, mode);
  try {
    const results = await inNetwork(cluster, agent, (network, prediction) => {
      const comparer = new Comparer(cluster, prediction, network);
      return Promise.all(flows.map(([from, to]) => comparer.compare(readEnds(from, to))));
    });
    return {
      name: cluster.name,
      flows: flows.length,
      agree: results.filter(({ agrees }) => agrees).length,
      ends: countEnds(results),
      disagreements: results.flatMap((result, i) => (result.agrees ? [] : told(flows[i]!, result))),
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name: cluster.name, flows: flows.length, agree: 0, ends: {}, disagreements: [text] };
  }
}

function countEnds(results: Comparison[]): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { foretold } of results) {
    const kinds = foretold.ends.map((end) => (/ sees /.test(end) ? 'answered' : end.split(' ')[0]!));
    for (const kind of new Set(kinds)) count[kind] = (count[kind] ?? 0) + 1;
  }
  return count;
}

function told([from, to]: FlowEnds, { foretold, seen, outcomes }: Comparison): string[] {
  return [
    `  ${from} -> ${to}`,
    `    Hairpin foretells  ${foretold}`,
    `    the kernel does    ${seen.join(' | ')}`,
    ...stepsOf(outcomes).map((line) => `  ${line}`),
  ];
}
