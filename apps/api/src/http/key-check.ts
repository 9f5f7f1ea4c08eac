/** Who asks: the key in `Authorization`, before anything else of a request is read. What it may do is asked by the handler's name. */
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { KeyRing, Principal } from '#platform';
import { accessOf, demand, unauthenticated } from './access.js';
import type { WithPrincipal } from './tenant.js';

type Asking = Request & WithPrincipal;

/** Longer than any key. */
const MOST_CHARS = 300;

/** Express middleware: sets `request.principal` where a key opens something, or nobody is asked for one. */
export function identify(keys: KeyRing) {
  return (request: Asking, _: Response, next: NextFunction): void => {
    whoAsks(keys, request).then((principal) => {
      if (principal) request.principal = principal;
      next();
    }, next);
  };
}

/** Null: nobody who is known, or no more. `forMs` as of KeyRing: calls that last ask again. */
export async function whoAsks(keys: KeyRing, request: Request, forMs = 0): Promise<Principal | null> {
  if (keys.withoutKey) return keys.withoutKey;
  const key = keyIn(request);
  return key === null ? null : keys.principalOf(key, forMs);
}

/**
 * Express middleware: whoever is not known sends no body, and whoever shows a wrong key gets no further. What is open is
 * read with GET, and the guard knows it by its handler.
 */
export function refuseStrangers(request: Asking, _: Response, next: NextFunction): void {
  const isStranger = request.principal === undefined;
  const sent = request.headers.authorization !== undefined;
  const only = request.method === 'GET' || request.method === 'HEAD';
  next(isStranger && (sent || !only) ? unauthenticated(sent) : undefined);
}

@Injectable()
export class AccessGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Asking>();
    const handler = `${context.getClass().name}.${context.getHandler().name}`;
    demand(request.principal, accessOf(handler, request.method));
    return true;
  }
}

export function keyIn({ headers: { authorization = '' } }: Request): string | null {
  if (authorization.length > MOST_CHARS) return null;
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? null;
}
