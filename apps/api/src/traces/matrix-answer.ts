/** A matrix from question to text, in the model's thread: only there large ones hold up nobody. */
import { matrixMarkdown, matrixText, warningLines, warningMarkdown } from '#report';
import { type ClusterSettings, clusterVariant, type Issue } from '#scenario';
import { type MatrixQuestion, matrixOf, type Scenario, type TrafficPolicy, type Variant } from '#sim';

export type VariantSettings = ClusterSettings & {
  externalTrafficPolicy?: TrafficPolicy;
  internalTrafficPolicy?: TrafficPolicy;
};

export interface MatrixAsk {
  /** Normalised, as JSON. */
  scenario: string;
  /** What it was read from, as JSON. */
  document: string;
  /** What may not be as it was meant in it. */
  warnings: Issue[];
  question: MatrixQuestion;
  /** None: the cluster as it is at that time. */
  variants: VariantSettings[];
  atNs: number;
  format: 'json' | 'text' | 'markdown';
}

/** Issues, where a variant is none that a scenario could have. Throws ModelError. */
export function answerMatrix(ask: MatrixAsk): { text: string } | { issues: Issue[] } {
  const scenario = JSON.parse(ask.scenario) as Scenario;
  const read = variantsOf(ask, scenario);
  if ('issues' in read) return read;
  const matrix = matrixOf(scenario, ask.question, ask.atNs, read.variants);
  const { format, warnings } = ask;
  if (format === 'text') return { text: warningLines(warnings) + matrixText(matrix) };
  if (format === 'markdown') return { text: warningMarkdown(warnings) + matrixMarkdown(matrix) };
  return { text: JSON.stringify(warnings.length === 0 ? matrix : { ...matrix, warnings }) };
}

function variantsOf(
  { document, variants }: MatrixAsk,
  scenario: Scenario,
): { variants: Variant[] } | { issues: Issue[] } {
  const parsed = JSON.parse(document) as unknown;
  const nodes = scenario.objects.filter(({ kind }) => kind === 'Node');
  const issues: Issue[] = [];
  const read = variants.map((settings): Variant => {
    const { externalTrafficPolicy = null, internalTrafficPolicy = null, ...ofCluster } = settings;
    const name = nameOf(settings);
    const variesCluster = Object.keys(ofCluster).length > 0;
    const varied = variesCluster ? clusterVariant(parsed, nodes, ofCluster) : { cluster: null, issues: [] };
    const errors = varied.issues.filter(({ severity }) => severity === 'error');
    issues.push(...errors.map((issue) => placed(issue, name)));
    return {
      name,
      settings: settings as Variant['settings'],
      cluster: varied.cluster,
      externalTrafficPolicy,
      internalTrafficPolicy,
    };
  });
  return issues.length > 0 ? { issues: distinct(issues) } : { variants: read };
}

function placed(issue: Issue, variant: string): Issue {
  return { ...issue, path: `/vary${issue.path}`, message: `${issue.message} (${variant})` };
}

/** A setting that no variant may have is told once. */
function distinct(issues: readonly Issue[]): Issue[] {
  const first = new Map<string, Issue>();
  for (const issue of issues) {
    const key = `${issue.path} ${issue.code} ${issue.message.replace(/ \([^()]*\)$/, '')}`;
    if (!first.has(key)) first.set(key, issue);
  }
  return [...first.values()];
}

function nameOf(settings: VariantSettings): string {
  return Object.entries(settings)
    .map(([setting, value]) => `${setting}=${value === '' ? '""' : value}`)
    .join(', ');
}
