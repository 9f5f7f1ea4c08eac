/** Text or value → plain data that is safe to walk by recursion, with the places of its parts. */
import type { IssueList, Locate } from './issues.js';
import type { Limits } from './limits.js';
import { sizeProblem } from './text/depth.js';
import { parseJson } from './text/json.js';
import { parseYaml } from './text/yaml.js';

export type TextFormat = 'json' | 'yaml';

export interface ParsedText {
  value: unknown;
  locate: Locate;
}

/** The documents of a text; null when it cannot be read, and `issues` says why. Without a format the text is sniffed. */
export function parseText(
  text: string,
  format: TextFormat | undefined,
  issues: IssueList,
  limits: Limits,
): ParsedText[] | null {
  if (text.length > limits.textChars) {
    issues.add('text-too-large', [], `The text has ${text.length} characters; the limit is ${limits.textChars}.`);
    return null;
  }
  const documents =
    (format ?? sniff(text)) === 'json' ? jsonDocuments(text, issues, limits) : parseYaml(text, issues, limits);
  if (documents === null) return null;
  const sound = documents.map((document) => isSound(document.value, issues, limits, document.locate));
  return sound.every(Boolean) ? documents : null;
}

/** Reports a value that is nested too deep or too large; false then. */
export function isSound(value: unknown, issues: IssueList, limits: Limits, locate?: Locate): boolean {
  const problem = sizeProblem(value, limits);
  if (problem === null) return true;
  const message =
    problem.code === 'too-deep'
      ? `The document is nested deeper than ${limits.depth} levels.`
      : `The document has more than ${limits.values} values.`;
  issues.add(problem.code, problem.path.slice(0, 5), message, undefined, locate?.(problem.path) ?? undefined);
  return false;
}

/** JSON begins with a bracket and ends with one; what fails as JSON is still tried as YAML, whose flow style looks alike. */
function sniff(text: string): TextFormat {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return 'yaml';
  try {
    JSON.parse(trimmed);
    return 'json';
  } catch {
    return 'yaml';
  }
}

function jsonDocuments(text: string, issues: IssueList, limits: Limits): ParsedText[] | null {
  if (text.trim() === '') return [];
  const outcome = parseJson(text, issues, limits);
  if (!outcome.ok) return null;
  return outcome.value === null ? [] : [{ value: outcome.value, locate: () => null }];
}
