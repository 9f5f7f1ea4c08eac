/** A request's body: its own fields, and the scenario in it as text, since only the model looks into that. */
import { type Issue, type Limits, placesIn, readText } from '#scenario';
import type { SentText } from '../http/body.js';

/** A scenario that came inside a request; a map, as JSON. */
export class InlineScenario {
  constructor(
    readonly json: string,
    /** The request. */
    readonly sent: SentText,
  ) {}
}

/** `scenario`: JSON of the body's field of that name, which `body` lacks then; null where it is no map. */
export type Reading = { ok: true; body: unknown; scenario: string | null } | { ok: false; issues: Issue[] };

export function readRequest({ text, format }: SentText, limits: Pick<Limits, 'textChars'>): Reading {
  const { value, issues } = readText(text, { format, limits });
  if (value === undefined) return { ok: false, issues };
  if (!isMap(value) || !isMap(value.scenario)) return { ok: true, body: value, scenario: null };
  const { scenario, ...body } = value;
  return { ok: true, body, scenario: JSON.stringify(scenario) };
}

/** Issues whose paths lead into the request, with the lines and columns that these have there. */
export function locatedIssues({ text, format }: SentText, issues: readonly Issue[], limits: Pick<Limits, 'textChars'>) {
  const paths = issues.map(({ path }) => path);
  const places = placesIn(text, paths, { format, limits });
  return issues.map((issue, n): Issue => ({ ...issue, ...places[n] }));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
