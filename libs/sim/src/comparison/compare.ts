/** What differs between a run and its variants. */
import type { HealthTimelines, RunLoss, RunResult } from '../results/result.js';
import type { Scenario } from '../scenario.js';
import { compareRequests } from './compare-requests.js';
import type { ComparedRun, Comparison, CountPair, RunDifference, Stretch, TimelineDifference } from './result.js';
import { type RunBudget, type WholeRun, wholeRun } from './whole-run.js';

const MOST_TIMELINES = 50;

/** What all runs of a comparison may take together: their requests are held side by side. */
export const COMPARISON_BUDGET: RunBudget = { requests: 1_000_000, events: 20_000_000 };

/**
 * The first of `scenarios` is the base. `most`: requests that are shown of each variant. `onSlice` hears how far all runs
 * together are, 0..1. Throws ModelError, and what `onSlice` throws.
 */
export function compareScenarios(
  scenarios: readonly { name: string; scenario: Scenario }[],
  most: number,
  budget: RunBudget,
  onSlice: (progress: number) => void = () => {},
): Comparison {
  const left = { ...budget };
  const [first, ...others] = scenarios as [(typeof scenarios)[number], ...typeof scenarios];
  const runOf = ({ name, scenario }: (typeof scenarios)[number], at: number) =>
    wholeRun(name, scenario, left, ({ progress }) => onSlice((at + progress) / scenarios.length));
  const base = runOf(first, 0);
  const variants = others.map((other, n) => {
    const run = runOf(other, n + 1);
    return { ...comparedRun(run), differs: differenceOf(base, run, most) };
  });
  return { modelVersion: base.result.modelVersion, seed: first.scenario.seed, base: comparedRun(base), variants };
}

function comparedRun({ name, result: { fingerprint, summary, expectations } }: WholeRun): ComparedRun {
  return { name, fingerprint, summary, expectations };
}

function differenceOf(base: WholeRun, variant: WholeRun, most: number): RunDifference {
  const [a, b] = [base.result, variant.result];
  const sameLatency = JSON.stringify(a.summary.latencyUs) === JSON.stringify(b.summary.latencyUs);
  return {
    outcomes: differing(a.summary.outcomes, b.summary.outcomes),
    sourceKinds: differing(a.summary.sourceKinds, b.summary.sourceKinds),
    latencyUs: sameLatency ? null : { base: a.summary.latencyUs, variant: b.summary.latencyUs },
    losses: lossDifferences(a, b),
    expectations: expectationDifferences(a, b),
    healthz: healthDifferences(a.healthz, b.healthz).slice(0, MOST_TIMELINES),
    requests: compareRequests(base, variant, most),
  };
}

function differing<Name extends string>(
  base: Partial<Record<Name, number>>,
  variant: Partial<Record<Name, number>>,
): Partial<Record<Name, CountPair>> {
  const names = [...new Set([...Object.keys(base), ...Object.keys(variant)])] as Name[];
  const pairs = names.map((name) => [name, { base: base[name] ?? 0, variant: variant[name] ?? 0 }] as const);
  return Object.fromEntries(pairs.filter(([, pair]) => pair.base !== pair.variant)) as Partial<Record<Name, CountPair>>;
}

function lossDifferences(base: RunResult, variant: RunResult): RunDifference['losses'] {
  const found = new Map<string, RunDifference['losses'][number]>();
  const add = (losses: readonly RunLoss[], side: keyof CountPair): void => {
    for (const { cause, place, event, count } of losses) {
      const at = place === null ? null : `${place.kind} ${place.name}`;
      const key = `${cause} ${at} ${event?.path}`;
      const loss = found.get(key) ?? { cause, place: at, event: event?.text ?? null, base: 0, variant: 0 };
      loss[side] += count;
      found.set(key, loss);
    }
  };
  add(base.summary.losses ?? [], 'base');
  add(variant.summary.losses ?? [], 'variant');
  return [...found.values()].filter((loss) => loss.base !== loss.variant);
}

function expectationDifferences(base: RunResult, variant: RunResult): RunDifference['expectations'] {
  const names = new Set([...base.expectations, ...variant.expectations].map(({ name }) => name));
  const verdict = ({ expectations }: RunResult, name: string) =>
    expectations.find((expectation) => expectation.name === name)?.passed ?? null;
  return [...names]
    .map((name) => ({ name, base: verdict(base, name), variant: verdict(variant, name) }))
    .filter((pair) => pair.base !== pair.variant);
}

type Line = Pick<TimelineDifference, 'node' | 'service' | 'kind'> & { stretches: Stretch[] };

function healthDifferences(base: HealthTimelines, variant: HealthTimelines): TimelineDifference[] {
  const [a, b] = [linesOf(base), linesOf(variant)];
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].flatMap((key) => {
    const [before, after] = [a.get(key), b.get(key)];
    const { node, service, kind } = (before ?? after)!;
    const difference = { node, service, kind, base: before?.stretches ?? null, variant: after?.stretches ?? null };
    return JSON.stringify(difference.base) === JSON.stringify(difference.variant) ? [] : [difference];
  });
}

function linesOf({ nodes, loadBalancers }: HealthTimelines): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const { node, service, kind, segments } of nodes) {
    const stretches = segments.map(({ fromMs, toMs, status }) => ({ fromMs, toMs, is: String(status ?? 'silent') }));
    lines.set(`${kind} ${service} ${node}`, { node, service, kind, stretches: joined(stretches) });
  }
  for (const { node, service, segments } of loadBalancers) {
    const stretches = segments.map(({ fromMs, toMs, state }) => ({ fromMs, toMs, is: state }));
    lines.set(`loadBalancer ${service} ${node}`, { node, service, kind: 'loadBalancer', stretches: joined(stretches) });
  }
  return lines;
}

function joined(stretches: readonly Stretch[]): Stretch[] {
  const whole: Stretch[] = [];
  for (const stretch of stretches) {
    const last = whole.at(-1);
    if (last?.is === stretch.is) last.toMs = stretch.toMs;
    else whole.push({ ...stretch });
  }
  return whole;
}
