/** Virtual time: whole nanoseconds in a double, exact to 104 days. */

export const NS_PER_US = 1e3;
export const NS_PER_MS = 1e6;
export const NS_PER_SECOND = 1e9;
export const NS_PER_MINUTE = 60e9;
export const NS_PER_HOUR = 3600e9;

/** Source: time.ParseDuration of Go; the two letters for micro are U+00B5 and U+03BC. */
const unitNs: Record<string, number> = {
  ns: 1,
  us: NS_PER_US,
  '\u00b5s': NS_PER_US,
  '\u03bcs': NS_PER_US,
  ms: NS_PER_MS,
  s: NS_PER_SECOND,
  m: NS_PER_MINUTE,
  h: NS_PER_HOUR,
};

/**
 * A duration as Kubernetes writes them (`1.5s`, `200ms`, `1h30m`; Go's time.ParseDuration) in whole nanoseconds, what is
 * smaller cut off. Null for anything else, and for more than 104 days, which virtual time cannot hold exactly.
 */
export function parseDuration(text: string): number | null {
  const signed = /^[-+]?/.exec(text)![0];
  let rest = text.slice(signed.length);
  if (rest === '0') return 0;
  if (rest === '') return null;
  let total = 0;
  while (rest !== '') {
    const part = /^(\d*)(?:\.(\d*))?([^\d.]+)/.exec(rest);
    if (part === null) return null;
    const [all, whole = '', fraction = '', unit = ''] = part;
    const factor = Object.hasOwn(unitNs, unit) ? unitNs[unit]! : null;
    if (factor === null || (whole === '' && fraction === '')) return null;
    total += Number(whole) * factor + fractionNs(fraction, factor);
    rest = rest.slice(all.length);
  }
  if (total > Number.MAX_SAFE_INTEGER) return null;
  return signed === '-' && total !== 0 ? -total : total;
}

/** Go reads the digits into an int64, stops before it overflows, and cuts the product off: so the last digits are its own. */
function fractionNs(digits: string, factor: number): number {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next >= 2n ** 63n) break;
    value = next;
    scale *= 10;
  }
  return Math.trunc(Number(value) * (factor / scale));
}

/** As Go prints a time.Duration: `1.5s`, `200ms`, `1h30m0s`, `0s`. */
export function formatDuration(ns: number): string {
  if (ns < 0) return `-${formatDuration(-ns)}`;
  const whole = Math.round(ns);
  if (whole === 0) return '0s';
  if (whole < NS_PER_US) return `${whole}ns`;
  if (whole < NS_PER_MS) return `${decimal(whole, 3)}\u00b5s`;
  if (whole < NS_PER_SECOND) return `${decimal(whole, 6)}ms`;
  const hours = Math.floor(whole / NS_PER_HOUR);
  const minutes = Math.floor(whole / NS_PER_MINUTE);
  const seconds = `${decimal(whole - minutes * NS_PER_MINUTE, 9)}s`;
  if (hours > 0) return `${hours}h${minutes - hours * 60}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** `formatDuration` of milliseconds. */
export function formatMs(ms: number): string {
  return formatDuration(ms * NS_PER_MS);
}

/** A whole number with the point `places` digits from its end, zeros at the end left out. */
function decimal(whole: number, places: number): string {
  const digits = String(whole).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction && `.${fraction}`);
}
