/** What holds of every run, whatever the cluster and whatever happens to it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HealthTimelines, RequestRow } from '../../libs/sim/src/results/result.js';
import { createRun } from '../../libs/sim/src/simulate.js';
import { simulated, smallScenario, traffic } from '../../libs/sim/src/testing/small-scenario.js';
import { busyWorld, question } from './small-worlds.js';

function contiguous({ nodes, loadBalancers }: HealthTimelines): void {
  for (const { segments } of [...nodes, ...loadBalancers]) {
    expect(segments[0]?.fromMs).toBe(0);
    for (const [n, { fromMs, toMs }] of segments.entries()) {
      expect(toMs).toBeGreaterThanOrEqual(fromMs);
      if (n > 0) expect(fromMs).toBe(segments[n - 1]?.toMs);
    }
  }
}

function plausible(row: RequestRow, requests: number): void {
  const { outcome, attempts, firstPackets, connectUs, latencyUs, pod, sourceIp, status, reason } = row;
  expect(row.request).toBeLessThan(requests);
  expect(latencyUs).toBeGreaterThanOrEqual(0);
  expect(Number.isInteger(Math.round(latencyUs * 1e3))).toBe(true);
  if (connectUs !== null) expect(connectUs).toBeLessThanOrEqual(latencyUs);
  if (connectUs !== null && latencyUs > 5000) expect(outcome).not.toBe('dropped');
  const answered = outcome === 'ok' || outcome === 'http-error';
  expect(reason === null).toBe(answered);
  expect(status !== null).toBe(answered);
  if (sourceIp !== null) expect(pod).not.toBeNull();
  expect(attempts).toBe(1);
  expect(firstPackets).toBeLessThanOrEqual(11);
  if (firstPackets === 0) expect(outcome).toBe('unreachable');
}

it('a run is the same whichever way it is sliced', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5000 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(busyWorld, sizes, (world, slices) => {
      const whole = simulated(smallScenario(world), [Number.MAX_SAFE_INTEGER]).result;
      expect(simulated(smallScenario(world), slices).result).toEqual(whole);
    }),
    { numRuns: 60, seed: 1 },
  );
}, 60_000);

it('its requests add up, its rows make sense, and its health timelines have no gaps', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(busyWorld, (world) => {
      const { rows, result } = simulated(smallScenario(world));
      const { summary } = result;
      expect(rows).toHaveLength(summary.requests);
      expect(Object.values(summary.outcomes).reduce((sum, n) => sum + n, 0)).toBe(summary.requests);
      expect(summary.virtualMs).toBeGreaterThanOrEqual(20_000);
      for (const row of rows) {
        plausible(row, summary.requests);
        outcomes.add(row.outcome);
      }
      contiguous(result.healthz);
    }),
    { numRuns: 150, seed: 2 },
  );
  for (const outcome of ['dropped', 'ok', 'refused', 'rejected', 'reset', 'timeout', 'unreachable'])
    expect(outcomes).toContain(outcome);
}, 60_000);

it('a client keeps its choices whatever other load is added', () => {
  const ofLaptop = (rows: RequestRow[]) =>
    rows.filter(({ client }) => client === 'laptop').map(({ request, ...choice }) => choice);
  const desk = { name: 'desk', ips: ['198.51.100.200'], count: 3, kernel: '6.1' };
  fc.assert(
    fc.property(busyWorld, question, (world, other) => {
      // All clients of a load balancer that ends connections are one to session affinity.
      const { kind } = world.loadBalancers?.default ?? {};
      fc.pre(kind !== 'proxy' || !JSON.stringify(world).includes('ClientIP'));
      const own = (world.traffic ?? []).filter(({ from }) => 'client' in from);
      const from = 'client' in other.from ? { client: 'desk' } : other.from;
      const more = traffic({ ...other, from, name: 'more', arrivals: 'poisson', ratePerSecond: 31, stopNs: 20e9 });
      const scenario = smallScenario({ ...world, traffic: own });
      const clients = [...scenario.clients, desk];
      const alone = ofLaptop(simulated({ ...scenario, clients }).rows);
      expect(ofLaptop(simulated({ ...scenario, clients, traffic: [more, ...own] }).rows)).toEqual(alone);
    }),
    { numRuns: 60, seed: 3 },
  );
}, 60_000);

it('a run’s clock never goes back, and its end comes', () => {
  fc.assert(
    fc.property(busyWorld, fc.integer({ min: 1, max: 300 }), (world, slice) => {
      const run = createRun(smallScenario(world), { onChunk: () => {} });
      let [time, progress, slices] = [0, 0, 0];
      while (!run.step(slice)) {
        expect(run.nowNs).toBeGreaterThanOrEqual(time);
        expect(run.progress).toBeLessThan(1);
        expect(run.progress).toBeGreaterThanOrEqual(progress - 1e-12);
        [time, progress] = [run.nowNs, run.progress];
        expect(++slices * slice).toBeLessThan(200_000);
      }
      expect(run.progress).toBe(1);
    }),
    { numRuns: 40, seed: 5 },
  );
}, 60_000);
