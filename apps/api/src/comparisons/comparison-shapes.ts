/** Comparisons as the API shows them. */
import { z } from 'zod';
import type { ExperimentCellRow, ExperimentRow, RunOutcome } from '#platform';
import { type Comparison, OUTCOMES, SOURCE_KINDS } from '#sim';
import { ExperimentOutline, outlineOf } from '../experiments/experiment-shapes.js';
import { Issue } from '../http/problem.filter.js';
import { Count } from '../http/shapes.js';
import { RequestRowShape } from '../simulations/result-shapes.js';
import { RunFailure, runFailure } from '../simulations/run-failure.js';
import { Expectation, Summary } from '../simulations/simulation-shapes.js';

const Pair = { base: Count, variant: Count };
const ComparedRun = z
  .object({
    name: z.string(),
    fingerprint: z.string(),
    summary: Summary,
    expectations: z.array(Expectation),
    warnings: z
      .array(Issue)
      .describe('What may not be as it was meant; of a variant, what the base does not warn of already.'),
  })
  .meta({ id: 'ComparedRun' });
const Latency = Summary.shape.latencyUs;
const Stretches = z.array(z.object({ fromMs: z.number(), toMs: z.number(), is: z.string() })).nullable();

const Difference = z
  .object({
    outcomes: z.partialRecord(z.enum(OUTCOMES), z.object(Pair)).describe('Those of which there are not as many.'),
    sourceKinds: z.partialRecord(z.enum(SOURCE_KINDS), z.object(Pair)),
    latencyUs: z.object({ base: Latency, variant: Latency }).nullable().describe('Null where it is the same.'),
    losses: z.array(
      z.object({ cause: z.string().nullable(), place: z.string().nullable(), event: z.string().nullable(), ...Pair }),
    ),
    expectations: z
      .array(z.object({ name: z.string(), base: z.boolean().nullable(), variant: z.boolean().nullable() }))
      .describe('Those with another verdict; null: not in that run.'),
    healthz: z
      .array(
        z.object({
          node: z.string(),
          service: z.string().nullable(),
          kind: z.enum(['healthCheckNodePort', 'proxy-healthz', 'proxy-livez', 'loadBalancer']),
          base: Stretches,
          variant: Stretches,
        }),
      )
      .describe('What nodes answered, and what load balancers took them for, where that is not the same; at most 50.'),
    requests: z
      .object({
        compared: Count.describe('Requests of both: same client, same target, begun at the same time.'),
        different: Count.describe('They end in another way, for another cause, or the pod saw another source.'),
        onlyBase: Count,
        onlyVariant: Count,
        changes: z
          .array(z.object({ from: z.enum(OUTCOMES), to: z.enum(OUTCOMES), count: Count }))
          .describe('By outcome before and after; the same twice: cause or source differ.'),
        first: z
          .array(z.object({ base: RequestRowShape.nullable(), variant: RequestRowShape.nullable() }))
          .describe('The first of those that differ, with both rows.'),
      })
      .meta({ id: 'RequestDifferences' }),
  })
  .meta({ id: 'RunDifference' });

const ComparedVariant = ComparedRun.extend({ differs: Difference }).meta({ id: 'ComparedVariant' });
const ended = 'Null before it has succeeded.';

export const ComparisonShape = ExperimentOutline.omit({ seeds: true, runs: true })
  .extend({
    error: RunFailure.nullable().describe('Why it failed.'),
    base: ComparedRun.nullable().describe(ended),
    variants: z.array(ComparedVariant).nullable().describe(ended),
  })
  .meta({ id: 'Comparison' });
export type ComparisonView = z.infer<typeof ComparisonShape>;

export const ComparisonPage = z
  .object({
    items: z.array(ExperimentOutline.omit({ seeds: true, runs: true }).meta({ id: 'ComparisonOutline' })),
    next: z.string().nullable().describe('The cursor of the next page.'),
  })
  .meta({ id: 'ComparisonPage' });

export function comparisonOutlineOf(
  row: ExperimentRow,
  progress: number,
): z.infer<typeof ComparisonPage>['items'][number] {
  const { seeds: _seeds, runs: _runs, ...outline } = outlineOf(row, progress);
  return outline;
}

/** What its one run has come to; null before. */
export function outcomeOf(trials: readonly { result: string | null }[]): RunOutcome | null {
  return (JSON.parse(trials[0]?.result ?? '[]') as RunOutcome[])[0] ?? null;
}

export function comparisonOf(
  row: ExperimentRow,
  progress: number,
  cells: readonly ExperimentCellRow[],
  outcome: RunOutcome | null,
): ComparisonView {
  const found = comparisonIn(outcome);
  const warnings = cells.map((cell) => JSON.parse(cell.warnings) as z.infer<typeof Issue>[]);
  return {
    ...comparisonOutlineOf(row, progress),
    error: outcome && 'error' in outcome ? runFailure(outcome.error.code, outcome.error.message) : null,
    base: found && { ...found.base, warnings: warnings[0]! },
    variants: found?.variants.map((run, n) => ({ ...run, warnings: warnings[n + 1]! })) ?? null,
  };
}

export function comparisonIn(outcome: RunOutcome | null): Comparison | null {
  return outcome && 'comparison' in outcome ? (outcome.comparison as Comparison) : null;
}
