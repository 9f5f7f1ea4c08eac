/** What `POST /v1/experiments` takes. */
import { z } from 'zod';
import { DEFAULT_FIGURES, FIGURES } from '#sim';
import { distinctNames, VariantShape } from '../comparisons/comparison-request.js';
import { oneScenario, scenarioChoice } from '../scenarios/scenario-source.js';
import type { CellPlan } from './experiment-cells.js';

export const MOST_CELLS = 100;
const MOST_FIELDS = 8;
const DEFAULT_SEEDS = 20;

const VariedField = z
  .strictObject({
    field: z
      .string()
      .regex(/^(\/([^~/]|~[01])*)+$/, 'must be a JSON pointer such as /cluster/version, in which ~ is ~0 and / is ~1')
      .refine((field) => !field.split('/').includes('__proto__'), 'no document has a field __proto__')
      .max(500)
      .describe(
        'JSON pointer (RFC 6901) into the document: `/cluster/version`, `/traffic/0/rate`; with `object` into that object.',
      ),
    object: z
      .string()
      .min(1)
      .max(600)
      .optional()
      .describe('`Kind/namespace/name`, without a namespace: default. `Service/web`.'),
    values: z
      .array(z.unknown())
      .min(1)
      .max(MOST_CELLS)
      .describe('What it is set to; null takes the field out, a map is merged into the one that is there.'),
    name: z.string().min(1).max(100).optional().describe('Default: the last part of `field`.'),
  })
  .meta({ id: 'VariedField' });

const FigureName = z.enum([...FIGURES.keys()] as [string, ...string[]]);

const Fields = z.strictObject({
  ...scenarioChoice,
  vary: z
    .array(VariedField)
    .min(1)
    .max(MOST_FIELDS)
    .optional()
    .describe('Every combination of these values is a cell; the baseline has the first value of each.'),
  variants: z
    .array(VariantShape)
    .min(1)
    .max(MOST_CELLS - 1)
    .optional()
    .describe('Instead of `vary`: each is a cell, and the scenario as it is, `base`, is the baseline.'),
  seeds: z.int().min(1).max(100_000).default(DEFAULT_SEEDS).describe('So many runs of each cell.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 52)
    .optional()
    .describe("The first seed, instead of the scenario's own; the others follow it."),
  figures: z.array(FigureName).min(1).max(FIGURES.size).default(DEFAULT_FIGURES),
});

type ExperimentBody = z.infer<typeof Fields>;
type Payload = z.core.ParsePayload<ExperimentBody>;

export const ExperimentRequest = Fields.check(
  oneScenario,
  onePlan,
  distinctFields,
  distinctNames,
  distinctFigures,
).meta({
  id: 'ExperimentRequest',
});

/** Without either, the scenario as it is. */
export function planOf({ vary, variants }: ExperimentBody): CellPlan {
  if (vary === undefined) return { variants: variants ?? [] };
  return { vary: vary.map((varied) => ({ ...varied, object: varied.object ?? null, name: nameOf(varied) })) };
}

export function cellsOf({ vary, variants = [] }: ExperimentBody): number {
  return vary === undefined ? 1 + variants.length : vary.reduce((product, { values }) => product * values.length, 1);
}

function nameOf({ name, field }: z.infer<typeof VariedField>): string {
  return name ?? field.slice(field.lastIndexOf('/') + 1);
}

function onePlan({ value, issues }: Payload): void {
  if (value.vary !== undefined && value.variants !== undefined)
    issues.push({
      code: 'custom',
      input: value,
      path: ['variants'],
      message: 'only one of vary and variants may be there',
    });
  if (cellsOf(value) > MOST_CELLS)
    issues.push({
      code: 'custom',
      input: value,
      path: ['vary'],
      message: `these are ${cellsOf(value)} combinations, and ${MOST_CELLS} may be asked for`,
    });
}

function distinctFields({ value, issues }: Payload): void {
  const names = (value.vary ?? []).map(nameOf);
  for (const [n, name] of names.entries())
    if (names.indexOf(name) < n)
      issues.push({ code: 'custom', input: name, path: ['vary', n, 'name'], message: `the name ${name} is taken` });
}

function distinctFigures({ value, issues }: Payload): void {
  for (const [n, name] of value.figures.entries())
    if (value.figures.indexOf(name) < n)
      issues.push({ code: 'custom', input: name, path: ['figures', n], message: `${name} is there twice` });
}
