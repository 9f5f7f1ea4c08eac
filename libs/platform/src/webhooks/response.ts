/** What is kept of a receiver's answer: enough to see what was wrong, never more than fits a row. */

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** So much of a body is read; then the connection is closed. */
const READ_BYTES = 65_536;
/** So much of it is kept. */
const KEPT_BYTES = 2048;
const KEPT_HEADERS = 40;
const KEPT_HEADER_CHARS = 500;
/** Of all headers together, with their names. */
const KEPT_HEADERS_CHARS = 4096;

export interface SentResponse {
  status: number;
  headers: Record<string, string>;
  /** Its beginning, where it is text. */
  body: string;
  /** How much was read of it. */
  bodyBytes: number;
  /** There was more, or more was to come when time was up. */
  truncated: boolean;
}

/**
 * Resolves with the answer when the body has ended, `READ_BYTES` of it are read, it breaks off, or `deadline` is over: what
 * the receiver decided stands in the status, and that is there.
 */
export async function readResponse(message: IncomingMessage, deadline: AbortSignal): Promise<SentResponse> {
  const pieces: Buffer[] = [];
  let bodyBytes = 0;
  const whole = await new Promise<boolean>((resolve) => {
    const cut = () => resolve(false);
    message.on('data', (piece: Buffer) => {
      if (bodyBytes < KEPT_BYTES) pieces.push(piece);
      bodyBytes += piece.length;
      if (bodyBytes >= READ_BYTES) cut();
    });
    message.once('end', () => resolve(true));
    message.on('error', cut);
    message.once('close', cut);
    if (deadline.aborted) cut();
    deadline.addEventListener('abort', cut, { once: true });
  });
  message.destroy();
  const start = Buffer.concat(pieces).subarray(0, KEPT_BYTES);
  return {
    status: message.statusCode ?? 0,
    headers: keptHeaders(message),
    body: textOf(start, message.headers['content-encoding']),
    bodyBytes,
    truncated: !whole || bodyBytes > KEPT_BYTES,
  };
}

function keptHeaders({ headers }: IncomingMessage): Record<string, string> {
  let chars = 0;
  const kept = Object.entries(headers)
    .filter(([name]) => name !== 'set-cookie')
    .slice(0, KEPT_HEADERS)
    .map(([name, value]) => [name.slice(0, 100), storable([value].flat().join(', ').slice(0, KEPT_HEADER_CHARS))])
    .filter(([name, value]) => {
      chars += name!.length + value!.length;
      return chars <= KEPT_HEADERS_CHARS;
    });
  return Object.fromEntries(kept);
}

/** A compressed body stays unread: a few bytes of it may be a great many. */
function textOf(start: Buffer, encoding: string | undefined): string {
  if (encoding !== undefined && encoding !== 'identity') return '';
  // The cut may have gone through a letter.
  const upTo = [0, 1, 2, 3].map((less) => start.subarray(0, start.length - less)).find((bytes) => isUtf8(bytes));
  return upTo ? storable(upTo.toString('utf8')) : '';
}

/** Without control characters: Postgres cannot store the first, and in JSON each takes as much as six letters. */
function storable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that are meant.
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\u{FFFD}');
}
