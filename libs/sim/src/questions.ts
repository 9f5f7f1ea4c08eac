/** Questions that are answered at once, without a stored run: one packet, one node's rules, a scenario's soundness. */
import { NS_PER_MS } from './kernel/time.js';
import { Matrix } from './matrix/matrix.js';
import type { MatrixQuestion, MatrixResult } from './matrix/result.js';
import { tablesOf } from './matrix/rows.js';
import { type Variant, variantRun } from './matrix/variants.js';
import { AddressBook } from './netfilter/address-book.js';
import { writeRestore } from './netfilter/iptables-save.js';
import type { IpFamily } from './objects.js';
import type { Nanos, Scenario } from './scenario.js';
import { Run } from './simulate.js';
import { ModelError } from './trace-question.js';
import type { TracePacket, TraceResult } from './trace-result.js';
import { buildCluster, type ScenarioProblem } from './world.js';

/** More events than any question should cost. */
const MOST_EVENTS = 5_000_000;

const NOTHING = (): void => {};
const NOWHERE = { onChunk: NOTHING };

/** What becomes of one packet at that time of the scenario; throws ModelError for what does not exist then. */
export function traceScenario(scenario: Scenario, packet: TracePacket, atNs: Nanos): TraceResult {
  return { atMs: atNs / NS_PER_MS, ...runTo(scenario, atNs).trace(packet) };
}

/**
 * Who reaches what at that time. Without variants in the cluster as it is at that time, whatever is still under way; with
 * some in each of them, settled. Throws ModelError.
 */
export function matrixOf(
  scenario: Scenario,
  question: MatrixQuestion,
  atNs: Nanos,
  variants: readonly Variant[],
): MatrixResult {
  const run = runTo(scenario, atNs);
  const runs = variants.length === 0 ? [run] : variants.map((variant) => variantRun(scenario, run.objects(), variant));
  const [first = run] = runs;
  const matrix = new Matrix(first.traceWorld(), question, runs.length);
  for (const each of runs) matrix.ask(each.traceWorld());
  const named = variants.map(({ name, settings }) => ({ name, settings }));
  return {
    atMs: atNs / NS_PER_MS,
    variants: named.length === 0 ? [{ name: '', settings: {} }] : named,
    ...tablesOf(matrix, question),
  };
}

export interface RulesQuestion {
  node: string;
  ipFamily: IpFamily;
  atNs: Nanos;
  format: 'iptables' | 'nft' | 'ipvs';
}

/** The text that iptables-restore loads on that node at that time; throws ModelError. */
export function rulesText(scenario: Scenario, { node, ipFamily, atNs, format }: RulesQuestion): string {
  if (format !== 'iptables') {
    throw new ModelError(
      'not-modelled-yet',
      '/format',
      `rules in the form of ${format} are not modelled yet`,
      'ask for format=iptables',
    );
  }
  const run = runTo(scenario, atNs);
  const nodes = run.nodeNames();
  if (!nodes.includes(node)) {
    const hint = nodes.length === 0 ? 'the scenario has no nodes' : `there are: ${nodes.slice(0, 5).join(', ')}`;
    throw new ModelError('unknown-node', '/node', `there is no node "${node}" at that time`, hint);
  }
  const program = run.program(node, ipFamily);
  if (program === null) {
    throw new ModelError(
      'no-such-family',
      '/ipFamily',
      `node ${node} has no ${ipFamily} address, so kube-proxy writes no ${ipFamily} rules there`,
      'ask for the other family',
    );
  }
  return writeRestore(program.ruleset, { markFormat: 'padded', baseChains: true });
}

/** What an API server would refuse of what the scenario starts with. */
export function checkScenario(scenario: Scenario): readonly ScenarioProblem[] {
  return buildCluster(scenario, new AddressBook(), NOTHING, NOTHING).problems;
}

function runTo(scenario: Scenario, atNs: Nanos): Run {
  const run = new Run({ ...scenario, traffic: [] }, NOWHERE);
  if (run.advanceTo(atNs, MOST_EVENTS)) return run;
  throw new ModelError(
    'too-many-events',
    '/at',
    'that time is too far away to answer at once',
    'run a simulation instead',
  );
}
