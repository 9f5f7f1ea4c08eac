/**
 * Real connections through the rules that Hairpin generates, compared with what it says of them, and with what a person
 * wrote down in the tables under `clusters/`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { type ClusterCase, type Flow, readFlow } from './cluster-case.js';
import { CLUSTERS } from './clusters/index.js';
import { Comparer, inNetwork, stepsOf } from './compare.js';
import { missingPrerequisites } from './prerequisites.js';

const missing = missingPrerequisites();
const excuse = `kernel conformance is SKIPPED, this machine lacks: ${missing.join(', ')}`;

it.runIf(missing.length > 0)('the machine can prove conformance, or is no CI', () => {
  console.warn(excuse);
  expect(process.env.CI, excuse).not.toBe('true');
});

describe.runIf(missing.length === 0)('the kernel does what Hairpin says', () => {
  /** By cluster: how many of its flows agree. */
  const agreeing = new Map<ClusterCase, number>();
  let agent: string;

  beforeAll(() => {
    agent = compileAgent();
  });

  afterAll(() => {
    const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
    const lines = CLUSTERS.map(
      (cluster) => `  ${agreeing.get(cluster) ?? 0} of ${cluster.flows.length}  ${cluster.name}`,
    );
    const flows = sum(CLUSTERS.map((cluster) => cluster.flows.length));
    lines.push(
      `kernel conformance: ${flows} flows, ${sum([...agreeing.values()])} agree (iptables, ${CLUSTERS.length} clusters)`,
    );
    console.log(lines.join('\n'));
  });

  for (const cluster of CLUSTERS) {
    it.concurrent(cluster.name, { timeout: 30_000 }, async () => {
      const results = await inNetwork(cluster, agent, (network, prediction) => {
        const comparer = new Comparer(cluster, prediction, network);
        return Promise.all(cluster.flows.map((row) => compare(comparer, row)));
      });
      agreeing.set(cluster, results.filter(({ agrees }) => agrees).length);
      expect(results.flatMap(({ report }) => report).join('\n')).toBe('');
    });
  }
});

/** `report` is empty where the kernel, Hairpin and the table say the same. */
async function compare(comparer: Comparer, row: Flow): Promise<{ agrees: boolean; report: string[] }> {
  const flow = readFlow(row);
  const { foretold, seen, agrees, outcomes } = await comparer.compare(flow);
  if (agrees && foretold.ends.join() === flow.sees.join()) return { agrees, report: [] };
  return {
    agrees,
    report: [
      `${row[0]} -> ${row[1]}`,
      `  the table says   ${flow.sees.join(' | ')}`,
      `  Hairpin says     ${foretold}`,
      `  the kernel does  ${seen.join(' | ')}`,
      ...(agrees ? [] : stepsOf(outcomes)),
    ],
  };
}
