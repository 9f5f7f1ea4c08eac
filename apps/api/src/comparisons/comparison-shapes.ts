/** What `POST /v1/comparisons` takes and gives. */
import { z } from 'zod';
import { type Comparison, OUTCOMES, SOURCE_KINDS } from '#sim';
import { Issue } from '../http/problem.filter.js';
import { Count } from '../http/shapes.js';
import { oneScenario, scenarioChoice } from '../scenarios/scenario-source.js';
import { RequestRowShape } from '../simulations/result-shapes.js';
import { Expectation, Summary } from '../simulations/simulation-shapes.js';
import type { VariantAsk } from './comparison-answer.js';

const MOST_VARIANTS = 8;
const MOST_SHOWN = 100;

const Patch = z.record(z.string().max(300), z.unknown());
const VariantShape = z
  .strictObject({
    name: z.string().min(1).max(100),
    set: Patch.default({}).describe(
      'A JSON merge patch (RFC 7396) of the scenario document: `{cluster: {version: "1.28"}}`. null takes a field out; a list is replaced as a whole.',
    ),
    objects: z
      .record(z.string().min(1).max(600), Patch.nullable())
      .default({})
      .describe(
        'Merge patches of objects, by `Kind/namespace/name`, without a namespace: default. `{"Service/web": {spec: {externalTrafficPolicy: Cluster}}}`; null takes the object out.',
      ),
  })
  .meta({ id: 'ComparisonVariant' });

export const ComparisonRequest = z
  .strictObject({
    ...scenarioChoice,
    seed: z.int().min(0).optional().describe("Of all runs, instead of the scenario's own."),
    variants: z.array(VariantShape).min(1).max(MOST_VARIANTS),
    show: z
      .int()
      .min(0)
      .max(MOST_SHOWN)
      .default(20)
      .describe('How many requests that differ are shown of each variant.'),
  })
  .check(oneScenario, distinctNames)
  .meta({ id: 'ComparisonRequest' });

export function variantsOf({ variants }: z.infer<typeof ComparisonRequest>): VariantAsk[] {
  return variants.map(({ name, set, objects }) => ({ name, set, objects }));
}

function distinctNames({ value, issues }: z.core.ParsePayload<{ variants: { name: string }[] }>): void {
  const names = ['base', ...value.variants.map(({ name }) => name)];
  for (const [n, { name }] of value.variants.entries())
    if (names.indexOf(name) <= n)
      issues.push({ code: 'custom', input: name, path: ['variants', n, 'name'], message: `the name ${name} is taken` });
}

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

export const ComparisonShape = z
  .object({
    modelVersion: z.string(),
    seed: Count,
    base: ComparedRun,
    variants: z.array(ComparedRun.extend({ differs: Difference }).meta({ id: 'ComparedVariant' })),
  })
  .meta({ id: 'Comparison' }) satisfies z.ZodType<Comparison>;
