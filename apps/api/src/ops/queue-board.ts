/** The door of Bull Board: an admin key of those who run the server, and a content policy that its page works under. */
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import {
  AppError,
  type Config,
  DELIVERY_QUEUE,
  JOB_QUEUE,
  type JobQueue,
  KeyRing,
  queueBoard,
  TRIAL_QUEUE,
} from '#platform';
import { demand, unauthenticated } from '../http/access.js';
import { keyIn } from '../http/key-check.js';
import type { WithPrincipal } from '../http/tenant.js';

const PATH = '/admin/queues';

/** Where it is asked for (QUEUE_BOARD) and there is a broker. Call it before what reads keys: browsers send theirs otherwise. */
export async function serveQueueBoard(
  app: NestExpressApplication,
  config: Pick<Config, 'queueBoard'>,
  throttled: RequestHandler,
): Promise<void> {
  if (!config.queueBoard) return;
  const queues = [JOB_QUEUE, TRIAL_QUEUE, DELIVERY_QUEUE].map((token) => app.get<JobQueue>(token));
  const board = await queueBoard(queues, PATH);
  if (board) app.use(PATH, adminsOnly(app.get(KeyRing)), throttled, itsOwnPolicy, board);
}

/** The key comes as for all other calls, or as the password of a browser's question for a name and a password. */
function adminsOnly(keys: KeyRing) {
  return (request: Request & WithPrincipal, _: Response, next: NextFunction): void => {
    const key = keyIn(request) ?? passwordIn(request);
    const principal = keys.withoutKey ?? (key === null ? null : keys.principalOf(key));
    Promise.resolve(principal)
      .then((known) => {
        if (known === null) throw askedFor(unauthenticated(key !== null));
        demand(known, 'operator-admin');
        request.principal = known;
      })
      .then(() => next(), next);
  };
}

/** So that a browser asks. */
function askedFor({ code, message, hint, issues }: AppError): AppError {
  const realm = 'Basic realm="Hairpin: any name, and an admin key as the password"';
  return new AppError(code, message, { hint, issues, headers: { 'www-authenticate': realm } });
}

function passwordIn({ headers: { authorization = '' } }: Request): string | null {
  const [, encoded] = /^basic +([A-Za-z0-9+/=]{1,400})$/i.exec(authorization) ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString();
  return text.includes(':') ? text.slice(text.indexOf(':') + 1) : null;
}

/** Its page names files from its own folder on (`base`); everything else is as strict as elsewhere. */
function itsOwnPolicy(_: Request, response: Response, next: NextFunction): void {
  const policy = String(response.getHeader('Content-Security-Policy'));
  response.setHeader('Content-Security-Policy', policy.replace("base-uri 'none'", "base-uri 'self'"));
  next();
}
