/** Checks what a handler's parameters declare with `{ schema }`, and tells everything that is wrong with them at once. */

import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { AppError, type ProblemIssue } from '#platform';
import { nearestName } from '#sim';

export class ZodPipe implements PipeTransform {
  transform(value: unknown, { schema, type, data }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    return checked(schema, value, (path) => (type === 'param' ? `:${data ?? ''}` : `?${String(path[0] ?? '')}`));
  }
}

type PlaceOf = (path: PropertyKey[]) => string;

const pointer: PlaceOf = (path) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The value as the schema gives it; AppError `invalid-request` with everything that is wrong. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  placeOf: PlaceOf = pointer,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => problemIssues(issue, schema, value, placeOf));
  throw new AppError('invalid-request', issues.map((issue) => issue.message).join(' '), { issues });
}

function problemIssues(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, placeOf: PlaceOf): ProblemIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const nearest = nearestName(key, known);
      return {
        code: 'unknown-field',
        severity: 'error',
        path: placeOf([...issue.path, key]),
        message: `${JSON.stringify(key)} is not known here.`,
        hint:
          nearest === null ? `Known are: ${known.join(', ') || 'none'}.` : `Did you mean ${JSON.stringify(nearest)}?`,
      };
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that comes closest is the one that was meant.
    const closest = [...issue.errors].sort((a, b) => distance(a) - distance(b))[0]!;
    return closest.flatMap((inner) =>
      problemIssues({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, schema, value, placeOf),
    );
  }
  if (issue.code === 'invalid_value' && sentAt(value, issue.path) !== undefined)
    return [unknownValue(issue, value, placeOf)];
  const missing = issue.code === 'invalid_type' && valueAt(value, issue.path) === undefined;
  return [
    {
      code: missing ? 'missing-field' : 'bad-value',
      severity: 'error',
      path: placeOf(issue.path),
      message: `${issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : ''}${missing ? 'must be there' : inWords(issue, valueAt(value, issue.path))}.`,
      hint: 'See /docs for what this call takes.',
    },
  ];
}

/** Of an enum. */
function unknownValue({ path, values }: z.core.$ZodIssueInvalidValue, root: unknown, placeOf: PlaceOf): ProblemIssue {
  const known = values.map(String);
  const written = sentAt(root, path);
  const nearest = typeof written === 'string' ? nearestName(written, known) : null;
  const name = path.map(String).join('.');
  return {
    code: 'bad-value',
    severity: 'error',
    path: placeOf(path),
    message: `${name === '' ? '' : `${name}: `}${JSON.stringify(written)?.slice(0, 100)} is none of ${known.join(', ')}.`,
    hint: nearest === null ? 'See /docs for what this call takes.' : `Did you mean ${JSON.stringify(nearest)}?`,
  };
}

/** Queries make lists of texts with commas, and of single ones. */
function sentAt(root: unknown, path: readonly PropertyKey[]): unknown {
  const around = valueAt(root, path.slice(0, -1));
  const index = path.at(-1);
  const isQueryList =
    typeof around === 'string' || (Array.isArray(around) && around.some((item) => String(item).includes(',')));
  if (typeof index !== 'number' || !isQueryList) return valueAt(root, path);
  return [around].flat().flatMap((text) => String(text).split(','))[index];
}

const TYPE_WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function inWords(issue: z.core.$ZodIssue, written: unknown): string {
  if (issue.code !== 'invalid_type') return issue.message;
  return `takes ${TYPE_WORDS[issue.expected] ?? issue.expected}, not ${JSON.stringify(written)?.slice(0, 100)}`;
}

/** A wrong value deep inside speaks for a branch; unknown and missing fields at its top speak against it. */
function distance(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => {
    const weight = issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
    return sum + (issue.path.length > 1 ? weight / 10 : weight);
  }, 0);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
}

/** The names of the fields that may stand at `path`, over all branches. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType[] = flatten(schema);
  for (const step of path)
    at = at.flatMap((candidate) => {
      if (candidate instanceof z.ZodObject) return flatten(candidate.shape[step as string]);
      if (candidate instanceof z.ZodArray) return flatten(candidate.element);
      if (candidate instanceof z.ZodRecord) return flatten(candidate.valueType);
      return [];
    });
  return [
    ...new Set(at.flatMap((candidate) => (candidate instanceof z.ZodObject ? Object.keys(candidate.shape) : []))),
  ];
}

/** Looks through unions, defaults and the like. */
function flatten(schema: z.core.$ZodType | undefined): z.core.$ZodType[] {
  if (schema === undefined) return [];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => flatten(option as z.core.$ZodType));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return flatten(schema.unwrap() as z.core.$ZodType);
  if (schema instanceof z.ZodPipe) return flatten(schema.in as z.core.$ZodType);
  return [schema];
}
