/** What clients meet at a pod that is deleted and shuts down gracefully: nothing is lost that a server can answer. */
import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../results/result.js';
import type { AppBehaviour, Traffic } from '../scenario.js';
import {
  app,
  at,
  deletes,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const SLOW: Partial<AppBehaviour> = { serviceTimeNs: 4 * SECOND, serviceTimeDistribution: 'constant' };
const graceful = (over: Partial<AppBehaviour> = {}) => [app({ ...SLOW, shutdown: 'graceful', ...over })];
/** Publishes its pod as long as it is there, so that rules name it after its deletion too. */
const PUBLISHED = service('web', { publishNotReadyAddresses: true });
const withGrace = (seconds: number) => pod('a', '10.1.1.2', { spec: { terminationGracePeriodSeconds: seconds } });

/** Requests at each of these times to the one pod of the service, which is deleted at 3 s. */
function asked(seconds: number[], over: SmallScenario, load: Partial<Traffic> = {}): RequestRow[] {
  const all = seconds.map((startS, n) =>
    traffic({
      name: `at-${n}`,
      from: { node: 'n3' },
      startNs: startS * SECOND,
      stopNs: 99 * SECOND,
      count: 1,
      ...load,
    }),
  );
  const objects = [pod('a', '10.1.1.2'), service('web')];
  const timeline = [at(3, deletes('Pod', 'default/a'))];
  return simulated(smallScenario({ objects, timeline, traffic: all, durationNs: 60 * SECOND, ...over })).rows;
}

const ending = ({ outcome, cause, latencyUs }: RequestRow) => [outcome, cause, Math.round(latencyUs / 1e5) / 10];

describe('a pod that is deleted while it works', () => {
  it('answers what it has taken, and refuses what comes then', () => {
    const rows = asked([1, 2.9, 3.03], { apps: graceful() });
    expect(rows.map(ending)).toEqual([
      ['ok', null, 4],
      ['ok', null, 4],
      ['refused', 'pod-stopped', 0],
    ]);
    expect(rows[2]!.reason).toBe('default/a shuts down: it takes no new connection');
  });

  it('resets it where it ends abruptly', () => {
    const rows = asked([1, 2.9], { apps: graceful({ shutdown: 'abrupt' }) });
    expect(rows.map(({ outcome, cause }) => [outcome, cause])).toEqual([
      ['reset', 'pod-killed'],
      ['reset', 'pod-killed'],
    ]);
  });

  it('has to the end of its grace period for it, then SIGKILL resets the rest', () => {
    const objects = [withGrace(3), service('web')];
    const rows = asked([1, 2.9], { objects, apps: graceful() });
    // Killed at 6.02 s: the first would be done at 5 s, the other one at 6.9 s.
    expect(rows.map(ending)).toEqual([
      ['ok', null, 4],
      ['reset', 'pod-killed', 3.1],
    ]);
    expect(rows[1]!.event).toBe('delete Pod default/a at 3 s');
  });

  it('serves on for as long as it is told to, and shuts down then', () => {
    const rows = asked([3.5, 6], {
      apps: graceful({ afterSigterm: 5 * SECOND }),
      objects: [pod('a', '10.1.1.2'), PUBLISHED],
    });
    expect(rows.map(ending)).toEqual([
      ['ok', null, 4],
      ['ok', null, 4],
    ]);
  });

  it('lets those that wait for their turn have it', () => {
    const rows = asked([2.5, 2.6, 2.7], { apps: graceful({ concurrency: 1, serviceTimeNs: 2 * SECOND }) });
    expect(rows.map(ending)).toEqual([
      ['ok', null, 2],
      ['ok', null, 3.9],
      ['ok', null, 5.8],
    ]);
  });

  it('is gone with its last answer, not with the end of its grace period', () => {
    const goneAt = (seconds: number[]) => {
      const rows = asked([...seconds, 3.5, 6.5, 9, 40], {
        apps: graceful(),
        objects: [pod('a', '10.1.1.2'), PUBLISHED],
      });
      return rows.slice(seconds.length).map(({ cause }) => cause);
    };
    // What works until 6.9 s keeps the pod there until then.
    expect(goneAt([2.9])).toEqual(['pod-stopped', 'pod-stopped', 'no-endpoint', 'no-endpoint']);
    expect(goneAt([])).toEqual(['no-endpoint', 'no-endpoint', 'no-endpoint', 'no-endpoint']);
  });
});

describe('a connection that is kept to a pod that is deleted', () => {
  const keepAlive = { connections: 1, requests: null, idleNs: 90 * SECOND, multiplexed: false };
  const TWO = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), service('web')];
  const kept = (apps: AppBehaviour[], over: Partial<Traffic> = {}, deletedAtS = 3) => {
    const scenario = (timeline: SmallScenario['timeline']) =>
      smallScenario({
        objects: TWO,
        apps,
        timeline: timeline ?? [],
        traffic: [traffic({ from: { node: 'n3' }, keepAlive, ratePerSecond: 2, stopNs: 10 * SECOND, ...over })],
        durationNs: 60 * SECOND,
      });
    const holder = simulated(scenario([])).rows[0]!.pod!;
    return simulated(scenario([at(deletedAtS, deletes('Pod', holder))])).rows;
  };
  const fresh = ({ connectUs }: RequestRow) => connectUs !== null;
  const quick = graceful({ serviceTimeNs: 0.1 * SECOND });

  it('is closed at once where it is idle: the client opens another one for its next request', () => {
    const rows = kept(quick, {}, 3.2);
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(rows.filter(fresh)).toHaveLength(2);
    // The first one after 3.2 s; it would have had the connection for another second else.
    expect(rows.filter(fresh)[1]!.atMs).toBe(3500);
  });

  it('is closed with the answer where a request is under way', () => {
    const slow = graceful({ serviceTimeNs: 0.45 * SECOND });
    const rows = kept(slow, {}, 3.1);
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(rows.filter(fresh)[1]!.atMs).toBe(3500);
  });

  it('loses the request that is on its way as it is closed', () => {
    // kubelet hears of the deletion 20 ms after it: the request leaves just before.
    const rows = kept(quick, { ratePerSecond: 1 }, 2.98 + 5e-6);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.map(({ outcome, cause, atMs }) => [outcome, cause, atMs])).toEqual([['reset', 'idle-closed', 3000]]);
    expect(lost[0]!.reason).toMatch(/shut down and closed the connection, as this request was on its way/);
  });

  it('with many requests at a time answers those that cross its word of the end', () => {
    const both = { keepAlive: { ...keepAlive, multiplexed: true }, ratePerSecond: 20 };
    const rows = kept(graceful({ serviceTimeNs: 0.3 * SECOND }), both);
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(rows.filter(fresh)).toHaveLength(2);
  });
});
