import { describe, expect, it } from 'vitest';
import type { HealthTimelines } from '../results/result.js';
import type { TimelineEntry } from '../scenario.js';
import { node, pod, SECOND, type SmallScenario, service, simulated, smallScenario } from '../testing/small-scenario.js';

const local = service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
const at = (seconds: number, command: Extract<TimelineEntry, { do: 'kubectl' }>['command']): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command,
});
const patched = (seconds: number, spec: Record<string, unknown>) =>
  at(seconds, { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec } });
const removed = (seconds: number, kind: 'Node' | 'Service', name: string) =>
  at(seconds, { verb: 'delete', kind, name, selector: null, namespace: 'default' });

function healthz(timeline: TimelineEntry[], over: SmallScenario = {}): HealthTimelines {
  const objects = [pod('a', '10.1.1.2'), local];
  return simulated(smallScenario({ objects, timeline, durationNs: 60 * SECOND, ...over })).result.healthz;
}

function contiguous(healthz: HealthTimelines, endMs: number): void {
  for (const { segments } of [...healthz.nodes, ...healthz.loadBalancers]) {
    expect(segments[0]?.fromMs).toBe(0);
    expect(segments.at(-1)?.toMs).toBe(endMs);
    for (const [n, { fromMs, toMs }] of segments.entries()) {
      if (n > 0) expect(fromMs).toBe(segments[n - 1]?.toMs);
      expect(toMs).toBeGreaterThan(fromMs);
    }
  }
}

const checks = ({ nodes }: HealthTimelines, name: string) =>
  nodes
    .filter((timeline) => timeline.node === name && timeline.kind === 'healthCheckNodePort')
    .map(({ port, segments }) => [port, segments.map(({ status, localEndpoints }) => [status, localEndpoints])]);

describe('health timelines', () => {
  it('tell of each socket of each node from the start to the end', () => {
    const all = healthz([]);
    expect(all.nodes.map(({ node: name, kind, port }) => `${name} ${kind} ${port}`)).toEqual(
      ['n1', 'n2', 'n3'].flatMap((name) => [
        `${name} proxy-healthz 10256`,
        `${name} proxy-livez 10256`,
        `${name} healthCheckNodePort 30087`,
      ]),
    );
    expect([checks(all, 'n1'), checks(all, 'n2')]).toEqual([[[30087, [[200, 1]]]], [[30087, [[503, 0]]]]]);
    contiguous(all, 60_000);
  });

  it('know no livez before 1.28', () => {
    expect(healthz([], { version: '1.27' }).nodes.some(({ kind }) => kind === 'proxy-livez')).toBe(false);
  });

  it('follow a pod’s readiness after watch, slice and sync', () => {
    const all = healthz([{ atNs: 20 * SECOND, do: 'readiness', pod: 'default/a', ready: false }]);
    const [timeline] = all.nodes.filter(({ node: name, service: of }) => name === 'n1' && of !== null);
    expect(timeline?.segments.map(({ fromMs, status }) => [fromMs, status])).toEqual([
      [0, 200],
      [20_000 + 30 + 20 + 100, 503],
    ]);
    contiguous(all, 60_000);
  });

  it('say that nothing listens before a port opens and after it closes; a new port is a new timeline', () => {
    const all = healthz([
      patched(10, { externalTrafficPolicy: 'Cluster' }),
      patched(30, { externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }),
    ]);
    expect(checks(all, 'n1')).toEqual([
      [
        30087,
        [
          [200, 1],
          [null, null],
        ],
      ],
      [
        32000,
        [
          [null, null],
          [200, 1],
        ],
      ],
    ]);
    contiguous(all, 60_000);
  });

  it('fall silent with their node, and go on when it comes back', () => {
    const all = healthz([removed(10, 'Node', 'n2'), at(30, { verb: 'apply', object: node(2) })]);
    const [proxy] = all.nodes.filter(({ node: name, kind }) => name === 'n2' && kind === 'proxy-healthz');
    expect(proxy?.segments.map(({ fromMs, status }) => [fromMs, status])).toEqual([
      [0, 200],
      [10_000, null],
      [30_000, 200],
    ]);
    contiguous(all, 60_000);
  });

  it('of load balancers tell of absent, unhealthy and healthy targets', () => {
    const all = healthz([removed(20, 'Service', 'default/web')]);
    const states = (name: string) =>
      all.loadBalancers
        .filter((timeline) => timeline.node === name)
        .flatMap(({ segments }) => segments.map(({ state }) => state));
    expect([states('n1'), states('n2')]).toEqual([
      ['healthy', 'absent'],
      ['unhealthy', 'absent'],
    ]);
    contiguous(all, 60_000);
  });

  it('of a run of no time at all have no gaps either', () => {
    const { nodes } = healthz([], { durationNs: 0 });
    expect(nodes.every(({ segments }) => segments.length === 1)).toBe(true);
  });
});
