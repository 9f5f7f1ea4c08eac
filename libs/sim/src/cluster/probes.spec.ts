import { describe, expect, it } from 'vitest';
import type { PodObject, PodSpec, ProbeSpec } from '../objects.js';
import type { AppBehaviour } from '../scenario.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { app, pod, SECOND } from '../testing/small-scenario.js';
import { isReady } from './pod-objects.js';

type Spec = Partial<Record<'startupProbe' | 'livenessProbe' | 'readinessProbe', ProbeSpec>>;
const http: ProbeSpec = { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 5 };

/** A pod `a` whose container runs from 2 s on. */
function started(probes: Spec, of: Partial<AppBehaviour> = {}, spec: PodSpec = {}) {
  const cluster = loneCluster({ apps: [app(of)] });
  cluster.pods.create(pod('a', null, { spec: { containers: [{ name: 'app', ...probes }], ...spec } }), {}, 0, false);
  const look = (atS: number) => {
    cluster.until(atS * SECOND);
    const found = cluster.api.get<PodObject>('Pod', 'default/a') as PodObject;
    const { restartCount = 0, state } = found.status?.containerStatuses?.[0] ?? {};
    const process = cluster.locations.hostsNamed('default/a')[0]?.state;
    return `${process} ${isReady(found) ? 'ready' : 'unready'} ${restartCount} ${state?.waiting?.reason ?? ''}`.trim();
  };
  return { cluster, look };
}

describe('a liveness probe', () => {
  it('that fails failureThreshold times has the container killed and started again, and the pod unready meanwhile', () => {
    // It is listening from the start; the path fails. Probes at 2, 7 and 12 s; SIGTERM ends it after 0.98 s, podStartup is 2 s.
    const { look } = started({ livenessProbe: http }, { paths: { '/healthz': 500 } });
    expect([11.9, 12, 12.97, 12.98, 14.9, 14.98].map(look)).toEqual([
      'running ready 0',
      'running ready 0',
      'running ready 0',
      'stopped unready 0',
      'stopped unready 0',
      'running ready 1',
    ]);
  });

  it('passes from 200 to 399', () => {
    for (const [status, restarts] of [
      [199, 1],
      [200, 0],
      [399, 0],
      [400, 1],
    ] as const) {
      const { look } = started({ livenessProbe: http }, { paths: { '/healthz': status } });
      expect([status, look(20).split(' ')[2]]).toEqual([status, String(restarts)]);
    }
  });

  it('kills a program that takes longer to listen than it waits, again and again, until it backs off', () => {
    // Killed 10 s after each start, gone 0.98 s later: exits are 12.98 s apart, so the first back-off that counts is that of 20 s.
    const { cluster, look } = started({ livenessProbe: http }, { startupNs: 60 * SECOND });
    const kills: number[] = [];
    cluster.kubeletListener.event = (_, reason) => {
      if (reason === 'Killing') kills.push(cluster.nowNs() / SECOND);
    };
    cluster.until(120 * SECOND);
    expect(kills).toEqual([12, 24.98, 37.96, 50.94, 83.92]);
    expect(look(120)).toBe('stopped unready 4 CrashLoopBackOff');
  });

  it('waits initialDelaySeconds, and that is long enough then', () => {
    const { look } = started({ livenessProbe: { ...http, initialDelaySeconds: 50 } }, { startupNs: 60 * SECOND });
    expect(look(200)).toBe('running ready 0');
  });

  it('has its own grace period, else the pod’s', () => {
    const of = { paths: { '/healthz': 500 }, afterSigterm: 'untilKilled' as const };
    const own = started({ livenessProbe: { ...http, terminationGracePeriodSeconds: 5 } }, of);
    expect([own.look(16.9), own.look(17)]).toEqual(['running ready 0', 'stopped unready 0']);
    const pods = started({ livenessProbe: http }, of, { terminationGracePeriodSeconds: 20 });
    expect([pods.look(31.9), pods.look(32)]).toEqual(['running ready 0', 'stopped unready 0']);
  });

  it('asks no more when the pod is being deleted', () => {
    const of = { paths: { '/healthz': 500 }, afterSigterm: 60 * SECOND };
    const { cluster, look } = started({ livenessProbe: http }, of, { terminationGracePeriodSeconds: 60 });
    cluster.until(10 * SECOND);
    cluster.pods.terminate('default/a', 10 * SECOND);
    expect(look(60)).toBe('running ready 0');
    cluster.until(71 * SECOND);
    expect(cluster.podNames()).toEqual([]);
  });

  it('by TCP passes as soon as something listens, whatever the program answers', () => {
    const tcp = { tcpSocket: { port: 8080 }, periodSeconds: 5 };
    const { look } = started({ livenessProbe: tcp }, { paths: { '/': 500 }, serviceTimeNs: 60 * SECOND });
    expect(look(300)).toBe('running ready 0');
  });

  it('says why, and what it does, as events', () => {
    const { cluster } = started({ livenessProbe: http }, { paths: { '/healthz': 503 } });
    const events: string[] = [];
    cluster.kubeletListener.event = (about, reason, message) => events.push(`${about} ${reason}: ${message}`);
    cluster.until(13 * SECOND);
    expect(events).toEqual([
      'pod/default/a Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 503',
      'pod/default/a Killing: Container app failed liveness probe, will be restarted',
    ]);
  });
});

describe('timeoutSeconds', () => {
  const slow = { serviceTimeNs: 3 * SECOND, serviceTimeDistribution: 'constant' as const };

  it('decides: a program that is slower fails, by HTTP and by gRPC', () => {
    for (const asks of [http, { grpc: { port: 9000 }, periodSeconds: 5 }]) {
      // Failures are known a second after each probe.
      expect(started({ livenessProbe: asks }, slow).look(15.98)).toBe('running ready 1');
      expect(started({ livenessProbe: { ...asks, timeoutSeconds: 3 } }, slow).look(100)).toBe('running ready 0');
    }
  });

  it('is when a failure is known, and an answer counts when it is there', () => {
    // With concurrency each probe is asked by itself: at 2, 7 and 12 s.
    const queued = { ...slow, concurrency: 1 };
    const failing = started({ livenessProbe: { ...http, timeoutSeconds: 2 } }, queued);
    expect([failing.look(14.97), failing.look(14.98)]).toEqual(['running ready 0', 'stopped unready 0']);
    const passing = started({ readinessProbe: { ...http, timeoutSeconds: 4 } }, queued);
    expect([passing.look(4.9), passing.look(5)]).toEqual(['running unready 0', 'running ready 0']);
  });

  it('lets a probe that takes longer than its period be followed at once', () => {
    const of = { ...slow, concurrency: 1 };
    const probe = { ...http, periodSeconds: 2, timeoutSeconds: 3, successThreshold: 2 };
    // The first from 2 to 5 s, the second from 5 to 8 s.
    const { look } = started({ readinessProbe: probe }, of);
    expect([look(7.9), look(8)]).toEqual(['running unready 0', 'running ready 0']);
  });
});

describe('a startup probe', () => {
  it('holds back liveness, and readiness follows at once', () => {
    // Startup at 2, 7 … 62 s, listening at 60 s: passes at 62 s.
    const probes = {
      startupProbe: { ...http, failureThreshold: 20 },
      livenessProbe: { ...http, failureThreshold: 1 },
      readinessProbe: { ...http, periodSeconds: 7 },
    };
    const { look } = started(probes, { startupNs: 58 * SECOND });
    expect([look(59.9), look(61.9), look(62), look(300)]).toEqual([
      'starting unready 0',
      'running unready 0',
      'running ready 0',
      'running ready 0',
    ]);
  });

  it('keeps a pod without a readiness probe unready until it has passed', () => {
    const { look } = started({ startupProbe: http }, { startupNs: 4 * SECOND });
    expect([look(6.9), look(7)]).toEqual(['running unready 0', 'running ready 0']);
  });

  it('that never passes has the container killed', () => {
    const { look } = started({ startupProbe: { ...http, failureThreshold: 2 } }, { paths: { '/healthz': 404 } });
    expect([look(7.97), look(7.98)]).toEqual(['running unready 0', 'stopped unready 0']);
  });
});

describe('out of the API server’s reach', () => {
  it('kubelet goes on with its containers, and reports them when it is back', () => {
    const { cluster, look } = started({ livenessProbe: http }, { paths: { '/healthz': 500 } });
    cluster.until(10 * SECOND);
    const node = cluster.api.get<PodObject>('Pod', 'default/a')?.spec?.nodeName as string;
    cluster.silentKubelets.add(node);
    expect(look(13)).toBe('stopped ready 0');
    expect(look(15)).toBe('running ready 0');
    cluster.silentKubelets.delete(node);
    cluster.pods.onKubeletBack(node, 15 * SECOND);
    expect(look(15)).toBe('running ready 1');
  });
});
