/** A request's body: its own fields, and the scenario in it as text, since only the model looks into that. */
import { type Issue, type Limits, readText } from '#scenario';
import type { SentText } from '../http/body.js';

/** A scenario that came inside a request; a map, as JSON. */
export class InlineScenario {
  constructor(readonly json: string) {}
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

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
