/** Reads bodies as text, up to a limit. Whoever handles them has them parsed, within the limits of scenarios. */

import { isUtf8 } from 'node:buffer';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type NextFunction, type Request, type Response, raw } from 'express';
import { AppError } from '#platform';
import type { TextFormat } from '#scenario';
import { BodyBudget } from './body-budget.js';

export interface SentText {
  text: string;
  format: TextFormat;
}

interface RequestWithText extends Request {
  sent?: SentText;
}

const FORMATS: [RegExp, TextFormat][] = [
  [/^application\/(json|[\w.+-]+\+json)$/, 'json'],
  [/^(application|text)\/((x-)?yaml|[\w.+-]+\+yaml)$/, 'yaml'],
];

/** Express middleware: sets `request.sent`. */
export function bodyReader(maxBytes: number) {
  const budget = new BodyBudget(maxBytes);
  const read = raw({ type: () => true, limit: maxBytes });
  return (request: RequestWithText, response: Response, next: NextFunction): void => {
    const length = request.headers['content-length'];
    const hasBody = request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
    if (!hasBody) {
      next();
      return;
    }
    const format = formatOf(request.headers['content-type']);
    if (format === null || !saysUtf8(request.headers['content-type'])) {
      next(unsupported(request.headers['content-type']));
      return;
    }
    const hasCome = budget.hold(request, response);
    read(request, response, (error?: unknown) => {
      if (error) return next(bodyError(error, maxBytes));
      hasCome(request.body.length);
      const text = textOf(request.body);
      if (text instanceof AppError) return next(text);
      request.sent = { text, format };
      next();
    });
  };
}

/** The body's text. AppError `malformed-body` where there is none. */
export const Sent = createParamDecorator((_: unknown, context: ExecutionContext): SentText => {
  const { sent } = context.switchToHttp().getRequest<RequestWithText>();
  if (!sent)
    throw new AppError('malformed-body', 'The request has no body.', {
      hint: 'Send a document as JSON or YAML; /docs has examples.',
    });
  return sent;
});

/** The body's text; an empty document where there is none, for calls whose every field has a default. */
export const SentOrNothing = createParamDecorator(
  (_: unknown, context: ExecutionContext): SentText =>
    context.switchToHttp().getRequest<RequestWithText>().sent ?? { text: '{}', format: 'json' },
);

function formatOf(contentType: string | undefined): TextFormat | null {
  const type = (contentType ?? 'application/json').split(';', 1)[0]!.trim().toLowerCase();
  return FORMATS.find(([pattern]) => pattern.test(type))?.[1] ?? null;
}

function saysUtf8(contentType = ''): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType)?.[1]?.toLowerCase();
  return charset === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(charset);
}

function textOf(body: unknown): string | AppError {
  if (!(body instanceof Uint8Array)) return '';
  if (isUtf8(body)) return new TextDecoder().decode(body);
  return new AppError('malformed-body', `The body is not UTF-8: ${placeOfWrongByte(body)}.`, {
    hint: 'Save the file as UTF-8 and send it as it is (curl --data-binary @FILE).',
  });
}

/** A lenient reader replaces what stands for no character: there it differs from what was sent. */
function placeOfWrongByte(body: Uint8Array): string {
  const read = Buffer.from(Buffer.from(body).toString('utf8'));
  let line = 1;
  for (let n = 0; body[n] === read[n]; n++) if (body[n] === 10) line++;
  return `line ${line} has bytes that stand for no character`;
}

function unsupported(contentType: string | undefined): AppError {
  return new AppError(
    'unsupported-media-type',
    `Bodies of type ${contentType} are not read here; application/json and application/yaml in UTF-8 are.`,
    { headers: { accept: 'application/json, application/yaml' } },
  );
}

function tooLarge(maxBytes: number): AppError {
  const message = `The body is larger than ${maxBytes} bytes (MAX_BODY_BYTES).`;
  const hint =
    'Leave out objects, or rules of a node, that do not matter; the operator of the server can raise MAX_BODY_BYTES.';
  return new AppError('body-too-large', message, {
    issues: [{ code: 'text-too-large', severity: 'error', path: '', message, hint }],
    headers: { connection: 'close' },
  });
}

/** body-parser's errors have a `type`. */
function bodyError(error: unknown, maxBytes: number): AppError {
  const { type } = error as { type?: string };
  if (type === 'entity.too.large') return tooLarge(maxBytes);
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new AppError(
      'unsupported-media-type',
      'The body has an encoding or charset that is not read; UTF-8 is, as it is or gzipped.',
    );
  // Errors of zlib.
  if (String((error as { code?: string }).code).startsWith('Z_'))
    return new AppError('malformed-body', 'The body is not compressed as Content-Encoding says.', {
      hint: 'Leave Content-Encoding out, or compress the body: gzip -c FILE | curl -H "content-encoding: gzip" --data-binary @- …',
    });
  return new AppError('malformed-body', `The body cannot be read: ${(error as Error).message}`);
}
