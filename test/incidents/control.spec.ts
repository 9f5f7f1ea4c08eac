/** Incidents of workloads and nodes: what the presets say happens, computed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import type { RequestRow, RunResult } from '../../libs/sim/src/results/result.js';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

function run(preset: string, change: (text: string) => string = (text) => text) {
  const text = readFileSync(new URL(`../../presets/incidents/${preset}.yaml`, import.meta.url), 'utf8');
  const { scenario, issues } = parseScenario(change(text), { format: 'yaml' });
  expect(issues).toEqual([]);
  const { rows, result } = simulated(scenario!);
  return { rows, result, passed: result.expectations.map(({ passed }) => passed) };
}
const seeded = (seed: number) => (text: string) => text.replace('\nnotes:', `\nseed: ${seed}\nnotes:`);

/** When the node's healthCheckNodePort begins to answer with that status, after its first answer; ms. */
function turnsMs({ healthz }: RunResult, node: string, status: number): number {
  const timeline = healthz.nodes.find((each) => each.node === node && each.kind === 'healthCheckNodePort');
  return timeline?.segments.slice(1).find((segment) => segment.status === status)?.fromMs ?? Number.NaN;
}

/** When the load balancer takes the node out; ms. */
function outMs({ healthz }: RunResult, node: string): number {
  const timeline = healthz.loadBalancers.find((each) => each.node === node);
  return timeline?.segments.find(({ state, fromMs }) => state === 'unhealthy' && fromMs > 0)?.fromMs ?? Number.NaN;
}

/** First and last loss of those that the load balancer sent to the node. */
function lostOn(rows: RequestRow[], node: string) {
  const lost = rows.filter(({ outcome, entryNode }) => outcome !== 'ok' && entryNode === node);
  const times = lost.map(({ atMs }) => atMs);
  const outcomes = new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`));
  return { count: lost.length, fromMs: Math.min(...times), toMs: Math.max(...times), outcomes };
}

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('I-01, a rolling update behind policy Local', () => {
  it('shows what its preset expects', () => {
    const { result } = run('i-01-local-rollout');
    expect(result.expectations.filter(({ passed }) => !passed)).toEqual([]);
    expect(result.expectations).toHaveLength(6);
  });

  it.each(SEEDS)('with 1.21 and seed %i drops for 16 to 24 s after the 503 of each old node', (seed) => {
    const { rows, result } = run('i-01-local-rollout', seeded(seed));
    // The new pod is ready 2 s after the restart, its node in use one sync later, and then the first old pod is deleted.
    expect(turnsMs(result, 'node-c', 200)).toBeLessThan(63_300);
    const first = Math.min(turnsMs(result, 'node-a', 503), turnsMs(result, 'node-b', 503));
    expect(first - 62_100).toBeLessThanOrEqual(1300);
    const nodes = ['node-a', 'node-b'].filter((node) => turnsMs(result, node, 503) > 0);
    expect(nodes).toHaveLength(2);
    for (const node of nodes) {
      const wayOutMs = outMs(result, node);
      // A new pod may come to the node before the load balancer has noticed.
      const endsMs = Number.isNaN(wayOutMs) ? turnsMs(result, node, 200) : wayOutMs;
      const silentMs = endsMs - turnsMs(result, node, 503);
      expect(silentMs).toBeGreaterThanOrEqual(16_000);
      expect(silentMs).toBeLessThanOrEqual(25_000);
      const lost = lostOn(rows, node);
      expect(lost.outcomes).toEqual(new Set(['dropped no-local-endpoint']));
      expect(lost.fromMs).toBeGreaterThanOrEqual(turnsMs(result, node, 503) - 5);
      expect(lost.toMs).toBeLessThanOrEqual(endsMs);
      expect(lost.count).toBeGreaterThan(200);
    }
    const sources = new Set(rows.filter(({ outcome }) => outcome === 'ok').map(({ sourceKind }) => sourceKind));
    expect(sources).toEqual(new Set(['client']));
  });

  it.each(SEEDS)(
    'with 1.28 and seed %i loses only what comes between the end of the hook and the third failure',
    (seed) => {
      const { rows, result } = run('i-01-local-rollout', (text) =>
        seeded(seed)(text).replace('version: "1.21"', 'version: "1.28"'),
      );
      for (const node of ['node-a', 'node-b']) {
        const unready = turnsMs(result, node, 503);
        const lost = lostOn(rows, node);
        if (lost.count === 0) continue;
        expect(lost.fromMs).toBeGreaterThan(unready + 18_500);
        // A new pod may come to the node before the load balancer has noticed.
        const ends = [outMs(result, node), turnsMs(result, node, 200)].filter((ms) => ms > unready);
        expect(lost.toMs).toBeLessThanOrEqual(Math.min(...ends));
        expect(lost.toMs - lost.fromMs).toBeLessThanOrEqual(5_300);
        expect(lost.count).toBeLessThan(120);
      }
    },
  );

  it.each(SEEDS)('with 1.28, seed %i and a hook longer than three probes loses nothing', (seed) => {
    const { passed } = run('i-01-local-rollout-cured', seeded(seed));
    expect(passed).toEqual([true, true, true]);
  });
});

describe('I-02, a drain behind policy Local', () => {
  it.each(SEEDS)('loses on the drained node until two probes have failed, with seed %i', (seed) => {
    const { rows, result, passed } = run('i-02-drain-local', seeded(seed));
    expect(passed).toEqual([true, true, true]);
    const unready = turnsMs(result, 'node-a', 503);
    expect(unready - 30_000).toBeLessThanOrEqual(1300);
    const silentMs = outMs(result, 'node-a') - unready;
    expect(silentMs).toBeGreaterThanOrEqual(5000);
    expect(silentMs).toBeLessThanOrEqual(10_001);
    expect(lostOn(rows, 'node-a')).toMatchObject({ outcomes: new Set(['dropped no-local-endpoint']) });
    expect(lostOn(rows, 'node-a').toMs).toBeLessThanOrEqual(outMs(result, 'node-a'));
    for (const node of ['node-b', 'node-c']) expect(lostOn(rows, node).count).toBe(0);
    const [drain] = result.transcript;
    expect(drain?.toNs).toBeGreaterThanOrEqual(45e9);
    expect(drain?.output).toMatchObject({
      text: expect.stringMatching(/^node\/node-a cordoned\n.*\nnode\/node-a drained$/s),
    });
  });

  it('loses nothing with policy Cluster', () => {
    expect(run('i-02-drain-local-cured').passed).toEqual([true, true]);
  });

  it('loses twice with no node to spare, as the budget waits for each new pod', () => {
    const both = (text: string) =>
      text.replace(
        '  - {at: 30s, drain: {node: node-a}}',
        '  - {at: 30s, drain: {node: node-a}}\n  - {at: 30s, drain: {node: node-b}}',
      );
    const { rows, result } = run('i-02-drain-local', both);
    for (const node of ['node-a', 'node-b']) expect(lostOn(rows, node).count).toBeGreaterThan(50);
    const said = result.transcript.map(({ output }) => (output.kind === 'text' ? output.text : ''));
    expect(said.filter((text) => text.includes("violate the pod's disruption budget"))).toHaveLength(1);
  });
});

describe('I-03, slow probes of a network load balancer', () => {
  it.each([
    ['i-03-nlb-slow-probes', 60_000, 91_000],
    ['i-03-nlb-slow-probes-cured', 10_000, 21_000],
  ])('%s', (preset, leastMs, mostMs) => {
    for (const seed of SEEDS) {
      const { rows, result, passed } = run(preset, seeded(seed));
      expect(passed).toEqual([true, true, true, true]);
      const lost = lostOn(rows, 'node-b');
      expect(lost.outcomes).toEqual(new Set(['dropped no-local-endpoint']));
      const silentMs = outMs(result, 'node-b') - turnsMs(result, 'node-b', 503);
      expect(silentMs).toBeGreaterThanOrEqual(leastMs);
      expect(silentMs).toBeLessThanOrEqual(mostMs);
      expect(lostOn(rows, 'node-a').count + lostOn(rows, 'node-c').count).toBe(0);
    }
  });
});

describe('I-24, cordoned nodes behind policy Local', () => {
  it('are lost with the service where the controller leaves them out', () => {
    expect(run('i-24-cordon-local').passed).toEqual([true, true]);
  });

  it.each(['1.21', '1.23', '1.25', '1.28', '1.34'])('go on being served with %s', (version) => {
    const { passed } = run('i-24-cordon-local-cured', (text) =>
      text.replace('version: "1.21"', `version: "${version}"`),
    );
    expect(passed).toEqual([true, true]);
  });
});

describe('a liveness probe under load', () => {
  const lostOf = ({ rows }: ReturnType<typeof run>, fromMs: number) =>
    rows.filter(({ outcome, atMs }) => outcome !== 'ok' && atMs >= fromMs).length;

  it.each(SEEDS)('with seed %i turns a minute of overload into an outage that goes on, by the probe', (seed) => {
    const ill = run('liveness-under-load', seeded(seed));
    expect(ill.passed).toEqual([true, true, true]);
    const killed = ill.rows.filter(({ cause }) => cause === 'pod-killed');
    for (const { event, pod, eventPath } of killed) {
      expect(event).toMatch(new RegExp(`^liveness probe failed on pod ${pod} at [0-9.]+ s$`));
      expect(eventPath).toBeNull();
    }
    const well = run('liveness-under-load-cured', seeded(seed));
    expect(well.passed).toEqual([true, true, true]);
    expect(lostOf(well, 150_000)).toBe(0);
    expect(lostOf(ill, 150_000)).toBeGreaterThan(1000);
  });

  it('kills no pod before three probes in a row have found it slower than a second', () => {
    const { result } = run('liveness-under-load');
    const kills = result.transcript.filter(({ step }) => step.do === 'event' && step.reason === 'Killing');
    // The load grows at 60 s: two periods and a timeout later at the earliest.
    expect((kills[0]?.fromNs ?? 0) / 1e9).toBeGreaterThan(60 + 2 * 5 + 1);
    expect(kills.length).toBeGreaterThan(6);
  });
});
