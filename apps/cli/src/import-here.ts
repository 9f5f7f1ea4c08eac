/** What kubectl prints of a cluster → a scenario document; no server is needed. */
import { stringify } from 'yaml';
import { type Issue, importObjects } from '#scenario';
import { issueLine, Refusal } from './refusal.js';
import type { ScenarioFile } from './run-here.js';

/** The same document as that of POST /v1/scenarios/import. Throws a Refusal that names every issue. */
export function importHere({ file, text }: ScenarioFile, asJson: boolean): { document: string; warnings: Issue[] } {
  const { scenario, document, issues } = importObjects(text);
  if (scenario === null) throw new Refusal(issues.map((issue) => issueLine(file, issue)).join('\n'));
  // What stands twice is written twice: an alias is hard to read and harder to edit.
  const written = asJson
    ? `${JSON.stringify(document, null, 2)}\n`
    : stringify(document, { aliasDuplicateObjects: false });
  return { document: written, warnings: issues };
}
