/**
 * Real connections through the rules that Hairpin generates, compared with what it says of them, and with what a person
 * wrote down in the tables under `clusters/`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { type ClusterCase, type Flow, readFlow } from './cluster-case.js';
import { shapeOf } from './cluster-shape.js';
import { CLUSTERS } from './clusters/index.js';
import { Network } from './network.js';
import { observe } from './observe.js';
import { endsOf, type Prediction, predict } from './predict.js';
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
      const prediction = predict(cluster);
      const network = await Network.build(shapeOf(cluster), agent);
      try {
        await network.load(prediction.tool, prediction.rules);
        const results = await Promise.all(cluster.flows.map((row) => compare(cluster, prediction, network, row)));
        agreeing.set(cluster, results.filter(({ agrees }) => agrees).length);
        expect(results.flatMap(({ report }) => report).join('\n')).toBe('');
      } finally {
        await network.close();
      }
    });
  }
});

/** `report` is empty where the kernel, Hairpin and the table say the same. */
async function compare(
  cluster: ClusterCase,
  prediction: Prediction,
  network: Network,
  row: Flow,
): Promise<{ agrees: boolean; report: string[] }> {
  const flow = readFlow(row);
  const outcomes = prediction.trace(flow);
  const ends = endsOf(cluster, flow, outcomes);
  const foretold = [...ends.keys()].sort();
  const seen = await observe(network, flow, ends);
  const agrees = seen.join() === foretold.join();
  if (agrees && seen.join() === flow.sees.join()) return { agrees, report: [] };
  const steps = outcomes.flatMap(({ probability, steps }) => [
    `    with probability ${probability}:`,
    ...steps.map(({ node, hook, chain, rule, action }) => `      ${node} ${hook} ${chain}: ${rule} => ${action}`),
  ]);
  return {
    agrees,
    report: [
      `${row[0]} -> ${row[1]}`,
      `  the table says   ${flow.sees.join(' | ')}`,
      `  Hairpin says     ${foretold.join(' | ')}`,
      `  the kernel does  ${seen.join(' | ')}`,
      ...(agrees ? [] : steps),
    ],
  };
}
