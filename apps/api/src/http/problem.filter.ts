import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, ERRORS, type ErrorCode, isDataException, isUnavailable } from '#platform';
import type { RequestWithWork } from './request-context.js';
import type { Routes } from './routes.js';
import { Count } from './shapes.js';

export const Issue = z
  .object({
    code: z.string().describe('What kind of problem; the codes of scenarios are listed in docs/issues.md.'),
    severity: z.enum(['error', 'warning']),
    path: z.string().describe('JSON pointer into the body; `?name` is a query parameter.'),
    line: Count.optional().describe('Where it stands in YAML, or where JSON breaks; from 1.'),
    column: Count.optional(),
    message: z.string(),
    hint: z.string().describe('What to do about it.'),
  })
  .meta({ id: 'Issue' });

/** RFC 9457, application/problem+json. */
export const Problem = z
  .object({
    type: z.string().describe('A URI that names the kind of problem.'),
    title: z.string(),
    status: Count,
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    hint: z.string().describe('What to do about it; of several issues the first, each has its own.'),
    instance: z.string().describe('The path that was asked for.'),
    issues: z.array(Issue).optional().describe('Everything that is wrong with what was sent.'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** Every error leaves here, as problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly routes: Routes) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = this.appError(thrown, request);
    if (response.headersSent) {
      // A stream that breaks off must not look whole: the client sees the connection end before the last chunk.
      response.destroy();
      return;
    }
    if (response.req.socket.destroyed) return;
    response.set(error.headers).status(error.status).type('application/problem+json');
    response.send(JSON.stringify(problemOf(error, request.originalUrl)));
  }

  private appError(thrown: unknown, request: Request): AppError {
    if (thrown instanceof AppError) return thrown;
    if (thrown instanceof HttpException && thrown.getStatus() === 404) {
      const methods = this.routes.methodsOf(request.path);
      if (methods.length > 0 && !methods.includes(request.method)) return wrongMethod(request, methods);
      return wrongPath(request, this.routes.nearest(request.path));
    }
    if (isDataException(thrown))
      return new AppError(
        'invalid-request',
        'The request has a text or a number that no database stores, such as U+0000.',
      );
    if (isUnavailable(thrown)) {
      this.logger.warn(`${request.method} ${request.path}: ${(thrown as Error).message}`);
      return new AppError('unavailable', 'The database does not answer; nothing is wrong with the request.', {
        headers: { 'retry-after': '5' },
      });
    }
    // The router and the body parser put a status on what a client did wrong, such as a broken percent sign in a path.
    const status = (thrown as { status?: unknown } | null)?.status;
    if (typeof status === 'number' && status >= 400 && status < 500)
      return new AppError('malformed-request', (thrown as Error).message);
    const { requestId } = (request as RequestWithWork).work ?? {};
    this.logger.error(`${request.method} ${request.path}`, thrown instanceof Error ? thrown.stack : String(thrown));
    return new AppError(
      'internal',
      `Something went wrong that should not have; the log of the server names it ${requestId}.`,
    );
  }
}

function wrongPath({ method, path }: Request, nearest: string | null): AppError {
  const meant = nearest === null ? 'Nearly all calls begin with /v1;' : `Did you mean ${nearest}?`;
  return new AppError('not-found', `There is no ${method} ${path}.`, { hint: `${meant} /docs lists every call.` });
}

function wrongMethod({ method, path }: Request, methods: readonly string[]): AppError {
  const allow = methods.join(', ');
  return new AppError('method-not-allowed', `${path} takes ${allow}, not ${method}.`, {
    hint: `Send ${methods.join(' or ')}; /docs tells what each of them does.`,
    headers: { Allow: allow },
  });
}

export function problemOf(error: AppError, instance: string): Problem {
  const { status, title } = ERRORS[error.code];
  return {
    type: `urn:hairpin:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    hint: error.hint,
    instance,
    ...(error.issues.length > 0 ? { issues: [...error.issues] } : {}),
  };
}
