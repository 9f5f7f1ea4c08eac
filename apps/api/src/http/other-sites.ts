/**
 * Pages of other sites in the browser of somebody who runs an open server on loopback. Such a page can send requests
 * there, with a body without a type even without being asked first, and with a name of its own that leads to 127.0.0.1
 * (DNS rebinding) it could read the answers too. With keys neither helps it: it has none.
 */
import type { NextFunction, Request, Response } from 'express';
import { AppError, type DoorSettings } from '#platform';

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Express middleware. */
export function refuseOtherSites({ loopbackOnly, corsOrigins }: DoorSettings) {
  return (request: Request, _: Response, next: NextFunction): void => {
    if (!loopbackOnly) {
      next();
      return;
    }
    const { host = '', origin } = request.headers;
    if (!LOOPBACK_HOST.test(host)) next(refused(`Host: ${host.slice(0, 100)} is no name of this machine.`));
    else if (origin !== undefined && origin !== `http://${host}` && !corsOrigins.includes(origin))
      next(refused(`Pages of ${origin.slice(0, 100)} may not call this server (CORS_ORIGINS).`));
    else next();
  };
}

function refused(message: string): AppError {
  return new AppError('forbidden', `${message} This server asks nobody for a key, and is meant for this machine.`, {
    hint: 'Call it as 127.0.0.1 or localhost; give it API_KEYS to open it to others, and CORS_ORIGINS for pages of other sites.',
  });
}
