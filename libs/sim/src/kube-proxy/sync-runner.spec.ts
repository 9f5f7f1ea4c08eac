import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { featureGatesOf } from './feature-gates.js';
import {
  endSync,
  maxIntervalNs,
  newRunner,
  type RunnerSettings,
  type RunnerState,
  requestSync,
  startSync,
  syncKind,
} from './sync-runner.js';
import { behaviourOf } from './versions.js';

const MS = 1_000_000;
const SYNC_MS = 100;

function settingsOf(version: string): RunnerSettings {
  return {
    behaviour: behaviourOf(version),
    gates: featureGatesOf(version),
    minSyncPeriodNs: 1000 * MS,
    syncPeriodNs: 30_000 * MS,
    maxIntervalNs: maxIntervalNs('iptables', 30_000 * MS),
  };
}

/** When runs of 100 ms start, in ms, given the times of requests; until `untilMs`. */
function startsOf(version: string, requestsMs: number[], untilMs: number): number[] {
  const settings = settingsOf(version);
  let state = newRunner(settings, 0);
  const starts: number[] = [];
  const requests = requestsMs.toSorted((a, b) => a - b).map((at) => at * MS);
  let endNs = Number.POSITIVE_INFINITY;
  for (;;) {
    const dueNs = state.dueNs ?? Number.POSITIVE_INFINITY;
    const nowNs = Math.min(dueNs, endNs, requests[0] ?? Number.POSITIVE_INFINITY);
    if (nowNs > untilMs * MS) return starts;
    if (nowNs === endNs) {
      state = endSync(state, settings, nowNs, 'full', true);
      endNs = Number.POSITIVE_INFINITY;
    } else if (nowNs === requests[0]) {
      requests.shift();
      state = requestSync(state, settings, nowNs);
    } else {
      state = startSync(state, settings, nowNs);
      starts.push(nowNs / MS);
      endNs = nowNs + SYNC_MS * MS;
    }
  }
}

describe('pacing', () => {
  it('lets two runs follow at once until 1.33, then waits', () => {
    expect(startsOf('1.33', [0, 200, 400, 500], 5000)).toEqual([0, 200, 1300]);
  });

  it('waits from the first end since 1.34', () => {
    expect(startsOf('1.34', [0, 200, 400, 500], 5000)).toEqual([0, 1100]);
  });

  it('runs again for what came while a run went on', () => {
    expect(startsOf('1.34', [0, 50], 5000)).toEqual([0, 1100]);
    expect(startsOf('1.33', [0, 50], 5000)).toEqual([0, 100]);
  });

  it('does nothing unasked but once an hour', () => {
    expect(startsOf('1.33', [], 3_599_000)).toEqual([]);
    expect(startsOf('1.33', [], 3_601_000)).toEqual([3_600_000]);
  });

  it('starts a run for every request within the minimum interval and a run', () => {
    const requests = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(requests, fc.constantFrom('1.21', '1.33', '1.34', '1.37'), (times, version) => {
        const starts = startsOf(version, times, 60_000);
        const served = times.every((at) => starts.some((start) => start >= at && start <= at + 1000 + 2 * SYNC_MS));
        const gaps = starts.slice(2).map((start, index) => start - starts[index]!);
        expect(served).toBe(true);
        expect(starts.length).toBeLessThanOrEqual(times.length);
        expect(gaps.every((gap) => gap >= 1000 - SYNC_MS)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('full and partial syncs', () => {
  const run = (state: RunnerState, version: string, nowNs: number, succeeded = true): RunnerState => {
    const settings = settingsOf(version);
    const kind = syncKind(state, settings, nowNs, false);
    return endSync(startSync(state, settings, nowNs), settings, nowNs, kind, succeeded);
  };
  const kindAfterOne = (version: string) => {
    const settings = settingsOf(version);
    return syncKind(run(newRunner(settings, 0), version, 0), settings, 5000 * MS, false);
  };

  it('are partial after the first since 1.27, where the gate is on', () => {
    expect(['1.25', '1.26', '1.27', '1.37'].map(kindAfterOne)).toEqual(['full', 'full', 'partial', 'partial']);
  });

  it('are full after a failure, which is tried again after the sync period', () => {
    const settings = settingsOf('1.30');
    const failed = run(run(newRunner(settings, 0), '1.30', 0), '1.30', 5000 * MS, false);
    expect(failed.dueNs).toBe(35_000 * MS);
    expect(syncKind(failed, settings, 35_000 * MS, false)).toBe('full');
  });

  it('are full when a label of the node changed, also while a run went on', () => {
    const settings = settingsOf('1.30');
    const first = run(newRunner(settings, 0), '1.30', 0);
    expect(syncKind(requestSync(first, settings, MS, true), settings, MS, false)).toBe('full');
    const during = requestSync(startSync(first, settings, MS), settings, 2 * MS, true);
    expect(syncKind(endSync(during, settings, 3 * MS, 'partial', true), settings, 3 * MS, false)).toBe('full');
  });

  it('are full again after an hour since 1.33, but not in large clusters since 1.37', () => {
    const later = 3_700_000 * MS;
    const kind = (version: string, largeCluster: boolean) => {
      const settings = settingsOf(version);
      return syncKind(run(newRunner(settings, 0), version, 0), settings, later, largeCluster);
    };
    expect([kind('1.32', false), kind('1.33', true), kind('1.37', false), kind('1.37', true)]).toEqual([
      'partial',
      'full',
      'full',
      'partial',
    ]);
  });
});
