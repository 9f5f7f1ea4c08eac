/** A comparison from request to text, in the model's thread: there it holds up nobody. */
import { comparisonMarkdown, comparisonText } from '#report';
import { type DocumentPatch, documentVariant, type Issue, type Limits, nearestName, parseScenario } from '#scenario';
import { checkScenario, compareScenarios, type Scenario } from '#sim';

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

type Named = { name: string; scenario: Scenario };

/** Issues, where a variant is none that a scenario could have. Throws ModelError. */
export function answerComparison(ask: ComparisonAsk): { text: string } | { issues: Issue[] } {
  const document = JSON.parse(ask.document) as unknown;
  const issues: Issue[] = [];
  const scenarios = [
    { name: 'base', patch: null },
    ...ask.variants.map(({ name, ...patch }) => ({ name, patch })),
  ].flatMap(({ name, patch }, n): Named[] => {
    const read =
      patch === null ? { scenario: parsed(document, ask).scenario } : variant(document, name, patch, n - 1, ask);
    if ('issues' in read) issues.push(...read.issues);
    if (read.scenario === null) return [];
    return [{ name, scenario: { ...read.scenario, seed: ask.seed ?? read.scenario.seed } }];
  });
  if (issues.length > 0) return { issues };
  const comparison = compareScenarios(scenarios, ask.most, COMPARISON_BUDGET);
  if (ask.format === 'json') return { text: JSON.stringify(comparison) };
  return { text: ask.format === 'text' ? comparisonText(comparison) : comparisonMarkdown(comparison) };
}

function parsed(document: unknown, { limits }: Pick<ComparisonAsk, 'limits'>) {
  return parseScenario(document, { limits, checkWorld: (scenario) => [...checkScenario(scenario)] });
}

function variant(document: unknown, name: string, patch: DocumentPatch, n: number, ask: ComparisonAsk) {
  const patched = documentVariant(document, patch);
  const missing = patched.missing.map((key) => unknownObject(key, `/variants/${n}/objects`, patched.present));
  if (missing.length > 0) return { scenario: null, issues: missing };
  const { scenario, issues } = parsed(patched.document, ask);
  const errors = issues.filter(({ severity }) => severity === 'error');
  return { scenario, issues: errors.map((issue) => placed(issue, name, n)) };
}

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
