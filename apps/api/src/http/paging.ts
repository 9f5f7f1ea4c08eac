/** Pages of lists: a limit, an opaque cursor, and a `Link` to the next page (RFC 8288). */

import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, type Position } from '#platform';
import { WholeNumber } from './shapes.js';

export const MAX_PAGE = 1000;

export const Limit = WholeNumber(1, MAX_PAGE)
  .default(100)
  .describe(`How many entries a page holds at most: 1 to ${MAX_PAGE}.`);
export const Cursor = z.string().max(500).optional().describe('Where to go on: `next` of the page before, unchanged.');

/** Tells one list from others: its path, and what of the query is a filter. `query`: as its schema has read it. */
export function listOf(request: Pick<Request, 'path'>, query: object): string {
  const { limit, cursor, format, ...filters } = query as Record<string, unknown>;
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const text = JSON.stringify([request.path, given.sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** Text that says nothing to its reader and is the same again when it comes back. */
export function toCursor(position: Record<string, string | number>, list: string): string {
  return Buffer.from(JSON.stringify([list, position])).toString('base64url');
}

/** Throws AppError `invalid-cursor` for what `toCursor` did not make for this list. */
export function fromCursor<Position>(
  cursor: string | undefined,
  shape: z.ZodType<Position>,
  list: string,
): Position | null {
  if (cursor === undefined) return null;
  try {
    const [, position] = z
      .tuple([z.literal(list), shape])
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return position;
  } catch {
    throw new AppError('invalid-cursor', 'This cursor is not one of this list; start again without one.', {
      issues: [
        {
          code: 'invalid-cursor',
          severity: 'error',
          path: '?cursor',
          message: 'The cursor is not one that this list has given.',
          hint: 'Use `next` of the page before as it is, with the same filters, or leave the cursor out.',
        },
      ],
    });
  }
}

/** Position in lists that are ordered by age. */
export const ByAge = z.strictObject({ atMs: z.number(), id: z.string() });

/** A page ends early when its rows have so many bytes: a thousand large ones would hold up everybody else. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** So many rows are read at once, whatever the limit, which bounds the memory that they take. */
const STEP = 25;

/** `read`: rows by age, from after a position on, at most so many. Sets the `Link`. At least one row, where there is one. */
export async function pageOf<Row extends { createdAtMs: number; id: string }>(
  read: (after: Position | null, most: number) => Promise<Row[]>,
  query: { limit: number; cursor?: string | undefined },
  request: Request,
  response: Response,
): Promise<{ items: Row[]; next: string | null }> {
  const list = listOf(request, query);
  const items: Row[] = [];
  let at: Position | null = fromCursor(query.cursor, ByAge, list);
  let bytes = 0;
  let more = true;
  while (more && items.length < query.limit && bytes < PAGE_BYTES) {
    const step = Math.min(STEP, query.limit - items.length);
    const rows = await read(at, step + 1);
    more = rows.length > step;
    for (const row of rows.slice(0, step)) {
      if (bytes >= PAGE_BYTES) {
        more = true;
        break;
      }
      items.push(row);
      bytes += bytesOf(row);
      at = { atMs: row.createdAtMs, id: row.id };
    }
  }
  const next = more && at ? toCursor({ ...at }, list) : null;
  linkNext(request, response, next);
  return { items, next };
}

/** About what it takes in an answer: whatever may be large is text in a row. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0);
}

/** Sets `Link: <…>; rel="next"` to the same request with that cursor. */
export function linkNext(request: Request, response: Response, next: string | null): void {
  if (next === null) return;
  const url = new URL(request.originalUrl, 'http://host');
  url.searchParams.set('cursor', next);
  response.setHeader('Link', `<${url.pathname}${url.search}>; rel="next"`);
}
