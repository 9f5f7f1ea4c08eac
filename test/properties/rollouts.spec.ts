/** What holds of every rolling update in which nothing fails, and of every drain under a budget. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isActive } from '../../libs/sim/src/cluster/owned-pods.js';
import { isReady } from '../../libs/sim/src/cluster/pod-objects.js';
import { fencepostsOf, resolved } from '../../libs/sim/src/cluster/rollout.js';
import type { PodDisruptionBudgetObject, PodObject, WorkloadObject } from '../../libs/sim/src/objects.js';
import type { KubectlCommand } from '../../libs/sim/src/scenario.js';
import { loneCluster } from '../../libs/sim/src/testing/lone-cluster.js';
import {
  node,
  SECOND,
  service,
  simulated,
  smallScenario,
  traffic,
  workload,
} from '../../libs/sim/src/testing/small-scenario.js';

const bound = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 100 }).map((n) => `${n}%`),
);
const podSpec = (image: string, delay: number | null) => ({
  containers: [
    {
      name: 'app',
      image,
      ...(delay === null ? {} : { readinessProbe: { initialDelaySeconds: delay, periodSeconds: 3 } }),
    },
  ],
});

it('a rolling update keeps within maxSurge and maxUnavailable, and comes to its end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      bound,
      bound,
      fc.option(fc.integer({ min: 0, max: 7 })),
      fc.constantFrom(undefined, 0, 4),
      fc.integer({ min: 1, max: 3 }),
      (replicas, maxSurge, maxUnavailable, delay, minReadySeconds, rollouts) => {
        // An API server refuses both at 0.
        fc.pre([maxSurge, maxUnavailable].some((bound) => Number.parseInt(String(bound), 10) !== 0));
        const made = workload('Deployment', 'web', replicas);
        const strategy = { rollingUpdate: { maxSurge, maxUnavailable } };
        const template = { ...made.spec?.template, spec: podSpec('v0', delay) };
        const spec = {
          ...made.spec,
          strategy,
          template,
          ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        };
        const cluster = loneCluster({ objects: [{ ...made, spec }] });
        const { surge, unavailable } = fencepostsOf({ ...made, spec }, replicas);
        let now = 0;
        for (let n = 1; n <= rollouts; n++) {
          const before = cluster.api.get<WorkloadObject>('Deployment', 'default/web') as WorkloadObject;
          cluster.api.replace({
            ...before,
            spec: { ...before.spec, template: { ...before.spec?.template, spec: podSpec(`v${n}`, delay) } },
          });
          // The last one has the time that it needs, the others are overtaken.
          const untilNs = now + (n === rollouts ? 60 + replicas * 25 : 7) * SECOND;
          for (; now < untilNs; now += 0.25 * SECOND) {
            cluster.until(now);
            const active = cluster.api.list<PodObject>('Pod').filter(isActive);
            expect(active.length).toBeLessThanOrEqual(replicas + surge);
            expect(active.filter(isReady).length).toBeGreaterThanOrEqual(replicas - unavailable);
          }
        }
        const pods = cluster.api.list<PodObject>('Pod');
        expect(pods.map((pod) => pod.spec?.containers?.[0]?.image)).toEqual(Array(replicas).fill(`v${rollouts}`));
        expect(pods.every(isReady)).toBe(true);
      },
    ),
    { numRuns: 80, seed: 1 },
  );
}, 120_000);

it('drains never leave fewer ready pods than a budget asks for, and all of them end where there is room', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.constantFrom('minAvailable', 'maxUnavailable'),
      bound,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 9 }),
      (replicas, field, value, nodes, apartS) => {
        const budget: PodDisruptionBudgetObject = {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'web', namespace: 'default' },
          spec: { selector: { matchLabels: { app: 'web' } }, [field]: value },
        };
        const cluster = loneCluster({
          nodes: [1, 2, 3, 4, 5].map((n) => node(n)),
          objects: [workload('Deployment', 'web', replicas), budget],
        });
        const share = (round: 'up' | 'down') => resolved(value, replicas, round);
        const least = Math.min(replicas, field === 'minAvailable' ? share('up') : replicas - share('up'));
        let now = 0;
        const watch = (untilNs: number) => {
          for (; now < untilNs; now += 0.25 * SECOND) {
            cluster.until(now);
            const ready = cluster.api.list<PodObject>('Pod').filter((pod) => isActive(pod) && isReady(pod));
            expect(ready.length).toBeGreaterThanOrEqual(least);
          }
        };
        const outputs = nodes.map((n) => {
          const command = {
            verb: 'drain',
            node: `n${n}`,
            force: false,
            ignoreDaemonsets: true,
            timeoutNs: null,
          } as const;
          const output = cluster.kubectl.run(command, now);
          watch(now + apartS * SECOND);
          return output;
        });
        watch(now + 120 * SECOND);
        if (least < replicas) for (const output of outputs) expect(cluster.kubectl.waitingFor(output)).toBeNull();
        const homes = new Set(cluster.api.list<PodObject>('Pod').map(({ spec }) => spec?.nodeName));
        if (least < replicas) for (const n of nodes) expect(homes).not.toContain(`n${n}`);
      },
    ),
    { numRuns: 60, seed: 1 },
  );
}, 120_000);

it('a run with rollouts and drains is the same whichever way it is sliced', () => {
  const command = (verb: KubectlCommand) => ({ do: 'kubectl' as const, command: verb });
  const happening = fc.oneof(
    fc.constant(command({ verb: 'rollout-restart', kind: 'Deployment', name: 'default/web' })),
    fc.integer({ min: 1, max: 3 }).map((n) => command({ verb: 'scale', deployment: 'default/web', replicas: n })),
    fc
      .integer({ min: 1, max: 3 })
      .map((n) => command({ verb: 'drain', node: `n${n}`, force: false, ignoreDaemonsets: true, timeoutNs: null })),
    fc.integer({ min: 1, max: 3 }).map((n) => command({ verb: 'uncordon', node: `n${n}` })),
  );
  const timeline = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 20 }), happening).map(([at, what]) => ({ atNs: at * SECOND, ...what })),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(timeline, fc.integer({ min: 1, max: 40 }), (entries, slice) => {
      const objects = [workload('Deployment', 'web', 3), service('web', { type: 'NodePort' })];
      const load = [traffic({ stopNs: 25 * SECOND })];
      const scenario = smallScenario({ objects, timeline: entries, traffic: load, durationNs: 30 * SECOND });
      expect(simulated(scenario, [slice]).result).toEqual(simulated(scenario).result);
    }),
    { numRuns: 25, seed: 1 },
  );
}, 60_000);
