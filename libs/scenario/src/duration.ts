/**
 * Durations as people write them in a scenario, and rates. A bare number is refused because it is the commonest unit
 * mistake (Go takes only a bare `0`).
 */
import { parseDuration as parseGoDuration } from '#sim';

const LONGEST_TEXT = 60;

/** Whole nanoseconds, or null for what is no duration: no unit, unknown unit, blanks, a sign, beyond exact numbers. */
export function parseDuration(text: string): number | null {
  return text.length > LONGEST_TEXT || /^[-+]/.test(text) ? null : parseGoDuration(text);
}

const WELL_FORMED = /^(\d+(\.\d+)?(h|ms|m|s|us|µs|μs|ns))+$/;
const TOO_LONG = 'The longest is 104 days: "2501h".';

const GO_DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/;

/** A duration as it should be written that is longer than virtual time can hold. */
export function isTooLongDuration(text: string): boolean {
  return text.length <= LONGEST_TEXT && parseGoDuration(text) === null && GO_DURATION.test(text);
}

const WORDS: [RegExp, string][] = [
  [/^\s*([\d.]+)\s*(?:h|hr|hrs|hours?|std)\s*$/i, 'h'],
  [/^\s*([\d.]+)\s*(?:m|min|mins|minutes?)\s*$/i, 'm'],
  [/^\s*([\d.]+)\s*(?:s|sec|secs|seconds?)\s*$/i, 's'],
  [/^\s*([\d.]+)\s*(?:ms|msec|msecs|millis|milliseconds?)\s*$/i, 'ms'],
  [/^\s*([\d.]+)\s*(?:d|days?)\s*$/i, 'd'],
];

/** How the text should have been written, where that can be told: `1 min` → `1m`, `5` → `5s or 5ms`. */
export function durationHint(written: unknown): string {
  if (typeof written === 'number' || (typeof written === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(written))) {
    const number = String(written).trim();
    return `Add the unit: "${number}s" for seconds, "${number}ms" for milliseconds.`;
  }
  if (typeof written === 'string' && written.length <= LONGEST_TEXT) {
    if (WELL_FORMED.test(written) && parseGoDuration(written) === null) return TOO_LONG;
    for (const [pattern, unit] of WORDS) {
      const number = pattern.exec(written)?.[1];
      if (number === undefined) continue;
      return unit === 'd' ? `There is no unit for days: write "${Number(number) * 24}h".` : `Write "${number}${unit}".`;
    }
  }
  return 'Write it as Kubernetes does: "1.5s", "200ms", "1h30m".';
}

const RATE = /^(\d{1,9}(?:\.\d{1,9})?)\/(s|m|h)$/;
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** `50/s`, `3/m`, `1/h` → per second; null for anything else, zero included. */
export function parseRate(text: string): number | null {
  const match = RATE.exec(text);
  if (match === null) return null;
  const perSecond = Number(match[1]) / SECONDS[match[2]!]!;
  return perSecond > 0 ? perSecond : null;
}
