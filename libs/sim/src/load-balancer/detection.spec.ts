/** How long a load balancer needs to find out: the bounds that interval, timeout and thresholds give, for random ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw } from '../kernel/index.js';
import { profile, SECOND, TIMINGS } from '../testing/small-scenario.js';
import { Balancer, type Target } from './balancer.js';
import { SILENCE } from './probe-runs.js';
import { Probers } from './probers.js';

interface Numbers {
  intervalNs: number;
  timeoutNs: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
}

const ONE_WAY = TIMINGS.loadBalancerToNodeNs;

/** A target that answers with `bad` from `fromNs` to `toNs`, and with 200 otherwise; when its state changed. */
function changes(numbers: Numbers, bad: number, fromNs: number, toNs: number, seed: number, probers = 1): Target {
  const events: { atNs: number; run: () => void }[] = [];
  let now = 0;
  const at = (delayNs: number, run: () => void) => events.push({ atNs: now + delayNs, run });
  const balancer = new Balancer('default/web', profile({ probers }));
  const watch = new Probers(seed, TIMINGS, {
    nodeName: () => 'n1',
    probe: () => (now >= fromNs && now < toNs ? bad : 200),
    scheduleProbe: (delayNs, probe) => at(delayNs, () => watch.onProbeAtNode(probe, now)),
    scheduleResult: (delayNs, encoded) => at(delayNs, () => watch.onProbeResult(encoded, now)),
  });
  balancer.configure({ kind: 'proxy-healthz', port: 10256, settings: numbers });
  balancer.include(0, 0);
  watch.settle(balancer);
  watch.start(balancer);
  const endNs = toNs + 40 * Math.max(numbers.intervalNs, numbers.timeoutNs);
  while (now <= endNs) {
    let next = 0;
    for (const [n, event] of events.entries()) if (event.atNs < (events[next]?.atNs ?? 0)) next = n;
    const [event] = events.splice(next, 1);
    now = event?.atNs ?? Infinity;
    event?.run();
  }
  return balancer.targets[0] as Target;
}

const numbers = fc.record({
  intervalNs: fc.integer({ min: 1, max: 30 }).map((s) => s * SECOND),
  timeoutNs: fc.integer({ min: 1, max: 40 }).map((s) => s * SECOND),
  healthyThreshold: fc.integer({ min: 1, max: 6 }),
  unhealthyThreshold: fc.integer({ min: 1, max: 6 }),
});
const seed = fc.integer({ min: 0, max: 1e6 });
const FROM = 100 * SECOND;

describe('a target whose answer turns bad', () => {
  it('at once is out after (U-1)·I to U·I, and back after (H-1)·I to H·I', () => {
    fc.assert(
      fc.property(numbers, seed, (check, s) => {
        const { intervalNs, healthyThreshold: h, unhealthyThreshold: u } = check;
        const toNs = FROM + 10 * intervalNs * (u + 1);
        const { history } = changes(check, 503, FROM, toNs, s);
        expect(history.map(({ state }) => state)).toEqual(['healthy', 'unhealthy', 'healthy']);
        const [outNs, inNs] = [history[1]!.atNs - FROM - ONE_WAY, history[2]!.atNs - toNs - ONE_WAY];
        expect(outNs).toBeGreaterThanOrEqual((u - 1) * intervalNs);
        expect(outNs).toBeLessThanOrEqual(u * intervalNs);
        expect(inNs).toBeGreaterThanOrEqual((h - 1) * intervalNs);
        expect(inNs).toBeLessThanOrEqual(h * intervalNs);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('by silence is out a timeout later, and its probes wait for one another where the timeout is longer', () => {
    fc.assert(
      fc.property(numbers, seed, (check, s) => {
        const { intervalNs, timeoutNs, unhealthyThreshold: u } = check;
        const periodNs = Math.max(intervalNs, timeoutNs);
        const { history } = changes(check, SILENCE, FROM, FROM + 20 * periodNs * u, s);
        const outNs = history[1]!.atNs - FROM + ONE_WAY;
        expect(outNs).toBeGreaterThanOrEqual((u - 1) * periodNs + timeoutNs);
        expect(outNs).toBeLessThanOrEqual((u - 1) * periodNs + intervalNs + timeoutNs);
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it('for less than the threshold stays', () => {
    fc.assert(
      fc.property(numbers, seed, (check, s) => {
        const u = check.unhealthyThreshold + 1;
        const { history } = changes(
          { ...check, unhealthyThreshold: u },
          503,
          FROM,
          FROM + (u - 1) * check.intervalNs,
          s,
        );
        expect(history).toEqual([{ atNs: 0, state: 'healthy' }]);
      }),
      { seed: 13, numRuns: 100 },
    );
  });

  it('leaves the probers one after the other, each within the bounds', () => {
    fc.assert(
      fc.property(numbers, seed, fc.integer({ min: 2, max: 8 }), (check, s, probers) => {
        const { intervalNs, unhealthyThreshold: u } = check;
        const { views, history } = changes(check, 503, FROM, FROM + 1000 * intervalNs, s, probers);
        const outs = views.map((view) => view.history[1]!.atNs - FROM - ONE_WAY);
        for (const outNs of outs) {
          expect(outNs).toBeGreaterThanOrEqual((u - 1) * intervalNs);
          expect(outNs).toBeLessThanOrEqual(u * intervalNs);
        }
        expect(history[1]!.atNs - FROM - ONE_WAY).toBe(Math.max(...outs));
        expect(new Set(outs).size).toBeGreaterThan(1);
      }),
      { seed: 14, numRuns: 60 },
    );
  });

  it('does the same with the same seed', () => {
    fc.assert(
      fc.property(numbers, seed, (check, s) => {
        const twice = [1, 2].map(() => changes(check, 503, FROM, FROM + 20 * check.intervalNs, s));
        expect(twice[0]).toEqual(twice[1]);
      }),
      { seed: 15, numRuns: 20 },
    );
  });
});

it('connections are spread over targets alike, whatever machines and zones there are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), seed, (nodes, probers, s) => {
      const balancer = new Balancer('default/web', profile({ probers }));
      balancer.configure({ kind: 'none', port: 0, settings: profile().clusterHealthCheck });
      for (let node = 0; node < nodes; node++) balancer.include(node, 0);
      const counts = new Array<number>(nodes).fill(0);
      const draws = 3000;
      for (let n = 0; n < draws; n++) counts[balancer.pick(draw(s, 4, 77, n))]!++;
      const expected = draws / nodes;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // Far beyond what chance gives with up to eight degrees of freedom.
      expect(chiSquare).toBeLessThan(40);
    }),
    { seed: 16, numRuns: 60 },
  );
});
