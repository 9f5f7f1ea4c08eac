import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../scenario.js';
import {
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { mayRunOut } from './source-ports.js';

/** All by node n1 to the one pod, which is on n2: nothing but the source port tells the connections apart. */
const run = (ratePerSecond: number, seconds: number, over: SmallScenario = {}) =>
  simulated(
    smallScenario({
      objects: [pod('web-2', '10.1.2.5'), service('web', { type: 'NodePort' })],
      durationNs: seconds * SECOND,
      traffic: [
        traffic({
          to: { service: 'default/web', port: null, via: 'nodePort', node: 'n1', ipFamily: null, ip: null },
          stopNs: seconds * SECOND,
          ratePerSecond,
        }),
      ],
      ...over,
    }),
  );

describe('the source ports of Linux, where nothing is said of them', () => {
  it('suffice for 500 connections a second from one node to one endpoint: 60,000 are remembered at a time', () => {
    expect(run(500, 130).result.summary.outcomes).toEqual({ ok: 65_000 });
  });

  it('are used up after 92 s by 700 a second, and come back after the 120 s of TIME_WAIT', () => {
    const { rows, result } = run(700, 130);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(
      new Set(['dropped no-source-port']),
    );
    expect(lost[0]!.reason).toBe('n1 has no source port left for another masqueraded connection to 10.1.2.5 port 8080');
    // 240 tries at random find one of the last 3 % of the ports all but once in 1,500 times.
    expect(Math.min(...lost.map(({ atMs }) => atMs))).toBeGreaterThan(88_000);
    const served = (fromS: number, toS: number) =>
      rows.filter(({ atMs, outcome }) => atMs >= fromS * 1e3 && atMs < toS * 1e3 && outcome === 'ok').length;
    expect(served(0, 88)).toBe(88 * 700);
    // The last port of 64,512 is found by one SYN in 270.
    expect(served(97, 119)).toBe(0);
    // As many come back as are asked for; at the end of each second those of it are gone.
    expect(served(121, 130)).toBeGreaterThan(0.9 * 9 * 700);
    expect(result.summary.losses).toMatchObject([{ cause: 'no-source-port', place: { kind: 'node', name: 'n1' } }]);
  });

  it('are not waited for where the kernel evicts what is closed', () => {
    const nodes = Object.fromEntries(
      Object.entries(smallScenario({}).cluster.nodes).map(([name, node]) => [name, { ...node, kernel: '6.6' }]),
    );
    expect(run(700, 100, { cluster: { nodes } }).result.summary.outcomes).toEqual({ ok: 70_000 });
  });

  it('are shared by nobody: of two endpoints each has all of them', () => {
    const objects = [pod('web-2', '10.1.2.5'), pod('web-3', '10.1.3.5'), service('web', { type: 'NodePort' })];
    expect(run(700, 130, { objects }).result.summary.outcomes).toEqual({ ok: 91_000 });
  });
});

it('are all free again when the node has been off', () => {
  const cluster = { conntrack: { sourcePorts: { from: 20_000, to: 20_999 }, insertRace: 0 } };
  // A thousand ports last for 50 s; the node is off from 60 to 65 s, and its kube-proxy back at 67 s.
  const outage: TimelineEntry = { atNs: 60 * SECOND, do: 'crash', node: 'n1', forNs: 5 * SECOND, vmDeleted: false };
  const wants = (timeline: TimelineEntry[]) =>
    run(20, 100, { cluster, timeline }).rows.filter(({ atMs, cause }) => atMs > 67_500 && cause === 'no-source-port');
  expect(wants([]).length).toBeGreaterThan(600);
  expect(wants([outage])).toEqual([]);
});

it('nothing is counted where not even all traffic together could use up half of them', () => {
  const load = (over: object) => [traffic({ ratePerSecond: 10, stopNs: 600 * SECOND, ...over })];
  expect(mayRunOut(load({}), 64_512)).toBe(false);
  expect(mayRunOut(load({ ratePerSecond: 50 }), 64_512)).toBe(true);
  expect(mayRunOut(load({ ratePerSecond: 50, count: 1000 }), 64_512)).toBe(false);
  expect(mayRunOut(load({ ratePerSecond: 50, stopNs: 1 * SECOND }), 64_512)).toBe(false);
  expect(mayRunOut(load({ retries: { attempts: 5, backoffNs: 0, on: ['timeout'] } }), 64_512)).toBe(true);
  expect(mayRunOut(load({}), 10)).toBe(true);
});
