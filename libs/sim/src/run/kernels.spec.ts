/** What an upgrade changes of a node's kernel, and when. */
import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../scenario.js';
import { createRun } from '../simulate.js';
import {
  nodeSettings,
  pod,
  SECOND,
  service,
  simulated,
  smallCluster,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import type { Kernels } from './kernels.js';

const upgrade = (seconds: number, set: object): TimelineEntry =>
  ({ atNs: seconds * SECOND, do: 'upgrade', kubeProxy: null, set }) as TimelineEntry;
const LIBERAL = { conntrack: { tcpBeLiberal: true } };

describe('an upgrade that sets tcpBeLiberal', () => {
  const NFTABLES = { mode: 'nftables' } as const;
  const load = traffic({ from: { node: 'n3' }, ratePerSecond: 50, stopNs: 30 * SECOND, outOfWindow: 0.3 });
  const objects = [pod('a', '10.1.1.2'), service('web')];
  const resets = (timeline: TimelineEntry[]) =>
    simulated(smallScenario({ objects, version: '1.31', kubeProxy: NFTABLES, traffic: [load], timeline }))
      .rows.filter(({ cause }) => cause === 'invalid-packet')
      .map(({ atMs }) => atMs / 1000);

  it('counts from the start of the new kube-proxy on', () => {
    const before = resets([]);
    const after = resets([upgrade(10, LIBERAL)]);
    expect(before.some((seconds) => seconds > 12)).toBe(true);
    // proxyRestart takes two seconds.
    expect(Math.max(...after)).toBeGreaterThan(11.5);
    expect(Math.max(...after)).toBeLessThan(12);
  });

  it('is not taken back by a kube-proxy without it, but by the next start of the machine', () => {
    const off = upgrade(14, { conntrack: { tcpBeLiberal: false } });
    expect(Math.max(...resets([upgrade(10, LIBERAL), off]))).toBeLessThan(12);
    const scenario = smallScenario({ version: '1.31', kubeProxy: { ...NFTABLES, ...LIBERAL }, traffic: [] });
    const crash: TimelineEntry = { atNs: 5 * SECOND, do: 'crash', node: 'n1', forNs: 5 * SECOND, vmDeleted: false };
    const run = createRun({ ...scenario, timeline: [crash], durationNs: 60 * SECOND }, { onChunk() {} });
    const isLiberal = () => (run as unknown as { kernels: Kernels }).kernels.isLiberal(0);
    expect(isLiberal()).toBe(true);
    run.advanceTo(6 * SECOND, 1e6);
    expect(isLiberal()).toBe(false);
    run.advanceTo(13 * SECOND, 1e6);
    expect(isLiberal()).toBe(true);
  });

  it('of a version changes whether it is heeded', () => {
    const scenario = smallScenario({ version: '1.28', kubeProxy: LIBERAL, traffic: [] });
    const timeline: TimelineEntry[] = [{ atNs: 10 * SECOND, do: 'upgrade', node: 'n1', version: '1.31' }];
    const run = createRun({ ...scenario, timeline, durationNs: 60 * SECOND }, { onChunk() {} });
    const { kernels } = run as unknown as { kernels: Kernels };
    expect([0, 1].map((node) => kernels.isLiberal(node))).toEqual([false, false]);
    run.advanceTo(13 * SECOND, 1e6);
    expect([0, 1].map((node) => kernels.isLiberal(node))).toEqual([true, false]);
  });
});

describe('an upgrade to another mode', () => {
  it('makes IPVS keep to the ports that it remembers, on an old kernel, from the new process on', () => {
    const old = nodeSettings({ kernel: '5.4' });
    const cluster = smallCluster({ nodes: { n1: old, n2: nodeSettings({ kernel: '5.9' }), n3: old } });
    const scenario = smallScenario({ traffic: [], timeline: [upgrade(10, { mode: 'ipvs' })], durationNs: 60 * SECOND });
    const run = createRun({ ...scenario, cluster }, { onChunk() {} });
    const reuse = () => [0, 1, 2].map((node) => (run as unknown as { kernels: Kernels }).kernels.portReuse(node));
    expect(reuse()).toEqual(['anew', 'anew', 'anew']);
    run.advanceTo(11 * SECOND, 1e6);
    expect(reuse()).toEqual(['anew', 'anew', 'anew']);
    run.advanceTo(13 * SECOND, 1e6);
    expect(reuse()).toEqual(['goesWhereBefore', 'anew', 'goesWhereBefore']);
  });
});
