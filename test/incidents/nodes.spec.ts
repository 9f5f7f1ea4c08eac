/** Incidents of nodes and of the kube-proxies on them: what the presets say happens, computed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import type { NodeHealthTimeline, RequestRow, RunResult } from '../../libs/sim/src/results/result.js';
import { sigmasOff } from '../../libs/sim/src/testing/sigmas-off.js';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

type Change = (text: string) => string;
const unchanged: Change = (text) => text;

function run(preset: string, change: Change = unchanged) {
  const text = readFileSync(new URL(`../../presets/incidents/${preset}.yaml`, import.meta.url), 'utf8');
  const { scenario, issues } = parseScenario(change(text), { format: 'yaml' });
  expect(issues).toEqual([]);
  const { rows, result } = simulated(scenario!);
  return { rows, result, passed: result.expectations.map(({ passed }) => passed) };
}

const seeded =
  (seed: number): Change =>
  (text) =>
    text.replace(/\n(?:seed: \d+\n)?notes:/, `\nseed: ${seed}\nnotes:`);
const version =
  (from: string, to: string): Change =>
  (text) =>
    text.replace(`version: "${from}"`, `version: "${to}"`);

/** Times of the events with that reason, in s. */
function eventsS({ transcript }: RunResult, reason: string): number[] {
  return transcript.filter(({ step }) => 'reason' in step && step.reason === reason).map(({ fromNs }) => fromNs / 1e9);
}

/** When the load balancer takes the node out for the first time; s. */
function outS({ healthz }: RunResult, node: string): number {
  const segments = healthz.loadBalancers.find((each) => each.node === node)?.segments.slice(1) ?? [];
  return (segments.find(({ state }) => state !== 'healthy')?.fromMs ?? Number.NaN) / 1e3;
}

function statuses({ healthz }: RunResult, node: string, kind: NodeHealthTimeline['kind']): [number, number | null][] {
  const timeline = healthz.nodes.find((each) => each.node === node && each.kind === kind);
  return (timeline?.segments ?? []).map(({ fromMs, status }) => [Math.round(fromMs / 1e3), status]);
}

const within = (rows: RequestRow[], fromS: number, toS: number) =>
  rows.filter(({ atMs }) => atMs >= fromS * 1e3 && atMs < toS * 1e3);
const lost = (rows: RequestRow[]) => rows.filter(({ outcome }) => outcome !== 'ok');
const lostShare = (rows: RequestRow[], fromS: number, toS: number) =>
  lost(within(rows, fromS, toS)).length / within(rows, fromS, toS).length;
const offFrom = (share: number, rows: RequestRow[], fromS: number, toS: number) =>
  sigmasOff(lost(within(rows, fromS, toS)).length, within(rows, fromS, toS).length, share);
const outcomes = (rows: RequestRow[]) => new Set(lost(rows).map(({ outcome, cause }) => `${outcome} ${cause}`));

const SEEDS = [1, 2, 3, 4, 5];

describe('I-04, a new node that gets traffic too early', () => {
  it.each(SEEDS)('is met a second after it has joined, until a check has failed twice (seed %i)', (seed) => {
    const { rows, result } = run('i-04-new-node-too-early', seeded(seed));
    expect(outcomes(rows)).toEqual(new Set(['dropped no-local-endpoint']));
    expect(new Set(lost(rows).map(({ entryNode }) => entryNode))).toEqual(new Set(['node-c']));
    const times = lost(rows).map(({ atMs }) => atMs / 1e3);
    expect(Math.min(...times)).toBeGreaterThan(60.9);
    const [, , out] = result.healthz.loadBalancers.find(({ node }) => node === 'node-c')!.segments;
    expect(Math.max(...times)).toBeLessThanOrEqual(Math.min(out!.fromMs / 1e3, 80.5));
  });

  it('is as the preset says, and cured by checks that come first', () => {
    expect(run('i-04-new-node-too-early').passed).toEqual([true, true]);
    expect(run('i-04-new-node-too-early-cured').passed).toEqual([true]);
  });
});

describe('I-13a, a dead node that stays', () => {
  it.each(SEEDS)('costs 5/9, then 1/3 until its third silent probe, 70 to 100 s later (seed %i)', (seed) => {
    const { rows, result } = run('i-13a-dead-node-stays', seeded(seed));
    expect(outcomes(rows)).toEqual(new Set(['timeout node-down']));
    // Nothing but silence: a SYN a second until the client gives up.
    expect(new Set(lost(rows).map(({ latencyUs }) => latencyUs))).toEqual(new Set([1e6]));
    const [notReadyS] = eventsS(result, 'NodeNotReady') as [number];
    expect(notReadyS).toBeGreaterThanOrEqual(60 + 30);
    expect(notReadyS).toBeLessThanOrEqual(60 + 45);
    expect(outS(result, 'node-c')).toBeGreaterThanOrEqual(60 + 70);
    expect(outS(result, 'node-c')).toBeLessThanOrEqual(60 + 100);
    expect(offFrom(5 / 9, rows, 60, notReadyS)).toBeLessThan(4);
    // Slice, watch and sync after that, the other nodes know.
    const knownS = notReadyS + 1.2;
    expect(offFrom(1 / 3, rows, knownS, outS(result, 'node-c'))).toBeLessThan(4);
    expect(new Set(lost(within(rows, knownS, 240)).map(({ entryNode }) => entryNode))).toEqual(new Set(['node-c']));
    expect(lost(within(rows, outS(result, 'node-c'), 240))).toEqual([]);
    // What the other nodes sent there is not put down to the load balancer.
    const elsewhere = lost(rows).filter(({ entryNode }) => entryNode !== 'node-c').length;
    const [loss, ...others] = result.summary.losses!;
    expect(others).toEqual([]);
    expect(loss!.text).toMatch(/^\d+ lost on node-c from .*; starts with crash node-c at 60 s$/);
    expect(loss!.text).toContain(`the node is down, and ${elsewhere} of them came in elsewhere`);
  });

  it('with 1.26 leaves the set of its load balancer with its readiness', () => {
    const { result } = run('i-13a-dead-node-stays', version('1.27', '1.26'));
    const [notReadyS] = eventsS(result, 'NodeNotReady') as [number];
    expect(outS(result, 'node-c')).toBeCloseTo(notReadyS + 1, 1);
  });

  it.each(SEEDS)('is out after 17 to 25 s where kube-proxy is asked every 8 s (seed %i)', (seed) => {
    const { rows, result } = run('i-13a-dead-node-stays-cured', seeded(seed));
    expect(outS(result, 'node-c')).toBeGreaterThanOrEqual(60 + 17);
    expect(outS(result, 'node-c')).toBeLessThanOrEqual(60 + 25);
    const [notReadyS] = eventsS(result, 'NodeNotReady') as [number];
    expect(offFrom(5 / 9, rows, 60, outS(result, 'node-c'))).toBeLessThan(4);
    // What the others sent to the dead pod, until they were told that it is no endpoint any more.
    expect(offFrom(1 / 3, rows, outS(result, 'node-c'), notReadyS)).toBeLessThan(4);
    expect(lost(within(rows, notReadyS + 1.2, 240))).toEqual([]);
  });

  it('is as the presets say', () => {
    for (const seed of SEEDS) {
      expect(run('i-13a-dead-node-stays', seeded(seed)).passed).toEqual([true, true, true, true, true]);
      expect(run('i-13a-dead-node-stays-cured', seeded(seed)).passed).toEqual([true, true, true, true]);
    }
  });
});

describe('I-13b, a partition of the control plane', () => {
  it('with 1.24 is fine for 40 s, empties the set within 45 s and says so, and locks everybody out', () => {
    const { rows, result, passed } = run('i-13b-control-plane-partition');
    expect(passed).toEqual([true, true]);
    expect(lost(within(rows, 0, 100))).toEqual([]);
    const notReady = eventsS(result, 'NodeNotReady');
    expect(notReady).toHaveLength(3);
    for (const atS of notReady) {
      expect(atS).toBeGreaterThanOrEqual(60 + 40);
      expect(atS).toBeLessThanOrEqual(60 + 45);
    }
    const [saidS, ...more] = eventsS(result, 'UnAvailableLoadBalancer') as [number];
    expect([saidS - notReady[0]!, more]).toEqual([1, []]);
    for (const node of ['node-a', 'node-b', 'node-c']) expect(outS(result, node)).toBeCloseTo(saidS, 3);
    expect(outcomes(rows)).toEqual(new Set(['lb-unavailable lb-no-target']));
    expect(lostShare(rows, 106, 360)).toBe(1);
    expect(lost(within(rows, 372, 460))).toEqual([]);
  });

  it.each(SEEDS)('takes 30 to 45 s whatever the phases of leases and looks are (seed %i)', (seed) => {
    const { result } = run('i-13b-control-plane-partition', seeded(seed));
    for (const atS of eventsS(result, 'NodeNotReady')) {
      expect(atS).toBeGreaterThanOrEqual(60 + 30);
      expect(atS).toBeLessThanOrEqual(60 + 45);
    }
  });

  it('with 1.27 leaves the set as it is', () => {
    const { rows, result, passed } = run('i-13b-control-plane-partition-cured');
    expect(passed).toEqual([true, true, true]);
    expect(eventsS(result, 'NodeNotReady')).toHaveLength(3);
    expect(eventsS(result, 'UnAvailableLoadBalancer')).toEqual([]);
    for (const { segments } of result.healthz.loadBalancers)
      expect(segments.map(({ state }) => state)).toEqual(['healthy']);
    expect(lost(within(rows, 0, 360))).toEqual([]);
    expect(outcomes(rows)).toEqual(new Set(['rejected no-endpoint']));
  });

  it('with 1.27 and kube-proxies in reach rejects everything once no endpoint counts as ready', () => {
    const { rows } = run('i-13b-control-plane-partition-cured', (text) => text.replace('kubeProxy: true, ', ''));
    expect(lost(within(rows, 0, 100))).toEqual([]);
    expect(outcomes(rows)).toEqual(new Set(['rejected no-endpoint']));
    expect(lostShare(rows, 107, 360)).toBe(1);
    const kept = (text: string) =>
      text
        .replace('kubeProxy: true, ', '')
        .replace('cluster:\n', 'cluster:\n  nodeLifecycle: {whenAllNodesFail: keepPodsReady}\n');
    expect(lostShare(run('i-13b-control-plane-partition-cured', kept).rows, 107, 360)).toBe(0);
  });

  it('from 1.32 on is fine for 10 s more', () => {
    const { result } = run('i-13b-control-plane-partition-cured', version('1.27', '1.32'));
    for (const atS of eventsS(result, 'NodeNotReady')) expect(atS - 60).toBeGreaterThanOrEqual(50);
  });
});

describe('I-15, a kube-proxy that is stuck', () => {
  it('with 1.26 says 200 for its Service all the while', () => {
    const { rows, result, passed } = run('i-15-stuck-kube-proxy');
    expect(passed).toEqual([true, true]);
    expect(statuses(result, 'node-a', 'healthCheckNodePort')).toEqual([[0, 200]]);
    expect(statuses(result, 'node-a', 'proxy-healthz')).toEqual([
      [0, 200],
      [80, 503],
      [250, 200],
    ]);
    expect(outcomes(rows)).toEqual(new Set(['timeout pod-gone']));
    expect(offFrom(1 / 2, rows, 27, 250)).toBeLessThan(4);
    expect(lost(within(rows, 251, 300))).toEqual([]);
  });

  it.each(['1.27', '1.28', '1.33'])('with %s says 503 after 60 s of a pending update, and is left alone', (to) => {
    const { rows, result, passed } = run('i-15-stuck-kube-proxy-cured', version('1.28', to));
    expect(passed).toEqual([true, true]);
    expect(statuses(result, 'node-a', 'healthCheckNodePort')).toEqual([
      [0, 200],
      [80, 503],
      [250, 200],
    ]);
    expect(outS(result, 'node-a') - 80).toBeGreaterThanOrEqual(16);
    expect(outS(result, 'node-a') - 80).toBeLessThanOrEqual(24.2);
    expect(lost(within(rows, outS(result, 'node-a'), 300))).toEqual([]);
  });
});

describe('I-16, a node without a network that says it is well', () => {
  it('since 1.27 takes a third of all connections with it', () => {
    const { rows, result, passed } = run('i-16-healthz-without-network');
    expect(passed).toEqual([true, true]);
    expect(statuses(result, 'node-c', 'proxy-healthz')).toEqual([[0, 200]]);
    expect(outcomes(rows)).toEqual(new Set(['timeout link-cut']));
    // Not the patch at 31 s, by which the node only says that it is not ready.
    expect(new Set(result.summary.losses?.map(({ event }) => event?.path))).toEqual(
      new Set(['/timeline/0', '/timeline/1']),
    );
    expect(offFrom(1 / 3, rows, 30, 149)).toBeLessThan(4);
    expect(lost(within(rows, 150, 180))).toEqual([]);
  });

  it('to 1.26 loses what comes until the service controller has acted', () => {
    const { rows, result, passed } = run('i-16-healthz-without-network-cured');
    expect(passed).toEqual([true, true]);
    expect(outS(result, 'node-c')).toBeCloseTo(32, 1);
    expect(lost(within(rows, 32, 180))).toEqual([]);
  });
});

describe('I-20, rules that come late', () => {
  it('lead to pods that are gone for up to the minimum period and two syncs', () => {
    const { rows, passed } = run('i-20-late-rules');
    expect(passed).toEqual([true]);
    expect(outcomes(rows)).toEqual(new Set(['timeout pod-gone']));
    const times = lost(rows).map(({ atMs }) => atMs / 1e3);
    expect(Math.min(...times)).toBeGreaterThan(60);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(10);
    expect(Math.max(...times)).toBeLessThan(60 + 4 * 2 + 10 + 2 * 2.84 + 1);
  });

  it('cost nothing where pods outlast them, and next to nothing where a sync takes 0.1 s and may follow at once', () => {
    expect(run('i-20-late-rules-cured').passed).toEqual([true]);
    const fast = run('i-20-late-rules', (text) =>
      text
        .replace('minSyncPeriod: 10s', 'minSyncPeriod: 1s')
        .replace('timings: {proxySync: 2.84s}', 'timings: {proxySync: 0.1s}'),
    );
    expect(lost(fast.rows).length).toBeLessThan(lost(run('i-20-late-rules').rows).length / 10);
  });
});
