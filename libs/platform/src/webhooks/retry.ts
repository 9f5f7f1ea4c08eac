/** When a delivery that failed is tried again. */

/** Seconds between one attempt and the next: about a day in all. */
export const RETRY_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 28_800, 28_800];

/** Each wait is up to this share longer, so that what failed at once is not tried again at once. */
const JITTER = 0.1;
/** A receiver may ask for more patience than the schedule has, not for more than a day. */
const MOST_PATIENCE_MS = 86_400_000;

export interface FailedAttempt {
  /** How many retries there have been. */
  retries: number;
  /** What the receiver asked for. */
  retryAfterMs: number | null;
}

/** Milliseconds until the next attempt; null: that was the last. `random`: 0 to 1. */
export function nextTry({ retries, retryAfterMs }: FailedAttempt, schedule: readonly number[], random: number) {
  const seconds = schedule[retries];
  if (seconds === undefined) return null;
  const waitMs = seconds * 1000 * (1 + JITTER * random);
  return Math.round(Math.max(waitMs, Math.min(retryAfterMs ?? 0, MOST_PATIENCE_MS)));
}

/** Of a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3). Null where it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
