import { nearestName } from '#sim';
import { type IssueList, shown } from '../issues.js';
import type { Path } from '../pointer.js';
import { KNOWN_FIELDS } from './fields.js';

/** Warns of fields that the Kubernetes API does not have where the model reads fields. `at` is where the object stands. */
export function warnUnknownFields(kind: string, object: unknown, at: Path, issues: IssueList): void {
  for (const { path, names } of KNOWN_FIELDS[kind] ?? []) warnAt(object, path, names, at, issues);
}

/** The same for a patch: what it does not mention is not missed. */
function warnAt(
  value: unknown,
  path: readonly string[],
  names: ReadonlySet<string>,
  at: Path,
  issues: IssueList,
): void {
  if (typeof value !== 'object' || value === null) return;
  const [step, ...rest] = path;
  if (step === '*') {
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) warnAt(item, rest, names, [...at, index], issues);
    return;
  }
  if (Array.isArray(value)) return;
  if (step !== undefined) {
    if (Object.hasOwn(value, step))
      warnAt((value as Record<string, unknown>)[step], rest, names, [...at, step], issues);
    return;
  }
  for (const key of Object.keys(value)) {
    if (names.has(key)) continue;
    const nearest = nearestName(key, names);
    const message = `The field ${shown(key)} is not one of the Kubernetes API here${nearest === null ? '.' : `; did you mean "${nearest}"?`}`;
    issues.warn(
      'unknown-field',
      [...at, key],
      message,
      nearest === null ? undefined : `Rename it to "${nearest}", or remove it.`,
    );
  }
}
