/** A comparison from request to text, in the model's thread: there it holds up nobody. */
import { comparisonMarkdown, comparisonText, warningLines, warningMarkdown } from '#report';
import { type DocumentPatch, documentVariant, type Issue, type Limits, nearestName, parseScenario } from '#scenario';
import { type Comparison, checkScenario, compareScenarios, type Scenario } from '#sim';

export interface VariantAsk extends DocumentPatch {
  name: string;
}

export interface ComparisonAsk {
  /** What the base was read from, as JSON. */
  document: string;
  variants: VariantAsk[];
  seed: number | undefined;
  /** Requests that are shown of each variant. */
  most: number;
  format: 'json' | 'text' | 'markdown';
  limits: Pick<Limits, 'textChars' | 'requests' | 'events'>;
}

/** What all runs of a comparison may take together. */
export const COMPARISON_BUDGET = { requests: 1_000_000, events: 20_000_000 };

interface Read {
  scenario: Scenario | null;
  issues: Issue[];
}

/** Issues, where a variant is none that a scenario could have. Throws ModelError. */
export function answerComparison(ask: ComparisonAsk): { text: string } | { issues: Issue[] } {
  const document = JSON.parse(ask.document) as unknown;
  const base = parsed(document, ask);
  const read = [
    { name: 'base', ...base },
    ...ask.variants.map(({ name, ...patch }, n) => ({ name, ...variant(document, base.issues, name, patch, n, ask) })),
  ];
  const errors = read.flatMap(({ scenario, issues }) => (scenario === null ? issues : []));
  if (errors.length > 0) return { issues: errors };
  const scenarios = read.flatMap(({ name, scenario }) =>
    scenario === null ? [] : [{ name, scenario: { ...scenario, seed: ask.seed ?? scenario.seed } }],
  );
  const comparison = compareScenarios(scenarios, ask.most, COMPARISON_BUDGET);
  return {
    text: textOf(
      comparison,
      read.map(({ issues }) => issues),
      ask.format,
    ),
  };
}

/** `warnings`: those of the base, then those that each variant has beside them. */
function textOf(comparison: Comparison, warnings: readonly Issue[][], format: ComparisonAsk['format']): string {
  if (format === 'text') return warningLines(warnings.flat()) + comparisonText(comparison);
  if (format === 'markdown') return warningMarkdown(warnings.flat()) + comparisonMarkdown(comparison);
  return JSON.stringify({
    ...comparison,
    base: { ...comparison.base, warnings: warnings[0] },
    variants: comparison.variants.map((run, n) => ({ ...run, warnings: warnings[n + 1] })),
  });
}

function parsed(document: unknown, { limits }: Pick<ComparisonAsk, 'limits'>): Read {
  return parseScenario(document, { limits, checkWorld: (scenario) => [...checkScenario(scenario)] });
}

/** Errors where there is no scenario, else the warnings that the base has not. */
function variant(
  document: unknown,
  known: readonly Issue[],
  name: string,
  patch: DocumentPatch,
  n: number,
  ask: ComparisonAsk,
): Read {
  const patched = documentVariant(document, patch);
  const missing = patched.missing.map((key) => unknownObject(key, `/variants/${n}/objects`, patched.present));
  if (missing.length > 0) return { scenario: null, issues: missing };
  const { scenario, issues } = parsed(patched.document, ask);
  const own = issues.filter((issue) =>
    scenario === null ? issue.severity === 'error' : !known.some((other) => isSame(issue, other)),
  );
  return { scenario, issues: own.map((issue) => placed(issue, name, n)) };
}

const isSame = (one: Issue, other: Issue) =>
  one.code === other.code && one.path === other.path && one.message === other.message;

/** Where the base is sound, a variant's errors come of what it sets. */
function placed({ line: _line, column: _column, ...issue }: Issue, name: string, n: number): Issue {
  const part = issue.path.startsWith('/objects') ? '/objects' : `/set${issue.path}`;
  return { ...issue, path: `/variants/${n}${part}`, message: `${issue.message} (variant ${name})` };
}

function unknownObject(key: string, at: string, present: readonly string[]): Issue {
  const nearest = nearestName(key, present);
  return {
    code: 'unknown-object',
    severity: 'error',
    path: `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message: `The scenario has no object ${key}.`,
    hint:
      nearest === null
        ? `Name an object as Kind/namespace/name; there are ${present.slice(0, 10).join(', ') || 'none'}.`
        : `Did you mean ${nearest}?`,
  };
}
