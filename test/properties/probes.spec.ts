/** Probes with any numbers: when a container is killed, when it is ready, and that restarts keep to the back-off. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isReady } from '../../libs/sim/src/cluster/pod-objects.js';
import type { PodObject, ProbeSpec } from '../../libs/sim/src/objects.js';
import { loneCluster } from '../../libs/sim/src/testing/lone-cluster.js';
import { app, pod, SECOND, TIMINGS } from '../../libs/sim/src/testing/small-scenario.js';

const whole = (min: number, max: number) => fc.integer({ min, max });
const numbers = fc.record({
  initialDelaySeconds: whole(0, 20),
  periodSeconds: whole(1, 10),
  timeoutSeconds: whole(1, 10),
  failureThreshold: whole(1, 5),
});
const program = fc.record({
  startupS: whole(0, 40),
  serviceS: whole(0, 15),
  concurrency: fc.constantFrom(null, 1, 3),
});
const STARTED_S = TIMINGS.podStartupNs / SECOND;

/** A pod whose container is started at STARTED_S; when its containers were killed, in seconds. */
function lived(
  probes: Record<string, ProbeSpec>,
  { startupS, serviceS, concurrency }: typeof program extends fc.Arbitrary<infer P> ? P : never,
) {
  const behaviour = {
    startupNs: startupS * SECOND,
    serviceTimeNs: serviceS * SECOND,
    serviceTimeDistribution: 'constant' as const,
    concurrency,
    queue: 100,
  };
  const cluster = loneCluster({ apps: [app(behaviour)] });
  const kills: number[] = [];
  cluster.kubeletListener.event = (_, reason) => {
    if (reason === 'Killing') kills.push(cluster.nowNs() / SECOND);
  };
  cluster.pods.create(pod('a', null, { spec: { containers: [{ name: 'app', ...probes }] } }), {}, 0, false);
  const isReadyNow = () => isReady(cluster.api.get<PodObject>('Pod', 'default/a') as PodObject);
  return { cluster, kills, isReadyNow };
}

const httpGet = { path: '/', port: 8080 };

it('a liveness probe kills exactly those that are too slow, and not before failureThreshold probes, nor a probe later', () => {
  fc.assert(
    fc.property(numbers, program, (probe, of) => {
      const { cluster, kills } = lived({ livenessProbe: { httpGet, ...probe } }, of);
      cluster.until(300 * SECOND);
      const { initialDelaySeconds, periodSeconds, timeoutSeconds, failureThreshold } = probe;
      const firstS = STARTED_S + initialDelaySeconds;
      const isSlow = of.serviceS > timeoutSeconds;
      // Refusals while it starts count too.
      const refused = Math.max(0, Math.ceil((of.startupS - initialDelaySeconds) / periodSeconds));
      if (!isSlow) expect(kills.length > 0).toBe(refused >= failureThreshold);
      if (kills.length === 0) {
        expect(isSlow).toBe(false);
        return;
      }
      const earliestS = firstS + (failureThreshold - 1) * periodSeconds;
      const latestS = firstS + failureThreshold * Math.max(periodSeconds, timeoutSeconds);
      expect(kills[0]).toBeGreaterThanOrEqual(earliestS);
      expect(kills[0]).toBeLessThanOrEqual(latestS);
    }),
    { numRuns: 300 },
  );
});

it('a startup probe lets a program start for as long as its numbers say, and readiness follows it at once', () => {
  fc.assert(
    fc.property(numbers, whole(0, 60), (probe, startupS) => {
      const patient = { httpGet, ...probe, failureThreshold: 100 };
      const strict = { httpGet, periodSeconds: 1, failureThreshold: 1 };
      const { cluster, kills, isReadyNow } = lived(
        { startupProbe: patient, livenessProbe: strict, readinessProbe: strict },
        { startupS, serviceS: 0, concurrency: null },
      );
      const { initialDelaySeconds, periodSeconds } = probe;
      const probesS = Math.max(0, Math.ceil((startupS - initialDelaySeconds) / periodSeconds)) * periodSeconds;
      const startedS = STARTED_S + initialDelaySeconds + probesS;
      cluster.until(startedS * SECOND - 1);
      expect(isReadyNow()).toBe(false);
      cluster.until(startedS * SECOND);
      expect(isReadyNow()).toBe(true);
      cluster.until(300 * SECOND);
      expect(kills).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it('a container that never passes is killed ever more rarely: in the end in pairs, 5 min apart, each held against the exit before', () => {
  fc.assert(
    fc.property(numbers, (probe) => {
      const { cluster, kills } = lived(
        { livenessProbe: { httpGet, ...probe } },
        { startupS: 1e6, serviceS: 0, concurrency: null },
      );
      cluster.until(7200 * SECOND);
      const apart = kills.slice(1).map((atS, n) => atS - (kills[n] as number));
      const ownS = probe.initialDelaySeconds + (probe.failureThreshold - 1) * probe.periodSeconds + STARTED_S + 1;
      expect(kills.length).toBeGreaterThan(10);
      for (const s of apart) {
        expect(s).toBeGreaterThanOrEqual(ownS - 0.5);
        expect(s).toBeLessThanOrEqual(ownS + 300.5);
      }
      // After a wait of 5 min the exit before is further back than that, so that the next one is without.
      const settled = apart.slice(apart.findIndex((s) => s > ownS + 299));
      expect(settled.length).toBeGreaterThan(10);
      for (const [n, s] of settled.entries()) expect(Math.abs(s - ownS - (n % 2 === 0 ? 300 : 0))).toBeLessThan(0.5);
    }),
    { numRuns: 50 },
  );
});
