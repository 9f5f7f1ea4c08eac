/** Checks what a handler's parameters declare with `{ schema }`, and tells everything that is wrong with them at once. */

import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { AppError, type ProblemIssue } from '#platform';
import { ISSUES, type IssueCode, type Path, problemsIn, toPointer, valueAt } from '#scenario';

export class ZodPipe implements PipeTransform {
  transform(value: unknown, { schema, type, data }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    if (type !== 'param') return checked(schema, value, (path) => `?${String(path[0] ?? '')}`);
    const name = data ?? '';
    const { [name]: read } = checked(z.object({ [name]: schema }), { [name]: value }, () => `:${name}`);
    return read;
  }
}

type PlaceOf = (path: Path) => string;

/** The value as the schema gives it; AppError `invalid-request` with everything that is wrong. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  placeOf: PlaceOf = toPointer,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = problemsIn(schema, parsed.error, (path) => sentAt(value, path)).map(
    ({ code, path, message, hint }): ProblemIssue => ({
      code,
      severity: 'error',
      path: placeOf(path),
      message,
      hint: hint ?? HINTS[code] ?? ISSUES[code].hint,
    }),
  );
  throw new AppError('invalid-request', issues.map((issue) => issue.message).join(' '), { issues });
}

/** What is no part of a scenario stands in no schema of scenarios. */
const HINTS: Partial<Record<IssueCode, string>> = {
  'wrong-type': 'See /docs for what this call takes.',
  'bad-value': 'See /docs for what this call takes.',
};

/** Queries make lists of texts with commas, and of single ones. */
function sentAt(root: unknown, path: Path): unknown {
  const around = valueAt(root, path.slice(0, -1));
  const index = path.at(-1);
  const isQueryList =
    typeof around === 'string' || (Array.isArray(around) && around.some((item) => String(item).includes(',')));
  if (typeof index !== 'number' || !isQueryList) return valueAt(root, path);
  return [around].flat().flatMap((text) => String(text).split(','))[index];
}
