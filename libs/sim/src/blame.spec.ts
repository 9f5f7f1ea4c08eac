import { describe, expect, it } from 'vitest';
import type { RequestRow } from './results/result.js';
import type { TimelineEntry } from './scenario.js';
import {
  app,
  MS,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  TIMINGS,
  traffic,
  workload,
} from './testing/small-scenario.js';

const readiness = (seconds: number, name: string, ready: boolean): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'readiness',
  pod: `default/${name}`,
  ready,
});
const scale = (seconds: number, deployment: string, replicas: number): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command: { verb: 'scale', deployment, replicas },
});
const patched = (seconds: number, spec: Record<string, unknown>): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command: { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec } },
});
const removed = (seconds: number, kind: 'Node' | 'Pod' | 'Service', name: string): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command: { verb: 'delete', kind, name, selector: null, namespace: 'default' },
});
const restarted = (seconds: number): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command: { verb: 'rollout-restart', kind: 'Deployment', name: 'default/web' },
});
const probed = (name: string, ip: string, kind: 'readinessProbe' | 'livenessProbe') =>
  pod(name, ip, {
    spec: {
      containers: [
        { name: 'web', [kind]: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, failureThreshold: 1 } },
      ],
    },
  });

const PODS = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), pod('c', '10.1.3.2')];
const LB = service('web', { type: 'LoadBalancer' });
const LOCAL = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });

function lost(over: SmallScenario): RequestRow[] {
  const scenario = smallScenario({ traffic: [traffic({ ratePerSecond: 50, stopNs: 20 * SECOND })], ...over });
  return simulated(scenario).rows.filter(({ outcome }) => outcome !== 'ok');
}

const eventsOf = (rows: RequestRow[]) => [...new Set(rows.map(({ event }) => event))];

describe('a request that fails', () => {
  it('for want of a local endpoint is put down to what took the last one away', () => {
    const timeline = [scale(1, 'default/idle', 3), readiness(4, 'b', false), scale(8, 'default/idle', 1)];
    const rows = lost({ objects: [...PODS, LOCAL, workload('Deployment', 'idle', 2)], timeline });
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.every(({ entryNode }) => entryNode === 'n2')).toBe(true);
    expect(eventsOf(rows)).toEqual(['readiness default/b (fails) at 4 s']);
    expect(rows[0]?.eventPath).toBe('/timeline/1');
  });

  it('for want of an endpoint is put down to the last of several changes that came together', () => {
    const timeline = [scale(2, 'default/web', 1), scale(2, 'default/web', 0)];
    const rows = lost({ objects: [workload('Deployment', 'web', 2), LB], timeline });
    expect(eventsOf(rows.filter(({ atMs }) => atMs > 6000))).toEqual(['scale default/web to 0 at 2 s']);
  });

  it('at a pod that is gone is put down to who removed the pod', () => {
    const cluster = { timings: { ...TIMINGS, podStopNs: 10 * MS } };
    const rows = lost({ cluster, objects: [...PODS, LB], timeline: [removed(3, 'Pod', 'default/b')] });
    expect(rows.filter(({ cause }) => cause === 'pod-gone').length).toBeGreaterThan(0);
    expect(eventsOf(rows)).toEqual(['delete Pod default/b at 3 s']);
  });

  it('at a load balancer without a target is put down to what failed its last check', () => {
    const closed = { default: profile({ allDown: 'closed' }), byService: {} };
    const timeline = [readiness(2, 'a', false), readiness(5, 'b', false), readiness(8, 'c', false)];
    const stopNs = 60 * SECOND;
    const load = [traffic({ ratePerSecond: 20, stopNs })];
    const rows = lost({
      objects: [...PODS, LOCAL],
      timeline,
      loadBalancers: closed,
      traffic: load,
      durationNs: stopNs,
    });
    const refused = rows.filter(({ cause }) => cause === 'lb-no-target');
    expect(refused.length).toBeGreaterThan(100);
    expect(eventsOf(refused)).toEqual(['readiness default/c (fails) at 8 s']);
  });

  it('by a policy is put down to who set the policy, also in a step', () => {
    const objects = [pod('a', '10.1.1.2'), LB];
    const local = { externalTrafficPolicy: 'Local' };
    expect(eventsOf(lost({ objects, timeline: [patched(5, local)] }))).toEqual(['patch Service default/web at 5 s']);
    const steps = lost({
      objects,
      steps: [
        { do: 'sleep', forNs: 3 * SECOND },
        { do: 'kubectl', command: { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec: local } } },
      ],
    });
    expect(eventsOf(steps)).toEqual(['patch Service default/web in step 2']);
    expect(steps[0]?.eventPath).toBe('/steps/1');
  });

  it('at a node without power is put down to the crash, at the load balancer too', () => {
    const timeline: TimelineEntry[] = [{ atNs: 3 * SECOND, do: 'crash', node: 'n2', forNs: null, vmDeleted: false }];
    const rows = lost({ objects: [...PODS, LB], timeline });
    expect(rows.filter(({ cause }) => cause === 'node-down').length).toBeGreaterThan(0);
    expect(eventsOf(rows.filter(({ cause }) => cause === 'node-down'))).toEqual(['crash n2 at 3 s']);
  });

  it('as it was worked on by a pod of a node that crashes is put down to the crash', () => {
    const timeline: TimelineEntry[] = [{ atNs: 3 * SECOND, do: 'crash', node: 'n2', forNs: null, vmDeleted: false }];
    const apps = [app({ serviceTimeNs: SECOND, serviceTimeDistribution: 'constant' })];
    const rows = lost({ objects: [...PODS, LB], apps, timeline });
    const atWork = rows.filter(({ atMs }) => atMs < 3_000);
    expect(new Set(atWork.map(({ cause }) => cause))).toEqual(new Set(['node-down']));
    expect(eventsOf(atWork)).toEqual(['crash n2 at 3 s']);
  });

  it('at a pod whose machine goes off while it works is put down to the crash, or to who deleted the Node', () => {
    const crash: TimelineEntry = { atNs: 3 * SECOND, do: 'crash', node: 'n1', forNs: null, vmDeleted: false };
    const apps = [app({ serviceTimeNs: 2 * SECOND, serviceTimeDistribution: 'constant' })];
    const load = traffic({ startNs: 2 * SECOND, stopNs: 3 * SECOND, count: 5, requestTimeoutNs: 5 * SECOND });
    const inFlight = (entry: TimelineEntry) =>
      lost({ objects: [pod('a', '10.1.1.2'), LB], apps, traffic: [load], timeline: [entry] });
    for (const [entry, event] of [
      [crash, 'crash n1 at 3 s'],
      [removed(3, 'Node', 'n1'), 'delete Node n1 at 3 s'],
    ] as const) {
      const rows = inFlight(entry).filter(({ connectUs }) => connectUs !== null && connectUs >= 0);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every(({ cause }) => cause === 'node-down')).toBe(true);
      expect(eventsOf(rows)).toEqual([event]);
    }
  });

  it('by chance is put down to nobody, also at a pod that a rollout has brought', () => {
    const rows = lost({
      objects: [workload('Deployment', 'web', 2), LB],
      apps: [app({ errors: 0.3 })],
      timeline: [restarted(2)],
      durationNs: 20 * SECOND,
    });
    const errors = rows.filter(({ cause }) => cause === 'app-error');
    expect(new Set(errors.map(({ pod: name }) => name)).size).toBe(4);
    expect(eventsOf(errors)).toEqual([null]);
  });

  it('as its endpoint has too much to do is put down to what has left the work to fewer of them, as long as it does', () => {
    const apps = [app({ serviceTimeNs: 80 * MS, serviceTimeDistribution: 'constant', concurrency: 1, queue: 2 })];
    const objects = [workload('Deployment', 'web', 3), LB];
    const overloaded = (...timeline: TimelineEntry[]) =>
      lost({ objects, apps, timeline, durationNs: 20 * SECOND }).filter(({ cause }) => cause === 'overloaded');
    expect(eventsOf(overloaded(restarted(5)))).toEqual([null]);
    const scaled = overloaded(scale(5, 'default/web', 1), scale(10, 'default/web', 3));
    const eventsFrom = (fromMs: number, toMs: number) =>
      eventsOf(scaled.filter(({ atMs }) => atMs > fromMs && atMs < toMs));
    expect(eventsFrom(0, 5_000)).toEqual([null]);
    expect(eventsFrom(6_000, 10_000)).toEqual(['scale default/web to 1 at 5 s']);
    expect(eventsFrom(15_000, 20_000)).toEqual([null]);
  });

  it('as its endpoint has too much to do is not put down to the probe that fails for the same reason', () => {
    const rows = lost({
      objects: [...['a', 'b'].map((name, n) => probed(name, `10.1.${n + 1}.2`, 'readinessProbe')), LB],
      apps: [app({ serviceTimeNs: SECOND, serviceTimeDistribution: 'constant', concurrency: 1, queue: 2 })],
    });
    const overloaded = rows.filter(({ cause }) => cause === 'overloaded');
    expect(overloaded.length).toBeGreaterThan(40);
    expect(eventsOf(overloaded)).toEqual([null]);
  });

  it('at a pod that shuts down as its liveness probe fails is put down to that from the moment it takes nothing new', () => {
    const rows = lost({
      objects: [probed('a', '10.1.1.2', 'livenessProbe'), LB],
      apps: [
        app({
          shutdown: 'graceful',
          serviceTimeNs: 3 * SECOND,
          serviceTimeDistribution: 'constant',
          paths: { '/health': 500 },
        }),
      ],
    });
    const stopped = rows.filter(({ cause }) => cause === 'pod-stopped');
    expect(stopped.length).toBeGreaterThan(50);
    expect(eventsOf(stopped)).toEqual([expect.stringMatching(/^liveness probe failed on pod default\/a at /)]);
  });

  it('as it did from the start is put down to nobody', () => {
    const timeline = [readiness(5, 'a', true), scale(6, 'default/idle', 3)];
    const rows = lost({ objects: [pod('a', '10.1.1.2'), LOCAL, workload('Deployment', 'idle', 2)], timeline });
    expect(eventsOf(lost({ objects: [LB], timeline }))).toEqual([null]);
    expect(eventsOf(rows)).toEqual(rows.length === 0 ? [] : [null]);
  });
});
