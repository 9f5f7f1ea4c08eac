/** A value against a schema: what zod finds becomes issues, and so do fields that the schema does not know. */
import { z } from 'zod';
import { nearestName } from '#sim';
import { type IssueList, shown } from '../issues.js';
import { type Path, valueAt } from '../pointer.js';
import { type Problem, readProblem } from './problem.js';

type ZodIssue = z.core.$ZodIssue;

/** Each takes unknown fields away; a union may show new ones only then. */
const ROUNDS = 5;

/** What the schema makes of the value; null when it does not fit, and `issues` says why. `at` is where it stands. */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: Path,
  issues: IssueList,
): z.output<S> | null {
  let left = value;
  for (let round = 0; round < ROUNDS; round++) {
    const result = schema.safeParse(left);
    if (result.success) return result.data;
    const found = result.error.issues.flatMap((issue) => settled(issue, []));
    const unknown = found.filter((issue) => issue.code === 'unrecognized_keys');
    for (const { path, keys } of unknown) {
      const known = knownFields(schema, path as Path);
      for (const key of keys) reportUnknown(key, known, [...at, ...(path as Path)], issues);
      left = without(left, path as Path, keys);
    }
    if (found.length > unknown.length) {
      for (const issue of found) if (issue.code !== 'unrecognized_keys') report(issue, left, at, issues);
      return null;
    }
  }
  return null;
}

/** The value without the fields that the schema does not know, and where these are. */
export function withoutUnknown(schema: z.ZodType, value: unknown): { value: unknown; unknown: Path[] } {
  let left = value;
  const unknown: Path[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const found = (schema.safeParse(left).error?.issues ?? []).flatMap((issue) => settled(issue, []));
    const strange = found.filter((issue) => issue.code === 'unrecognized_keys');
    if (strange.length === 0) break;
    for (const { path, keys } of strange) {
      unknown.push(...keys.map((key) => [...(path as Path), key]));
      left = without(left, path as Path, keys);
    }
  }
  return { value: left, unknown };
}

/** A value that a schema does not take, and where it stands in what was read. */
export interface PlacedProblem extends Problem {
  path: Path;
}

/**
 * What zod found, in the words of our issues, for whoever keeps no list of them; fields that are not known are among it.
 * `writtenAt`: what was sent there.
 */
export function problemsIn(
  schema: z.ZodType,
  { issues }: z.core.$ZodError,
  writtenAt: (path: Path) => unknown,
): PlacedProblem[] {
  return issues
    .flatMap((issue) => settled(issue, []))
    .flatMap((issue) => {
      const path = issue.path as Path;
      if (issue.code !== 'unrecognized_keys') return [{ path, ...inWords(issue, writtenAt(path), path.at(-1)) }];
      const known = knownFields(schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], ...unknownField(key, known) }));
    });
}

/** Reports what a patch of such an object says wrongly, and whether it is sound; what it leaves out is there already. */
export function validatePatch(schema: z.ZodType, patch: unknown, at: Path, issues: IssueList): boolean {
  const found = schema.safeParse(patch).error?.issues.flatMap((issue) => settled(issue, [])) ?? [];
  const wrong = found.filter(
    ({ code, path }) =>
      (code !== 'invalid_type' && code !== 'invalid_value') || valueAt(patch, path as Path) !== undefined,
  );
  for (const issue of wrong) report(issue, patch, at, issues);
  return wrong.length === 0;
}

/** Fields of a map one by one: what is refused is left out, and `refused` names it. */
export function validateFields<S extends z.ZodObject>(
  schema: S,
  value: unknown,
  at: Path,
  issues: IssueList,
): { fields: Partial<z.output<S>>; refused: ReadonlySet<string> } {
  const refused = new Set<string>();
  const shape = schema.shape as Record<string, z.ZodType>;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    validate(schema, value, at, issues);
    return { fields: {}, refused: new Set(Object.keys(shape)) };
  }
  const fields: [string, unknown][] = [];
  for (const [key, field] of Object.entries(value)) {
    const inner = Object.hasOwn(shape, key) ? shape[key] : undefined;
    const read = inner === undefined ? null : validate(inner, field, [...at, key], issues);
    if (inner === undefined) reportUnknown(key, Object.keys(shape), at, issues);
    else if (read === null) refused.add(key);
    else if (read !== undefined) fields.push([key, read]);
  }
  return { fields: Object.fromEntries(fields) as Partial<z.output<S>>, refused };
}

/** The issues of a union are those of the member that fits best; of two, the one that says more of where. */
function settled(issue: ZodIssue, around: PropertyKey[]): ZodIssue[] {
  const path = [...around, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }];
  const members = issue.errors.map((errors) => errors.flatMap((inner) => settled(inner, path)));
  return members.reduce((best, member) => {
    const saved = cost(best) - cost(member);
    return saved > 0 || (saved === 0 && depth(member) > depth(best)) ? member : best;
  });
}

const depth = (issues: ZodIssue[]): number => Math.min(...issues.map(({ path }) => path.length));

function cost(issues: ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : 1), 0);
}

/** Fields of a map that are not among the known ones. `at`: where it stands. */
export function reportOthers(map: object, known: readonly string[], at: Path, issues: IssueList): void {
  for (const key of Object.keys(map)) if (!known.includes(key)) reportUnknown(key, known, at, issues);
}

function reportUnknown(key: string, known: readonly string[], at: Path, issues: IssueList): void {
  const { code, message, hint } = unknownField(key, known);
  issues.add(code, [...at, key], message, hint);
}

function unknownField(key: string, known: readonly string[]): Problem {
  const nearest = nearestName(key, known);
  const message = `The field ${shown(key)} is not known here`;
  if (nearest === null) {
    const others = known.length === 0 ? 'there are none here' : `known are ${known.join(', ')}`;
    return { code: 'unknown-field', message: `${message}.`, hint: `Remove it; ${others}.` };
  }
  const hint = `Rename it to "${nearest}", or remove it.`;
  return { code: 'unknown-field', message: `${message}; did you mean "${nearest}"?`, hint };
}

function report(issue: ZodIssue, value: unknown, at: Path, issues: IssueList): void {
  const path = issue.path as Path;
  const { code, message, hint } = inWords(issue, valueAt(value, path), path.at(-1) ?? at.at(-1));
  issues.add(code, [...at, ...path], message, hint);
}

/** Those of the schema, where it has any. `step`: the name of the field; what stands in a list has none. */
function inWords(issue: ZodIssue, written: unknown, step: Path[number] | undefined): Problem {
  const field = typeof step === 'string' ? JSON.stringify(step) : 'The value';
  return readProblem(issue.message) ?? inOwnWords(issue, written, field);
}

/** What zod found, as an issue of ours. `written` is the refused value, undefined where there is none. */
function inOwnWords(issue: ZodIssue, written: unknown, field: string): Problem {
  switch (issue.code) {
    case 'invalid_type':
      if (written === undefined) return { code: 'missing-field', message: `${field} is missing.` };
      return { code: 'wrong-type', message: `${field} takes ${article(issue.expected)}, not ${kindOf(written)}.` };
    case 'invalid_value': {
      if (written === undefined) return { code: 'missing-field', message: `${field} is missing.` };
      const options = issue.values.map(String);
      const nearest = typeof written === 'string' ? nearestName(written, options) : null;
      const few = options.length === 1 ? '' : 'one of ';
      const message = `${field} takes ${few}${options.map((option) => option || '""').join(', ')}; it is ${shown(written)}.`;
      return { code: 'unknown-value', message, ...(nearest ? { hint: `Write "${nearest}".` } : {}) };
    }
    case 'too_small':
      return {
        code: 'out-of-range',
        message: `${field} is ${measured(written, issue.origin)}; the least is ${issue.minimum}.`,
      };
    case 'too_big':
      return {
        code: 'out-of-range',
        message: `${field} is ${measured(written, issue.origin)}; the most is ${issue.maximum}.`,
      };
    default:
      return { code: 'bad-value', message: `${field}: ${issue.message}.` };
  }
}

/** `origin`: what was measured; numbers of a query are texts. */
function measured(value: unknown, origin: string): string {
  if (typeof value === 'string') return origin === 'string' ? `${value.length} characters long` : value.slice(0, 80);
  return Array.isArray(value) ? `a list of ${value.length}` : shown(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `the ${typeof value} ${shown(value)}`;
}

const ARTICLES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

const article = (expected: string): string => ARTICLES[expected] ?? expected;

/** A copy of the value without some fields of the map at a path; what is not on the way is shared. */
function without(value: unknown, path: Path, keys: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [step, ...rest] = path;
  if (step === undefined) return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? without(item, rest, keys) : item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === step ? without(item, rest, keys) : item]),
  );
}

/** The field names that a schema knows at a path; of a union, those of all members. */
function knownFields(schema: z.ZodType, path: Path): string[] {
  const members = membersAt(schema, path);
  return [...new Set(members.flatMap((member) => (member instanceof z.ZodObject ? Object.keys(member.shape) : [])))];
}

function membersAt(schema: z.ZodType, path: Path): z.ZodType[] {
  const members = unwrapped(schema);
  const [step, ...rest] = path;
  if (step === undefined) return members;
  return members.flatMap((member) => {
    if (member instanceof z.ZodArray) return membersAt(member.element as z.ZodType, rest);
    if (member instanceof z.ZodRecord) return membersAt(member.valueType as z.ZodType, rest);
    if (!(member instanceof z.ZodObject)) return [];
    const field = (member.shape as Record<string, z.ZodType>)[step];
    return field === undefined ? [] : membersAt(field, rest);
  });
}

/** A schema without what may be wrapped around it. */
export function unwrapped(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return unwrapped(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(unwrapped);
  return [schema];
}
