import { AppError, type IdempotencyClaim } from '#platform';
import { contentDigest } from '../scenarios/prepare-scenario.js';

/** AppError `invalid-request` for a key that no header should carry. */
export function idempotencyClaim(key: string | undefined, body: unknown): IdempotencyClaim | null {
  if (key === undefined) return null;
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return { key, requestHash: contentDigest(body) };
  const message = 'An Idempotency-Key is 1 to 255 printable ASCII characters.';
  throw new AppError('invalid-request', message, {
    issues: [
      { code: 'bad-value', severity: 'error', path: 'Idempotency-Key', message, hint: 'Send a UUID, for instance.' },
    ],
  });
}
