/**
 * Every single probe of a target, kept as runs of equal answers at equal distances: probes are periodic and mostly say the
 * same, so that a run of days is a few numbers, and each probe can still be told.
 */

/** What a probe hears: an HTTP status, or one of these. */
export const SILENCE = 0;
export const CONNECTED = 1;
export const NOT_CONNECTED = 2;

/** Probes `fromNs`, `fromNs + everyNs`, …: `count` of them with the same reply. */
export interface ProbeRun {
  /** When the first one reached its target. */
  fromNs: number;
  everyNs: number;
  count: number;
  reply: number;
}

export function passes(reply: number): boolean {
  return reply === CONNECTED || reply === 200;
}

/** False: it belongs to no run so far, and a new one is not wanted. */
export function noteProbe(runs: ProbeRun[], reply: number, nowNs: number, mayBegin: boolean): boolean {
  const last = runs[runs.length - 1];
  if (last?.reply === reply) {
    if (last.count === 1) last.everyNs = nowNs - last.fromNs;
    if (last.fromNs + last.count * last.everyNs === nowNs) {
      last.count++;
      return true;
    }
  }
  if (mayBegin) runs.push({ fromNs: nowNs, everyNs: 0, count: 1, reply });
  return mayBegin;
}
