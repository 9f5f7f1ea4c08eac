/** Numbers, shares and times as people read them. */

/** `1,234,567`. */
export function countText(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 request`, `2 requests`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `93.7 %`. Never 0 % of something or 100 % of less than all: then with as many digits as it takes. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  if (part === 0 || part === whole) return `${percent} %`;
  const rest = Math.min(percent, 100 - percent);
  const digits = rest >= 0.095 ? 1 : Math.min(8, Math.ceil(-Math.log10(rest)) + 1);
  const text = percent.toFixed(digits);
  return `${digits === 1 ? text : text.replace(/0+$/, '')} %`;
}

/** `62.4 s`, `12 min 30 s`, `3 h 20 min`: a moment or a span of virtual time, to a tenth of a second. */
export function timeText(ms: number): string {
  if (ms < 600_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return joined(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

/** A moment of a request, to a millisecond. */
export function momentText(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

/** A span as short as it is: `200 ms`, `1.5 s`, `2 min`. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${trimmed(ms, ms < 10 ? 1 : 0)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000, 1)} s`;
  return ms % 60_000 === 0 && ms < 3600e3 ? `${ms / 60_000} min` : timeText(ms);
}

/** `250 µs`, `3.2 ms`, `1.0 s`. */
export function latencyShort(us: number): string {
  if (us < 1000) return `${trimmed(us, us < 10 ? 1 : 0)} µs`;
  if (us < 1e6) return `${trimmed(us / 1e3, us < 1e5 ? 1 : 0)} ms`;
  return `${trimmed(us / 1e6, us < 1e8 ? 1 : 0)} s`;
}

/** `13.468 ms`, `1.204 s`: to be held against a limit. */
export function latencyText(us: number): string {
  return us < 1e6 ? `${(us / 1e3).toFixed(3)} ms` : momentText(us / 1e3);
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, '');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
