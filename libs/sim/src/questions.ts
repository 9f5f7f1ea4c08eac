/** Questions that are answered at once, without a stored run: one packet, one node's rules, a scenario's soundness. */
import { NS_PER_MS, NS_PER_SECOND } from './kernel/time.js';
import type { RulesFormat, RulesView } from './kube-proxy/index.js';
import { Matrix } from './matrix/matrix.js';
import type { MatrixQuestion, MatrixResult } from './matrix/result.js';
import { tablesOf } from './matrix/rows.js';
import { type Variant, variantRun } from './matrix/variants.js';
import { AddressBook } from './netfilter/address-book.js';
import { writeRestore, writeSaved } from './netfilter/iptables-save.js';
import { listNftTable } from './netfilter/nft-list.js';
import type { IptablesTable, Ruleset, Table } from './netfilter/rules.js';
import type { IpFamily } from './objects.js';
import type { Nanos, NodeRules, Scenario } from './scenario.js';
import { Run } from './simulate.js';
import { ModelError } from './trace-question.js';
import type { TracePacket, TraceResult } from './trace-result.js';
import { buildCluster, type ScenarioProblem, settingsOf } from './world.js';

/** More events than any question should cost. */
const MOST_EVENTS = 5_000_000;

const NOTHING = (): void => {};
const NOWHERE = { onChunk: NOTHING };

/** By node: what stands in the place of the rules that the scenario has there. They have been checked. */
export type RulesByNode = Readonly<Record<string, NodeRules>>;

/** What becomes of one packet at that time of the scenario; throws ModelError for what does not exist then. */
export function traceScenario(
  scenario: Scenario,
  packet: TracePacket,
  atNs: Nanos,
  rules: RulesByNode = {},
  mostEvents = MOST_EVENTS,
): TraceResult {
  return tracerAt(scenario, atNs, rules, mostEvents)(packet);
}

/** The same for as many packets as somebody asks for: the scenario runs up to that time once. */
export function tracerAt(
  given: Scenario,
  atNs: Nanos,
  rules: RulesByNode = {},
  mostEvents = MOST_EVENTS,
): (packet: TracePacket) => TraceResult {
  const scenario = withRules(given, rules);
  const run = runTo(scenario, atNs, mostEvents);
  for (const node of Object.keys(rules)) refuseUnknownNode(node, run, `/rules/${pointerPart(node)}`);
  return (packet) => {
    try {
      return { atMs: atNs / NS_PER_MS, ...run.trace(packet) };
    } catch (error) {
      throw error instanceof ModelError && MAY_COME.has(error.code) ? withLater(error, scenario, packet, atNs) : error;
    }
  };
}

/** What is not there yet may be there later. */
const MAY_COME: ReadonlySet<string> = new Set(['unknown-service', 'unknown-pod', 'unknown-node', 'no-such-address']);

/** How far the scenario is followed: events for each look, with every hundred looks ten times as many. */
const LOOKS = 300;
const EVENTS_A_LOOK = 20;

/** The same error; where the packet can be sent later in the scenario, its hint says when. */
function withLater(error: ModelError, scenario: Scenario, packet: TracePacket, atNs: Nanos): ModelError {
  if (scenario.steps.length + scenario.timeline.length === 0) return error;
  const run = runTo(scenario, atNs);
  for (let look = 0; look < LOOKS; look++) {
    const isOver = run.step(EVENTS_A_LOOK * 10 ** Math.floor(look / 100));
    if (canTrace(run, packet)) {
      const seconds = Math.ceil(run.nowNs / NS_PER_SECOND);
      const hint = `ask with a later time: "at": "${seconds}s"`;
      return new ModelError(error.code, error.path, error.message, hint, error.others);
    }
    if (isOver) break;
  }
  return error;
}

function canTrace(run: Run, packet: TracePacket): boolean {
  try {
    run.trace(packet);
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

function withRules(scenario: Scenario, rules: RulesByNode): Scenario {
  const { cluster } = scenario;
  const changed = Object.entries(rules).map(([node, text]) => [node, { ...settingsOf(scenario, node), rules: text }]);
  if (changed.length === 0) return scenario;
  return { ...scenario, cluster: { ...cluster, nodes: { ...cluster.nodes, ...Object.fromEntries(changed) } } };
}

function refuseUnknownNode(node: string, run: Run, path: string): void {
  const nodes = run.nodeNames();
  if (nodes.includes(node)) return;
  const hint = nodes.length === 0 ? 'the scenario has no nodes' : `there are: ${nodes.slice(0, 5).join(', ')}`;
  throw new ModelError('unknown-node', path, `there is no node "${node}" at that time`, hint);
}

function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
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
  const matrix = new Matrix(run.traceWorld(), first.traceWorld(), question, runs.length);
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
  /** Default: that of the node's mode. */
  format?: RulesFormat | undefined;
  /** Default: `restore`. */
  view?: RulesView;
}

/** The rules of that node at that time, as text; throws ModelError. */
export function rulesText(
  scenario: Scenario,
  { node, ipFamily, atNs, format, view = 'restore' }: RulesQuestion,
): string {
  const run = runTo(scenario, atNs);
  refuseUnknownNode(node, run, '/node');
  const proxy = run.proxy(node);
  const own = proxy?.ownRules[ipFamily] ?? null;
  if (own !== null) return ownRulesText(node, own, format, view);
  const program = proxy?.program(ipFamily) ?? null;
  if (proxy === null || program === null) {
    throw new ModelError(
      'no-such-family',
      '/ipFamily',
      `node ${node} has no ${ipFamily} rules of kube-proxy: neither it nor the cluster's ranges have ${ipFamily} addresses`,
      'ask for the other family',
    );
  }
  const { mode } = proxy;
  const { formats } = mode;
  if (format !== undefined && !formats.includes(format)) {
    throw new ModelError(
      'other-format',
      '/format',
      `kube-proxy on ${node} runs in mode ${mode.name}, whose rules are written as ${formats.join(' or ')}`,
      `ask for format=${formats[0]}, or leave it out`,
    );
  }
  const text = mode.rulesText(program, view, format);
  if (text !== null) return text;
  throw new ModelError(
    'not-modelled-yet',
    '/view',
    `how a node lists the rules of mode ${mode.name} is not modelled yet`,
    'ask for view=restore',
  );
}

/** In the syntax that was given; of both, iptables' first. What `nft list` prints loads as it is. */
function ownRulesText(node: string, rules: Ruleset, format: RulesFormat | undefined, view: RulesView): string {
  const iptables = new Map([...rules.tables].filter((entry): entry is [string, IptablesTable] => isIptables(entry[1])));
  const nft = [...rules.tables.values()].filter((table) => table.syntax === 'nft');
  const formats: RulesFormat[] = [
    ...(iptables.size > 0 || nft.length === 0 ? (['iptables'] as const) : []),
    ...(nft.length > 0 ? (['nft'] as const) : []),
  ];
  const asked = format ?? formats[0];
  if (asked === undefined || !formats.includes(asked)) {
    throw new ModelError(
      'other-format',
      '/format',
      `node ${node} has rules of its own, which are written as ${formats.join(' or ')}`,
      `ask for format=${formats[0]}, or leave it out`,
    );
  }
  if (asked === 'nft') return `${nft.map(listNftTable).join('\n')}\n`;
  const ruleset = { ...rules, tables: iptables };
  return view === 'save' ? writeSaved(ruleset) : writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
}

function isIptables(table: Table): table is IptablesTable {
  return table.syntax === 'iptables';
}

/** What an API server would refuse of what the scenario starts with. */
export function checkScenario(scenario: Scenario): readonly ScenarioProblem[] {
  return buildCluster(scenario, new AddressBook(), NOTHING, NOTHING, NOTHING).problems;
}

function runTo(scenario: Scenario, atNs: Nanos, mostEvents = MOST_EVENTS): Run {
  const run = new Run({ ...scenario, traffic: [] }, NOWHERE);
  if (run.advanceTo(atNs, mostEvents)) return run;
  throw new ModelError(
    'too-many-events',
    '/at',
    'that time is too far away to answer at once',
    'run a simulation instead',
  );
}
