/** From a document and what is to be varied to the scenarios of all cells; in the model's thread, as many take their time. */
import {
  type DocumentPatch,
  documentVariant,
  expectedRequests,
  fieldPatch,
  type Issue,
  type Limits,
  objectNamed,
  parseScenario,
} from '#scenario';
import { checkScenario, nearestName, type Scenario } from '#sim';
import { contentDigest } from '../scenarios/prepare-scenario.js';

/** A field with the values that it takes, one after the other. */
export interface VariedField {
  name: string;
  /** JSON pointer into the document, or into `object` (`Kind/namespace/name`). */
  field: string;
  object: string | null;
  values: unknown[];
}

export interface NamedVariant extends DocumentPatch {
  name: string;
}

/** `variants`: the document as it is, named `base`, and each of them. `vary`: every combination; the first is the baseline. */
export type CellPlan = { variants: NamedVariant[] } | { vary: VariedField[] };

export interface CellsAsk {
  /** As JSON. */
  document: string;
  plan: CellPlan;
  limits: Pick<Limits, 'textChars' | 'requests' | 'events'>;
}

export interface PreparedCell {
  name: string;
  /** By the name of the varied field. */
  settings: Record<string, unknown>;
  digest: string;
  /** The normalised scenario as JSON. */
  scenario: string;
  seed: number;
  /** Expected of its traffic. */
  requests: number;
  /** Of cells after the first what the first does not warn of. */
  warnings: Issue[];
}

const MOST_ISSUES = 100;

/** A cell before its scenario is read. `placeOf`: from a place in its document to one in the request. */
interface Draft {
  name: string;
  settings: Record<string, unknown>;
  document: unknown;
  placeOf: (issue: Pick<Issue, 'code' | 'path'>) => string;
}

/** Issues, where a cell is none that a scenario could have. */
export function prepareCells({
  document: json,
  plan,
  limits,
}: CellsAsk): { cells: PreparedCell[] } | { issues: Issue[] } {
  const document = JSON.parse(json) as unknown;
  const drafted = 'variants' in plan ? variantsOf(document, plan.variants) : gridOf(document, plan.vary);
  if ('issues' in drafted) return drafted;
  let known: readonly Issue[] = [];
  const options = { limits, checkWorld: (scenario: Scenario) => [...checkScenario(scenario)] };
  const isMisspelt = misspelling(() => parseScenario(document, options).issues);
  const read = drafted.drafts.map(({ name, settings, document: own, placeOf }, n) => {
    const parsed = parseScenario(own, options);
    const issues = parsed.issues.map((issue): Issue => (isMisspelt(issue) ? { ...issue, severity: 'error' } : issue));
    const scenario = issues.some(({ severity }) => severity === 'error') ? null : parsed.scenario;
    if (n === 0) known = issues;
    const told = issues.filter(
      (issue) =>
        n === 0 || (scenario === null ? issue.severity === 'error' : !known.some((other) => isSame(issue, other))),
    );
    const placed = told.map((issue) => placedIn(issue, placeOf, n === 0 ? null : name));
    return { name, settings, scenario, issues: placed };
  });
  const errors = read.flatMap(({ scenario, issues }) => (scenario === null ? issues : []));
  if (errors.length > 0) return { issues: distinct(errors) };
  const cells = read.flatMap(({ name, settings, scenario, issues }) =>
    scenario === null ? [] : [{ name, settings, ...outlineOf(scenario), warnings: issues }],
  );
  return { cells };
}

/** Whether a field that nobody knows is one that the request sets, and not the document: whoever sets it means another. */
function misspelling(issuesOfDocument: () => readonly Issue[]): (issue: Issue) => boolean {
  let own: readonly Issue[] | null = null;
  return (issue) => {
    if (issue.code !== 'unknown-field') return false;
    own ??= issuesOfDocument();
    return !own.some((other) => isSame(issue, other));
  };
}

function outlineOf(scenario: Scenario) {
  return {
    digest: contentDigest(scenario),
    scenario: JSON.stringify(scenario),
    seed: scenario.seed,
    requests: expectedRequests(scenario.traffic),
  };
}

type Drafted = { drafts: Draft[] } | { issues: Issue[] };

function variantsOf(document: unknown, variants: readonly NamedVariant[]): Drafted {
  const drafts: Draft[] = [{ name: 'base', settings: {}, document, placeOf: ({ path }) => path }];
  const issues: Issue[] = [];
  for (const [n, { name, set, objects }] of variants.entries()) {
    const patched = documentVariant(document, { set, objects });
    const at = `/variants/${n}`;
    issues.push(...patched.missing.map((key) => unknownObject(key, `${at}/objects/${escaped(key)}`, patched.present)));
    const placeOf: Draft['placeOf'] = ({ path }) => `${at}${path.startsWith('/objects') ? '/objects' : `/set${path}`}`;
    drafts.push({ name, settings: { ...set, ...objects }, document: patched.document, placeOf });
  }
  return issues.length > 0 ? { issues } : { drafts };
}

function gridOf(document: unknown, vary: readonly VariedField[]): Drafted {
  const issues = vary.flatMap((varied, n) => unknownPlace(document, varied, n));
  if (issues.length > 0) return { issues };
  const combinations = vary.reduce<number[][]>(
    (before, { values }) => before.flatMap((chosen) => values.map((_, value) => [...chosen, value])),
    [[]],
  );
  const drafts = combinations.map((chosen) => {
    const settings = Object.fromEntries(vary.map(({ name, values }, n) => [name, values[chosen[n]!]]));
    const own = vary.reduce((before, varied, n) => withValue(before, varied, varied.values[chosen[n]!]), document);
    const placeOf: Draft['placeOf'] = ({ code, path }) => {
      const named = code === 'unknown-field' ? vary.findIndex((varied) => isOnTheWay(path, varied)) : -1;
      if (named >= 0) return `/vary/${named}/field`;
      const n = vary.findIndex(({ field, object }) => path.startsWith(object === null ? field : '/objects'));
      return n < 0 ? '/vary' : `/vary/${n}/values/${chosen[n]}`;
    };
    const name = Object.entries(settings).map(([key, value]) => `${key}=${textOf(value)}`);
    return { name: name.join(', ') || 'base', settings, document: own, placeOf };
  });
  return { drafts };
}

/** Whether the place in the document is the field itself, or leads to it. */
function isOnTheWay(path: string, { field, object }: VariedField): boolean {
  const place = object === null ? path : path.replace(/^\/objects\/\d+(\/items\/\d+)*/, '');
  return field === place || (place !== '' && field.startsWith(`${place}/`));
}

function unknownPlace(document: unknown, { field, object, values }: VariedField, n: number): Issue[] {
  const target = object === null ? document : objectNamed(document, object);
  if (object !== null && target === undefined)
    return [unknownObject(object, `/vary/${n}/object`, documentVariant(document, { set: {}, objects: {} }).present)];
  if (fieldPatch(target, field, values[0] ?? null) !== null) return [];
  const message = `The list that ${field} leads into has no such entry.`;
  const hint = 'Entries are counted from 0: /traffic/0/rate is the rate of the first traffic.';
  return [{ code: 'bad-value', severity: 'error', path: `/vary/${n}/field`, message, hint }];
}

function withValue(document: unknown, { field, object }: VariedField, value: unknown): unknown {
  const patch = fieldPatch(object === null ? document : objectNamed(document, object), field, value) ?? {};
  const variant = object === null ? { set: patch, objects: {} } : { set: {}, objects: { [object]: patch } };
  return documentVariant(document, variant).document;
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

const isSame = (one: Issue, other: Issue) =>
  one.code === other.code && one.path === other.path && one.message === other.message;

/** Of the request's own places; `name`: of the cell, where that is not the document as it was sent. */
function placedIn(
  { line: _line, column: _column, ...issue }: Issue,
  placeOf: Draft['placeOf'],
  name: string | null,
): Issue {
  return {
    ...issue,
    path: placeOf(issue),
    message: name === null ? issue.message : `${issue.message} (variant ${name})`,
  };
}

/** What many cells of a grid share is said once. */
function distinct(issues: readonly Issue[]): Issue[] {
  const byPlace = new Map(issues.toReversed().map((issue) => [`${issue.code} ${issue.path}`, issue]));
  return [...byPlace.values()].reverse().slice(0, MOST_ISSUES);
}

const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');

function unknownObject(key: string, path: string, present: readonly string[]): Issue {
  const nearest = nearestName(key, present);
  return {
    code: 'unknown-object',
    severity: 'error',
    path,
    message: `The scenario has no object ${key}.`,
    hint:
      nearest === null
        ? `Name an object as Kind/namespace/name; there are ${present.slice(0, 10).join(', ') || 'none'}.`
        : `Did you mean ${nearest}?`,
  };
}
