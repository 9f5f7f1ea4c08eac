import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../results/result.js';
import type { TimelineEntry } from '../scenario.js';
import { sigmasOff } from '../testing/sigmas-off.js';
import {
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const LB = { type: 'LoadBalancer' } as const;
const THREE = [pod('web-1', '10.1.1.5'), pod('web-2', '10.1.2.5'), pod('web-3', '10.1.3.5')];

const run = (over: SmallScenario, ...timeline: TimelineEntry[]) =>
  simulated(
    smallScenario({
      objects: [...THREE, service('web', LB)],
      durationNs: 120 * SECOND,
      traffic: [traffic({ stopNs: 120 * SECOND, ratePerSecond: 50 })],
      timeline,
      ...over,
    }),
  );

const crashAt10 = (forNs: number | null): TimelineEntry => ({
  atNs: 10 * SECOND,
  do: 'crash',
  node: 'n1',
  forNs,
  vmDeleted: false,
});
const between = (rows: RequestRow[], fromS: number, toS: number) =>
  rows.filter(({ atMs }) => atMs >= fromS * 1e3 && atMs < toS * 1e3);
const share = (rows: RequestRow[], test: (row: RequestRow) => boolean) => rows.filter(test).length / rows.length;
const isLost = ({ outcome }: RequestRow) => outcome !== 'ok';
const offFrom = (expected: number, rows: RequestRow[], test: (row: RequestRow) => boolean) =>
  sigmasOff(rows.filter(test).length, rows.length, expected);

describe('a crash of a machine', () => {
  const { rows, result } = run({}, crashAt10(null));

  it('is silence, not a refusal: SYNs are sent again until the client gives up', () => {
    const lost = rows.filter(isLost);
    expect(new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(new Set(['timeout node-down']));
    expect(Math.min(...lost.map(({ latencyUs }) => latencyUs))).toBe(1e6);
    expect(rows.filter(({ outcome }) => outcome === 'refused' || outcome === 'reset')).toEqual([]);
  });

  it('costs what goes to the node and what goes to its pods, then its pods alone, then nothing', () => {
    // Until its health checks have failed, the load balancer sends a third to the node; a third of the rest meets its pod.
    expect(offFrom(5 / 9, between(rows, 10, 20), isLost)).toBeLessThan(4);
    expect(offFrom(1 / 3, between(rows, 32, 38), isLost)).toBeLessThan(4);
    expect(share(between(rows, 58, 120), isLost)).toBe(0);
  });

  it('leaves its sockets without an answer', () => {
    const own = result.healthz.nodes.filter(({ node }) => node === 'n1');
    expect(own.length).toBeGreaterThan(0);
    for (const { segments } of own) {
      expect(segments.map(({ fromMs, toMs, status }) => [fromMs, toMs, status])).toEqual([
        [0, 10_000, 200],
        [10_000, 120_000, null],
      ]);
    }
  });

  it('is told by events', () => {
    const events = result.transcript.filter(({ by }) => by === 'cluster').map(({ step }) => step);
    expect(events).toEqual([{ do: 'event', about: 'node/n1', reason: 'NodeNotReady' }]);
  });

  it('that ends has a kube-proxy that starts anew and answers again', () => {
    const back = run({}, crashAt10(20 * SECOND));
    const [healthz] = back.result.healthz.nodes.filter(({ node, kind }) => node === 'n1' && kind === 'proxy-healthz');
    expect(healthz?.segments.map(({ status }) => status)).toEqual([200, null, 200]);
    expect(healthz?.segments.at(-1)?.fromMs).toBe(32_000);
    expect(share(between(back.rows, 60, 120), isLost)).toBe(0);
    expect(between(back.rows, 60, 120).some(({ entryNode }) => entryNode === 'n1')).toBe(true);
    expect(between(back.rows, 60, 120).some(({ pod: name }) => name === 'default/web-1')).toBe(true);
  });

  it('of what is off already, or is not there, says so', () => {
    const twice = run({ traffic: [] }, crashAt10(null), { ...crashAt10(null), atNs: 12 * SECOND });
    const outputs = twice.result.transcript.filter(({ by }) => by === 'timeline').map(({ output }) => output);
    expect(outputs).toEqual([
      { kind: 'text', text: '', failed: false },
      { kind: 'text', text: 'n1 is off already', failed: true },
    ]);
  });

  it('fails TCP checks of other nodes as often as they meet its pods', () => {
    const nodePorts = profile({ clusterCheck: 'tcp-node-port' });
    const { result: checked } = run({ loadBalancers: { default: nodePorts, byService: {} } }, crashAt10(null));
    const other = checked.healthz.loadBalancers.filter(({ node }) => node !== 'n1');
    // Three failures in a row, each with a chance of one in three, over some checks: it may or may not come to that.
    expect(other.every(({ segments }) => segments[0]?.state === 'healthy')).toBe(true);
    const own = checked.healthz.loadBalancers.find(({ node }) => node === 'n1');
    expect(own?.segments.at(-1)?.state).toBe('unhealthy');
  });
});

describe('a partition', () => {
  it('of kubelets leaves everything as it is until the node controller gives up, then takes their endpoints away', () => {
    const cut: TimelineEntry = {
      atNs: 10 * SECOND,
      do: 'partition',
      kubelets: ['n1'],
      kubeProxy: false,
      forNs: 60 * SECOND,
    };
    const { rows } = run({}, cut);
    expect(share(rows, isLost)).toBe(0);
    const toFirst = ({ pod: name }: RequestRow) => name === 'default/web-1';
    expect(offFrom(1 / 3, between(rows, 10, 38), toFirst)).toBeLessThan(4);
    expect(share(between(rows, 58, 70), toFirst)).toBe(0);
    expect(offFrom(1 / 3, between(rows, 90, 120), toFirst)).toBeLessThan(4);
  });
});

describe('a crash of a pod', () => {
  it('is a refusal until its container listens again', () => {
    const { rows } = run({}, { atNs: 10 * SECOND, do: 'crash', pod: 'default/web-1' });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.length).toBeGreaterThan(0);
    expect(new Set(lost.map(({ outcome, pod: name }) => `${outcome} ${name}`))).toEqual(
      new Set(['refused default/web-1']),
    );
    expect(share(between(rows, 14, 120), isLost)).toBe(0);
  });
});
