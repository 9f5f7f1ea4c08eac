/** Revisions as ETags, and the preconditions that name them (RFC 9110, section 13). */
import { AppError, type ScenarioRow } from '#platform';

export const etagOf = (row: Pick<ScenarioRow, 'revision'>) => `"${row.revision}"`;

/** AppError 412 where the header names no revision that is current; `*` is any. */
export function mustMatch(ifMatch: string, row: ScenarioRow): void {
  if (tagsOf(ifMatch).some((tag) => tag === '*' || tag === etagOf(row))) return;
  throw changed(row.id, row.revision);
}

export function changed(id: string, revision?: number): AppError {
  return new AppError(
    'precondition-failed',
    `Scenario ${id} is ${revision === undefined ? 'not at that revision any more' : `at revision ${revision}`}: read it again, and send the change with its ETag as If-Match.`,
    revision === undefined ? {} : { headers: { etag: `"${revision}"` } },
  );
}

/** Whether the client has this already (weak comparison). */
export function notModified(ifNoneMatch: string | undefined, row: ScenarioRow): boolean {
  return tagsOf(ifNoneMatch ?? '').some((tag) => tag === '*' || tag.replace(/^W\//, '') === etagOf(row));
}

const tagsOf = (header: string) => header.split(',').map((tag) => tag.trim());
