/** How often one key may call; an address, where nobody shows a key that opens anything. */
import { normalizeIp, type ThrottlerStorage } from '@nestjs/throttler';
import type { NextFunction, Request, Response } from 'express';
import { AppError, type KeyRing } from '#platform';
import { keyIn } from './key-check.js';
import type { WithPrincipal } from './tenant.js';

const WINDOW_S = 10;

type Asking = Request & WithPrincipal;

/**
 * Express middleware, before a key is looked up: counts by address whoever shows no key, or one that has opened nothing
 * yet, so that guesses cost the database no more than this.
 */
export function throttleStrangers(storage: ThrottlerStorage, limit: number, keys: Pick<KeyRing, 'knows'>) {
  return throttle(storage, limit, (request) => {
    const key = keyIn(request);
    return key !== null && keys.knows(key) ? null : `address ${normalizeIp(request.ip ?? '')}`;
  });
}

/** Express middleware, when the principal is there. */
export function throttleKeys(storage: ThrottlerStorage, limit: number) {
  return throttle(storage, limit, ({ principal }) => (principal?.keyId ? `key ${principal.keyId}` : null));
}

/** `limit`: calls in 10 s, 0 for any number. `callerOf`: null is not counted. Headers as in draft-ietf-httpapi-ratelimit-headers. */
function throttle(storage: ThrottlerStorage, limit: number, callerOf: (request: Asking) => string | null) {
  return (request: Asking, response: Response, next: NextFunction): void => {
    const caller = limit === 0 ? null : callerOf(request);
    if (caller === null) {
      next();
      return;
    }
    storage.increment(caller, WINDOW_S * 1000, limit, 0, 'calls').then((count) => {
      const waitS = Math.max(1, count.isBlocked ? count.timeToBlockExpire : count.timeToExpire);
      response.setHeader('RateLimit-Policy', `"calls";q=${limit};w=${WINDOW_S}`);
      response.setHeader('RateLimit', `"calls";r=${Math.max(0, limit - count.totalHits)};t=${waitS}`);
      next(count.isBlocked ? tooMany(limit, waitS) : undefined);
    }, next);
  };
}

function tooMany(limit: number, waitS: number): AppError {
  return new AppError('too-many-requests', `More than ${limit} calls in ${WINDOW_S} s (RATE_LIMIT).`, {
    headers: { 'retry-after': String(waitS) },
  });
}
