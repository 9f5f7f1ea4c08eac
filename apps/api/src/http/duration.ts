import { AppError } from '#platform';
import { durationHint } from '#scenario';
import { parseDuration } from '#sim';

/** Whole nanoseconds; AppError `invalid-request` where the text is no duration. `path`: where it stood. */
export function durationNs(text: string, path: string): number {
  const ns = parseDuration(text);
  if (ns !== null && ns >= 0) return ns;
  const message = `${JSON.stringify(text)} is not a duration.`;
  throw new AppError('invalid-request', message, {
    issues: [{ code: 'bad-duration', severity: 'error', path, message, hint: durationHint(text) }],
  });
}
