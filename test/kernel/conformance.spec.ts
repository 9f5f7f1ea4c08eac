/**
 * Real connections through the rules that Hairpin generates, compared with what it says of them, and with what a person
 * wrote down in the tables under `clusters/`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { type ClusterCase, type Flow, readFlow, shapeOf } from './cluster-case.js';
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
  const count = { flows: 0, agree: 0 };
  let agent: ReturnType<typeof compileAgent>;

  beforeAll(() => {
    agent = compileAgent();
  });

  afterAll(() => {
    agent.remove();
    console.log(
      `kernel conformance: ${count.flows} flows, ${count.agree} agree (${CLUSTERS.length} clusters, iptables)`,
    );
  });

  for (const cluster of CLUSTERS) {
    it.concurrent(cluster.name, { timeout: 30_000 }, async () => {
      const prediction = predict(cluster);
      const network = await Network.build(shapeOf(cluster), agent.path);
      try {
        await network.load(prediction.rules);
        const results = await Promise.all(cluster.flows.map((row) => compare(cluster, prediction, network, row)));
        count.flows += results.length;
        count.agree += results.filter(({ agrees }) => agrees).length;
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
  const foretold = endsOf(cluster, flow, outcomes);
  const seen = await observe(network, flow, foretold);
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
