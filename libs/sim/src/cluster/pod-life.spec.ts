import { describe, expect, it } from 'vitest';
import type { PodObject, PodSpec } from '../objects.js';
import type { AppBehaviour } from '../scenario.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { app, MS, pod, SECOND, service, TIMINGS } from '../testing/small-scenario.js';
import { lifeOf, stopsAfterNs } from './pod-life.js';
import { isReady } from './pod-objects.js';

const probing = (over = {}): PodSpec => ({
  containers: [{ name: 'app', readinessProbe: { periodSeconds: 5, ...over } }],
});
const hooked = (preStop: object, grace = 30): PodSpec => ({
  containers: [{ name: 'app', lifecycle: { preStop } }],
  terminationGracePeriodSeconds: grace,
});
const stops = (spec: PodSpec, apps: AppBehaviour[] = []) =>
  stopsAfterNs(lifeOf(pod('a', null, { spec }), apps, TIMINGS)) / SECOND;

describe('the way from SIGTERM to the end', () => {
  it('takes podStop in all where nothing is said', () => {
    expect(stops({})).toBe((TIMINGS.podStopNs - TIMINGS.watchLatencyNs) / SECOND);
  });

  it('begins after the hook', () => {
    expect(stops(hooked({ sleep: { seconds: 20 } }), [app({ afterSigterm: 1 * SECOND })])).toBe(21);
  });

  it.each([
    [['sleep', '20']],
    [['/bin/sleep', '20s']],
    [['/usr/bin/sleep', '.25m', '5']],
    [['/bin/sh', '-c', 'sleep 20']],
    [['bash', '-c', 'sleep 20; exit 0']],
    [['sh', '-ec', 'sleep 20 && nginx -s quit']],
    [['/bin/bash', '-x', '-o', 'pipefail', '-c', 'sleep 12.5 # balancer\n/bin/sleep 7.5\nkill -TERM 1']],
    [['ash', '-c', 'curl -s "localhost/drain?a=1&b=2" | cat; exec sleep 20']],
    [['dash', '-c', 'sleep 20 || sleep 5']],
  ])('begins after a hook that says how long it sleeps: %j', (command) => {
    expect(stops(hooked({ exec: { command } }), [app({ afterSigterm: 1 * SECOND })])).toBe(21);
  });

  it.each([
    [['/drain.sh', '20']],
    [['sleep']],
    [['sleep', 'infinity']],
    [['sh', 'sleep 20']],
    [['sh', '-c', 'sleep', '20']],
    [['sh', '-c', 'sleep $DRAIN']],
    [['sh', '-c', 'sleep 20 &']],
    [['sh', '-c', 'while pgrep nginx; do sleep 20; done']],
    [['sh', '-c', 'drain() { sleep 20; }']],
    [['timeout', '20', '/drain.sh']],
    [undefined],
  ])('does not wait for a hook that does not say how long it takes: %j', (command) => {
    expect(stops(hooked({ exec: { command } }), [app({ afterSigterm: 1 * SECOND })])).toBe(1);
  });

  it('counts a hook of which only the scenario knows how long it takes', () => {
    const of = { preStopNs: 7 * SECOND, afterSigterm: 0 };
    expect(stops(hooked({ httpGet: {} }), [app(of)])).toBe(7);
    expect(stops(hooked({ sleep: { seconds: 3 } }), [app(of)])).toBe(3);
  });

  it('ends with SIGKILL: the hook counts inside the grace period, and two seconds are left', () => {
    expect(stops({}, [app({ afterSigterm: 'untilKilled' })])).toBe(30);
    expect(stops(hooked({ sleep: { seconds: 20 } }), [app({ afterSigterm: 'untilKilled' })])).toBe(30);
    expect(stops(hooked({ sleep: { seconds: 60 } }), [app({ afterSigterm: 'untilKilled' })])).toBe(32);
    expect(stops(hooked({ sleep: { seconds: 60 } }, 10), [app({ afterSigterm: 1 * SECOND })])).toBe(11);
  });

  it('is that of the first entry that matches', () => {
    const apps = [app({ match: { app: 'other' }, afterSigterm: 9 * SECOND }), app({ afterSigterm: 2 * SECOND }), app()];
    expect(stops({}, apps)).toBe(2);
    expect(stops({}, [app({ namespace: 'shop', afterSigterm: 2 * SECOND })])).toBe(0.98);
  });
});

describe('a readiness probe', () => {
  const states = (cluster: ReturnType<typeof loneCluster>) => {
    const { status } = cluster.api.get<PodObject>('Pod', 'default/a') as PodObject;
    const host = cluster.locations.hostsNamed('default/a')[0]?.state;
    return `${status?.phase} ${host} ${isReady({ status } as PodObject) ? 'ready' : 'not ready'}`;
  };
  const timeline = (spec: PodSpec, apps: AppBehaviour[], times: number[]) => {
    const cluster = loneCluster({ apps });
    cluster.pods.create(pod('a', null, { spec }), {}, 0, false);
    return times.map((atS) => {
      cluster.until(atS * SECOND);
      return states(cluster);
    });
  };

  it('that passes at once makes no difference', () => {
    expect(timeline(probing(), [], [1.9, 2])).toEqual(['Pending starting not ready', 'Running running ready']);
  });

  it('makes a pod ready with the first probe that the process answers', () => {
    // The container runs at 2 s, probes come at 3, 8 and 13 s, the process listens at 6 s.
    const spec = probing({ initialDelaySeconds: 1 });
    expect(timeline(spec, [app({ startupNs: 4 * SECOND })], [2, 6, 7.9, 8])).toEqual([
      'Running starting not ready',
      'Running running not ready',
      'Running running not ready',
      'Running running ready',
    ]);
    const twice = probing({ initialDelaySeconds: 1, successThreshold: 2 });
    expect(timeline(twice, [app({ startupNs: 4 * SECOND })], [12.9, 13])).toEqual([
      'Running running not ready',
      'Running running ready',
    ]);
  });

  it('missing, a pod is ready before its process listens', () => {
    expect(timeline({}, [app({ startupNs: 4 * SECOND })], [2, 6])).toEqual([
      'Running starting ready',
      'Running running ready',
    ]);
  });

  it('takes failureThreshold periods to notice, and forgets what has passed again', () => {
    const cluster = loneCluster();
    cluster.pods.create(pod('a', null, { spec: probing() }), {}, 0, false);
    cluster.until(8 * SECOND);
    // Probes at 2, 7, 12, 17, 22, 27 …
    cluster.pods.setReady('default/a', false, 8 * SECOND);
    cluster.until(21.9 * SECOND);
    expect(states(cluster)).toBe('Running running ready');
    cluster.pods.setReady('default/a', true, 21.9 * SECOND);
    cluster.until(60 * SECOND);
    cluster.pods.setReady('default/a', false, 60 * SECOND);
    cluster.until(71.9 * SECOND);
    expect(states(cluster)).toBe('Running running ready');
    cluster.until(72 * SECOND);
    expect(states(cluster)).toBe('Running running not ready');
    cluster.pods.setReady('default/a', true, 73 * SECOND);
    cluster.until(77 * SECOND);
    expect(states(cluster)).toBe('Running running ready');
  });

  it('of a pod that was there from the start stands anywhere in its period', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2', { spec: probing() })] });
    cluster.pods.setReady('default/a', false, 0);
    cluster.until(10 * SECOND);
    expect(states(cluster)).toBe('Running running ready');
    cluster.until(15 * SECOND);
    expect(states(cluster)).toBe('Running running not ready');
  });

  it('goes on while the pod terminates, so that serving follows it', () => {
    const spec = { ...probing(), ...hooked({ sleep: { seconds: 25 } }) };
    spec.containers = [{ ...probing().containers![0], ...hooked({ sleep: { seconds: 25 } }).containers![0] }];
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2', { spec }), service('web')] });
    const conditions = () =>
      cluster.slices &&
      cluster.api
        .list('EndpointSlice')
        .flatMap((slice) => ('endpoints' in slice ? slice.endpoints.map((e) => e.conditions) : []));
    cluster.pods.terminate('default/a', 0);
    expect(conditions()).toEqual([{ ready: false, serving: true, terminating: true }]);
    cluster.pods.setReady('default/a', false, 0);
    cluster.until(15 * SECOND);
    expect(conditions()).toEqual([{ ready: false, serving: false, terminating: true }]);
  });
});

describe('a pod that stops', () => {
  it('leaves its address to nobody as long as the removal takes', () => {
    const cluster = loneCluster({
      objects: [pod('a', '10.1.1.2')],
      cluster: { timings: { ...TIMINGS, podRemovalNs: 500 * MS } },
    });
    cluster.pods.terminate('default/a', 0);
    cluster.until(1 * SECOND);
    expect(cluster.locations.hostAt('10.1.1.2')?.state).toBe('stopped');
    expect(isReady(cluster.api.get<PodObject>('Pod', 'default/a') as PodObject)).toBe(false);
    cluster.until(1.5 * SECOND);
    expect(cluster.locations.hostAt('10.1.1.2')?.state).toBe('gone');
  });

  it('by itself is started again: at once, then after 10 s, then after 20 s', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')] });
    const state = () => cluster.locations.hostAt('10.1.1.2')?.state;
    const status = () => cluster.api.get<PodObject>('Pod', 'default/a')?.status?.containerStatuses?.[0];
    let now = 0;
    for (const [n, delay] of [0, 10, 20].entries()) {
      expect(cluster.pods.crash('default/a', now)).toMatchObject({ failed: false });
      expect(state()).toBe('stopped');
      expect(status()?.state?.waiting?.reason).toBe(n === 0 ? 'Error' : 'CrashLoopBackOff');
      cluster.until(now + (delay + 2) * SECOND - 1);
      expect(state()).toBe('stopped');
      now += (delay + 2) * SECOND;
      cluster.until(now);
      expect(state()).toBe('running');
      expect(status()).toEqual({ name: 'a', restartCount: n + 1 });
    }
    expect(cluster.pods.crash('default/nobody', now)).toMatchObject({ failed: true });
  });

  it('while it crashes and is deleted is gone without another start', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')] });
    cluster.pods.crash('default/a', 0);
    expect(cluster.pods.crash('default/a', 0)).toMatchObject({ failed: true });
    cluster.pods.terminate('default/a', 1 * SECOND);
    cluster.until(60 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });
});

describe('a deleted pod of a node that is cut off', () => {
  /** When its process stops and when it is removed; its kubelet is in touch again from 20 s on. */
  const ends = (
    spec: PodSpec,
    apps: AppBehaviour[] = [],
    befalls = (_: ReturnType<typeof loneCluster>): void => {},
  ) => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2', { spec })], apps });
    cluster.silentKubelets.add('n1');
    cluster.pods.terminate('default/a', 1 * SECOND);
    const seen: Record<string, number> = {};
    for (let s = 1; s < 100; s++) {
      cluster.until(s * SECOND);
      if (s === 10) befalls(cluster);
      if (s === 20) {
        cluster.silentKubelets.delete('n1');
        cluster.pods.onKubeletBack('n1', s * SECOND);
      }
      seen[cluster.locations.hostAt('10.1.1.2')?.state ?? 'gone'] ??= s;
    }
    return seen;
  };
  const stubborn = [app({ afterSigterm: 'untilKilled' })];

  it('runs its hook and has its grace from when kubelet hears of the deletion', () => {
    expect(ends(hooked({ sleep: { seconds: 15 } }))).toEqual({ running: 1, gone: 36 });
    expect(ends({}, stubborn)).toEqual({ running: 1, gone: 50 });
    expect(ends({}, [app({ shutdown: 'graceful', afterSigterm: 5 * SECOND })])).toEqual({ running: 1, gone: 25 });
  });

  it('is started again when it crashes before that', () => {
    const crash = (cluster: ReturnType<typeof loneCluster>) => void cluster.pods.crash('default/a', 10 * SECOND);
    expect(ends({}, stubborn, crash)).toEqual({ running: 1, stopped: 10, gone: 50 });
  });

  it('ends in time where kubelet had heard, and is removed when it can say so', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')], apps: stubborn });
    cluster.pods.terminate('default/a', 0);
    cluster.until(1 * SECOND);
    cluster.silentKubelets.add('n1');
    cluster.until(30.1 * SECOND);
    expect(cluster.locations.hostAt('10.1.1.2')?.state).toBe('stopped');
    cluster.until(60 * SECOND);
    expect(cluster.podNames()).toEqual(['a']);
    cluster.silentKubelets.delete('n1');
    cluster.pods.onKubeletBack('n1', 60 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });
});

describe('a deleted pod whose process ends before its time', () => {
  it('is removed when it crashes', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')], apps: [app({ afterSigterm: 'untilKilled' })] });
    cluster.pods.terminate('default/a', 0);
    cluster.until(2 * SECOND);
    expect(cluster.pods.crash('default/a', 2 * SECOND)).toMatchObject({ failed: false });
    cluster.until(2 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });

  it('is removed when a liveness probe had it killed', () => {
    const livenessProbe = { httpGet: { path: '/h', port: 8080 }, periodSeconds: 1, failureThreshold: 3 };
    const spec = { containers: [{ name: 'app', livenessProbe }], terminationGracePeriodSeconds: 20 };
    const fails = app({ afterSigterm: 'untilKilled', errors: 1 });
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2', { spec })], apps: [fails] });
    cluster.pods.startProbing();
    cluster.until(15 * SECOND);
    cluster.pods.terminate('default/a', 15 * SECOND);
    cluster.until(24 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });

  it('is removed when its machine starts again', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2')], apps: [app({ afterSigterm: 'untilKilled' })] });
    cluster.pods.terminate('default/a', 0);
    cluster.until(5 * SECOND);
    cluster.pods.loseAll('n1', 5 * SECOND);
    cluster.until(5 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });
});
