/** What holds of connections, whatever dies while they are open. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RequestRow } from '../../libs/sim/src/results/result.js';
import type { KubectlCommand, TimelineEntry, Traffic } from '../../libs/sim/src/scenario.js';
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
  traffic,
} from '../../libs/sim/src/testing/small-scenario.js';

const seconds = (from: number, to: number) => fc.integer({ min: from * 100, max: to * 100 }).map((n) => n * 10 * MS);

const keepAlive: fc.Arbitrary<Traffic['keepAlive']> = fc.option(
  fc.record({
    connections: fc.integer({ min: 1, max: 4 }),
    requests: fc.option(fc.integer({ min: 1, max: 20 })),
    idleNs: seconds(0.1, 5),
    multiplexed: fc.boolean(),
  }),
);
const retries: fc.Arbitrary<Traffic['retries']> = fc.option(
  fc.record({
    attempts: fc.integer({ min: 2, max: 4 }),
    backoffNs: seconds(0, 1),
    on: fc.uniqueArray(fc.constantFrom('refused', 'reset', 'timeout', 'unreachable', 'http-error'), { minLength: 1 }),
  }),
);
const load = fc.record({
  from: fc.constantFrom({ client: 'laptop' }, { node: 'n3' }, { pod: 'default/c' }),
  ratePerSecond: fc.integer({ min: 1, max: 60 }),
  arrivals: fc.constantFrom('poisson', 'constant'),
  connectTimeoutNs: fc.option(seconds(0.1, 3)),
  requestTimeoutNs: fc.option(seconds(0.1, 5)),
  outOfWindow: fc.constantFrom(0, 0.2),
  ports: fc.constantFrom(null, 50),
  keepAlive,
  retries,
});
const behaviour = fc.record({
  serviceTimeNs: seconds(0, 1),
  serviceTimeDistribution: fc.constantFrom('exponential' as const, 'constant' as const),
  concurrency: fc.option(fc.integer({ min: 1, max: 5 })),
  queue: fc.integer({ min: 0, max: 10 }),
  errors: fc.constantFrom(0, 0.3),
  keepAliveTimeoutNs: seconds(0.1, 10),
});
const deletes = (kind: 'Pod' | 'Node', name: string): KubectlCommand => ({
  verb: 'delete',
  kind,
  name,
  selector: null,
  namespace: 'default',
});
const ends = fc.array(
  fc.record({
    atNs: seconds(0, 10),
    command: fc.constantFrom(
      deletes('Pod', 'default/a'),
      deletes('Pod', 'default/b'),
      deletes('Pod', 'default/c'),
      deletes('Node', 'n1'),
      deletes('Node', 'n2'),
    ),
  }),
  { maxLength: 3 },
);

const world = fc
  .record({
    loads: fc.array(load, { minLength: 1, maxLength: 3 }),
    behaviour: fc.option(behaviour),
    ends,
    type: fc.constantFrom('ClusterIP' as const, 'LoadBalancer' as const),
    kind: fc.constantFrom('passthrough' as const, 'proxy' as const),
    mode: fc.constantFrom('iptables' as const, 'nftables' as const, 'ipvs' as const),
    sourcePorts: fc.constantFrom(null, { from: 20_000, to: 20_049 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  })
  .map(({ loads, behaviour: given, ends: dying, type, kind, mode, sourcePorts, seed }): SmallScenario => {
    const timeline: TimelineEntry[] = dying.map(({ atNs, command }) => ({ atNs, do: 'kubectl', command }));
    return {
      seed,
      objects: [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), pod('c', '10.1.3.2'), service('web', { type })],
      apps: given === null ? [] : [app(given)],
      kubeProxy: { mode },
      cluster: { conntrack: { sourcePorts, insertRace: 0 } },
      timeline,
      loadBalancers: {
        default: profile({ kind, ...(kind === 'proxy' ? { addresses: ['10.9.9.9'] } : {}) }),
        byService: {},
      },
      traffic: loads.map((one, n) => traffic({ name: `load-${n}`, ...one })),
      durationNs: 10 * SECOND,
    };
  });

it('every request ends once, in time, with a cause where it fails; the same again', () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(world, (given) => {
      const { rows, result } = simulated(smallScenario(given));
      expect(rows).toHaveLength(result.summary.requests);
      expect(Object.values(result.summary.outcomes).reduce((sum, n) => sum + n, 0)).toBe(rows.length);
      for (const row of rows) {
        expect(row.latencyUs).toBeGreaterThanOrEqual(0);
        if (row.connectUs !== null) expect(row.connectUs).toBeLessThanOrEqual(row.latencyUs);
        if (row.outcome !== 'ok') expect([row.outcome, row.cause]).not.toContain(null);
        met.add(row.cause ?? row.outcome);
      }
      expect(simulated(smallScenario(given), [7, 1, 100]).result.fingerprint).toBe(result.fingerprint);
    }),
    { numRuns: 120, seed: 11 },
  );
  for (const cause of ['pod-killed', 'node-down', 'overloaded', 'app-error', 'no-source-port', 'invalid-packet'])
    expect(met).toContain(cause);
}, 120_000);

it('a kept connection keeps to its endpoint for as long as it lives', () => {
  let reused = 0;
  fc.assert(
    fc.property(world, (given) => {
      const one = { connections: 1, requests: null, idleNs: 5 * SECOND, multiplexed: false };
      // One source, one pool of one connection: what is opened anew is that one, or one for a single request.
      const loads = (given.traffic ?? [])
        .slice(0, 1)
        .map((each) => traffic({ ...each, keepAlive: one, retries: null }));
      const { rows } = simulated(smallScenario({ ...given, traffic: loads }));
      const held = new Map<string, string | null>();
      const inOrder = (a: RequestRow, b: RequestRow) => a.request - b.request;
      for (const { client, target, connectUs, pod: endpoint, firstPackets } of [...rows].sort(inOrder)) {
        const key = `${client} ${target}`;
        if (connectUs !== null || firstPackets > 0) held.delete(key);
        else if (!held.has(key)) held.set(key, endpoint);
        else {
          expect(endpoint).toBe(held.get(key));
          reused++;
        }
      }
    }),
    { numRuns: 80, seed: 12 },
  );
  expect(reused).toBeGreaterThan(1000);
}, 120_000);
