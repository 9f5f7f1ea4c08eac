/** How often one key may call; an address, where nobody shows a key that opens anything. */
import { normalizeIp, type ThrottlerStorage } from '@nestjs/throttler';
import type { NextFunction, Request, Response } from 'express';
import { AppError } from '#platform';
import type { WithPrincipal } from './tenant.js';

const WINDOW_S = 10;

/** Express middleware; `limit`: calls in 10 s, 0 for any number. Headers as in draft-ietf-httpapi-ratelimit-headers. */
export function throttle(storage: ThrottlerStorage, limit: number) {
  return (request: Request & WithPrincipal, response: Response, next: NextFunction): void => {
    if (limit === 0) {
      next();
      return;
    }
    storage.increment(callerOf(request), WINDOW_S * 1000, limit, 0, 'calls').then((count) => {
      const waitS = Math.max(1, count.isBlocked ? count.timeToBlockExpire : count.timeToExpire);
      response.setHeader('RateLimit-Policy', `"calls";q=${limit};w=${WINDOW_S}`);
      response.setHeader('RateLimit', `"calls";r=${Math.max(0, limit - count.totalHits)};t=${waitS}`);
      next(count.isBlocked ? tooMany(limit, waitS) : undefined);
    }, next);
  };
}

function callerOf({ principal, ip = '' }: Request & WithPrincipal): string {
  return principal?.keyId ? `key ${principal.keyId}` : `address ${normalizeIp(ip)}`;
}

function tooMany(limit: number, waitS: number): AppError {
  return new AppError('too-many-requests', `More than ${limit} calls in ${WINDOW_S} s (RATE_LIMIT).`, {
    headers: { 'retry-after': String(waitS) },
  });
}
