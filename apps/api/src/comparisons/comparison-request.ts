/** What `POST /v1/comparisons` takes. */
import { z } from 'zod';
import { oneScenario, scenarioChoice } from '../scenarios/scenario-source.js';

const MOST_VARIANTS = 8;
const MOST_SHOWN = 100;

const Patch = z.record(z.string().max(300), z.unknown());
export const VariantShape = z
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

export function distinctNames({
  value: { variants = [] },
  issues,
}: z.core.ParsePayload<{ variants?: { name: string }[] | undefined }>): void {
  const names = ['base', ...variants.map(({ name }) => name)];
  for (const [n, { name }] of variants.entries())
    if (names.indexOf(name) <= n)
      issues.push({ code: 'custom', input: name, path: ['variants', n, 'name'], message: `the name ${name} is taken` });
}
