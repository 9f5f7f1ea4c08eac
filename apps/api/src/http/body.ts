/**
 * Reads bodies as text, JSON or YAML, up to a limit. Where the body is a scenario itself the text is kept as it is, so
 * that its issues can name lines; elsewhere it is parsed here.
 */

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type NextFunction, type Request, type Response, text } from 'express';
import { LineCounter, parseDocument } from 'yaml';
import { AppError } from '#platform';
import { firstJsonError, type TextPlace } from './json-place.js';

type BodyFormat = 'json' | 'yaml';

export interface SentText {
  text: string;
  format: BodyFormat;
}

interface RequestWithText extends Request {
  sent?: SentText;
}

const FORMATS: [RegExp, BodyFormat][] = [
  [/^application\/(json|[\w.+-]+\+json)$/, 'json'],
  [/^(application|text)\/((x-)?yaml|[\w.+-]+\+yaml)$/, 'yaml'],
];

/** Aliases may stand for at most this many times what they cost, so that a small text cannot become a large value. */
const MAX_ALIASES = 100;

/** Bodies under these paths are scenarios or manifests: their text goes on unparsed. */
const TEXT_PATHS = /^\/v1\/scenarios(\/|$)/;

/** Express middleware: sets `request.body` to the parsed value, or `request.sent` to the text. */
export function bodyReader(maxBytes: number) {
  const read = text({ type: () => true, limit: maxBytes, defaultCharset: 'utf-8' });
  return (request: RequestWithText, response: Response, next: NextFunction): void => {
    const length = request.headers['content-length'];
    const hasBody = request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
    if (!hasBody) {
      request.body = undefined;
      next();
      return;
    }
    const format = formatOf(request.headers['content-type']);
    if (format === null) {
      next(unsupported(request.headers['content-type']));
      return;
    }
    read(request, response, (error?: unknown) => {
      if (error) return next(bodyError(error, maxBytes));
      try {
        const sent: SentText = { text: String(request.body ?? ''), format };
        if (TEXT_PATHS.test(request.path)) request.sent = sent;
        request.body = request.sent ? undefined : parseBody(sent);
        next();
      } catch (problem) {
        next(problem);
      }
    });
  };
}

/** The body's text, for handlers whose body is a scenario. */
export const Sent = createParamDecorator((_: unknown, context: ExecutionContext): SentText => {
  const { sent } = context.switchToHttp().getRequest<RequestWithText>();
  if (!sent) throw new AppError('malformed-body', 'The request has no body; send a document as JSON or YAML.');
  return sent;
});

function formatOf(contentType: string | undefined): BodyFormat | null {
  const type = (contentType ?? 'application/json').split(';', 1)[0]!.trim().toLowerCase();
  return FORMATS.find(([pattern]) => pattern.test(type))?.[1] ?? null;
}

function unsupported(contentType: string | undefined): AppError {
  return new AppError(
    'unsupported-media-type',
    `Bodies of type ${contentType} are not read here; send application/json or application/yaml (with curl: -H 'content-type: application/yaml').`,
    { headers: { accept: 'application/json, application/yaml' } },
  );
}

/** Throws AppError `malformed-body` with line and column. */
function parseBody({ text, format }: SentText): unknown {
  return format === 'json' ? parseJson(text) : parseYaml(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformedJson(text);
  }
}

/** For a text that is not JSON. */
export function malformedJson(text: string): AppError {
  return malformed('JSON', firstJsonError(text), 'The text is not JSON from here on.');
}

function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, stringKeys: true, merge: true, prettyErrors: false });
  const error = document.errors[0];
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw malformed('YAML', { line, column: col }, error.message.split('\n', 1)[0]!);
  }
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (problem) {
    throw malformed('YAML', { line: 1, column: 1 }, (problem as Error).message);
  }
}

function malformed(language: string, { line, column }: TextPlace, message: string): AppError {
  return new AppError('malformed-body', `The body is not ${language}: line ${line}, column ${column}. ${message}`, {
    issues: [
      {
        code: language === 'JSON' ? 'invalid-json' : 'invalid-yaml',
        severity: 'error',
        path: '',
        line,
        column,
        message,
        hint: `Correct the ${language} at this place.`,
      },
    ],
  });
}

/** body-parser's errors have a `type`. */
function bodyError(error: unknown, maxBytes: number): AppError {
  const { type } = error as { type?: string };
  if (type === 'entity.too.large')
    return new AppError('body-too-large', `The body is larger than ${maxBytes} bytes (MAX_BODY_BYTES).`, {
      headers: { connection: 'close' },
    });
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return new AppError('unsupported-media-type', 'The body has an encoding or charset that is not read; send UTF-8.');
  return new AppError('malformed-body', `The body cannot be read: ${(error as Error).message}`);
}
