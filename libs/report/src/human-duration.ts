const SECOND_NS = 1e9;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_H = 24;
const YEAR_H = 365 * DAY_H;

/**
 * kubectl's AGE: two units at most, the smaller one only while it still tells something.
 *
 * Source: k8s.io/apimachinery/pkg/util/duration, HumanDuration.
 */
export function humanDuration(durationNs: number): string {
  const seconds = Math.trunc(durationNs / SECOND_NS);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE_S) return `${seconds}s`;
  const minutes = Math.floor(seconds / MINUTE_S);
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % MINUTE_S, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(seconds / HOUR_S);
  if (hours < 8) return twoUnits(hours, 'h', minutes % MINUTE_S, 'm');
  if (hours < 2 * DAY_H) return `${hours}h`;
  const days = Math.floor(hours / DAY_H);
  if (hours < 8 * DAY_H) return twoUnits(days, 'd', hours % DAY_H, 'h');
  if (hours < 2 * YEAR_H) return `${days}d`;
  const years = Math.floor(hours / YEAR_H);
  if (hours < 8 * YEAR_H) return twoUnits(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** `12.0s`: virtual time as the transcript and the health tables write it. */
export function secondsText(durationNs: number): string {
  return `${(durationNs / SECOND_NS).toFixed(1)}s`;
}
