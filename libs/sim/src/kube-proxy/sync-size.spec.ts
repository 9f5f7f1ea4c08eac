import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../objects.js';
import { createRun } from '../simulate.js';
import { pod, SECOND, service, smallScenario, TIMINGS } from '../testing/small-scenario.js';

const many = (count: number): KubeObject[] =>
  Array.from({ length: count }, (_, n) => [
    pod(`p${n}`, `10.1.2.${n + 2}`, { labels: { app: `a${n}` } }),
    service(`s${n}`, { selector: { app: `a${n}` } }),
  ]).flat();

/** How long the sync takes after one pod of many services has become unready; ms. */
function syncMs(
  services: number,
  version: string,
  mode: 'iptables' | 'nftables' = 'iptables',
  restart = false,
): number {
  const run = createRun(
    smallScenario({
      version,
      objects: many(services),
      kubeProxy: { mode },
      cluster: { timings: { ...TIMINGS, proxySyncPerRuleNs: 1e6 } },
      timeline: restart
        ? [{ atNs: 5 * SECOND, do: 'restart', kubeProxy: ['n1'] }]
        : [{ atNs: 5 * SECOND, do: 'readiness', pod: 'default/p0', ready: false }],
      durationNs: 60 * SECOND,
    }),
    { onChunk: () => {} },
  );
  const proxy = run.proxy('n1')!;
  let begun = 0;
  for (let ms = 5000; ms < 30_000; ms++) {
    run.advanceTo(ms * 1e6, 1e7);
    const now = run.proxy('n1')!;
    if (begun === 0 && now.isUp && now.dueNs === null) begun = ms;
    if (begun > 0 && now.dueNs !== null) return ms - begun;
  }
  throw new Error(`no sync of ${proxy.mode.name}`);
}

describe('a sync takes 100 ms, and so long for each rule', () => {
  it('of all services before 1.27, where every sync is full', () => {
    // An unready endpoint leaves one rule of its service's five.
    expect(syncMs(20, '1.25')).toBe(100 + 19 * 5 + 1);
    expect(syncMs(40, '1.25')).toBe(100 + 39 * 5 + 1);
  });

  it('of the services that changed since, and of one that leads to each', () => {
    expect(syncMs(20, '1.28')).toBe(100 + 20 + 1);
    expect(syncMs(40, '1.28')).toBe(100 + 40 + 1);
  });

  it('of what changed in mode nftables', () => {
    expect(syncMs(20, '1.33', 'nftables')).toBe(101);
    expect(syncMs(40, '1.33', 'nftables')).toBe(101);
  });

  it('of everything when kube-proxy starts', () => {
    expect(syncMs(20, '1.28', 'iptables', true)).toBe(100 + 20 * 5);
    expect(syncMs(20, '1.33', 'nftables', true)).toBe(100 + 20 * 5);
  });
});
