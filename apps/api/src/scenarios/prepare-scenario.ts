/** From what was sent to what can be stored and run. Runs in a thread too, so it loads nothing that a thread need not. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Issue, importObjects, type Limits, parseScenario } from '#scenario';
import { checkScenario, type Scenario } from '#sim';
import { isLight } from './weight.js';

export interface ScenarioText {
  /** A text as it was sent, or the JSON of what was read before. */
  content: { text: string; format: 'json' | 'yaml' } | { json: string };
  /** `import`: the text is what kubectl prints. */
  as: 'scenario' | 'import';
  limits: Pick<Limits, 'textChars' | 'requests' | 'events'>;
}

export interface PreparedScenario {
  name: string;
  seed: number;
  /** SHA-256 of the normalised scenario. */
  digest: string;
  /** The normalised scenario as JSON. */
  scenario: string;
  /** The document as JSON. */
  document: string;
  warnings: Issue[];
}

/** All issues where there are errors among them. */
export type Preparation = { ok: true; prepared: PreparedScenario } | { ok: false; issues: Issue[] };

/** Null: it makes so much of a cluster that it is a thread's work, however small its text. */
export function prepareLight(text: ScenarioText): Preparation | null {
  try {
    return prepareScenario(text, true);
  } catch (error) {
    if (error instanceof Heavy) return null;
    throw error;
  }
}

class Heavy extends Error {}

export function prepareScenario({ content, as, limits }: ScenarioText, onlyLight = false): Preparation {
  const parse = as === 'import' ? importObjects : parseScenario;
  const checkWorld = (scenario: Scenario) => {
    if (onlyLight && !isLight(scenario)) throw new Heavy();
    return [...checkScenario(scenario)];
  };
  const options = { limits, checkWorld };
  const { scenario, document, issues } =
    'text' in content
      ? parse(content.text, { ...options, format: content.format })
      : parse(JSON.parse(content.json), options);
  if (scenario === null) return { ok: false, issues };
  return {
    ok: true,
    prepared: {
      name: scenario.name,
      seed: scenario.seed,
      digest: contentDigest(scenario),
      scenario: JSON.stringify(scenario),
      document: JSON.stringify(document),
      warnings: issues,
    },
  };
}

/** SHA-256 as 64 hexadecimal digits; equal for values that are equal, whatever the order of their keys. */
export function contentDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
