/** Where requests go in a cluster of several zones, while endpoints come and go. */
import { describe, expect, it } from 'vitest';
import type { NodeObject, ServiceObject } from './objects.js';
import type { RequestRow } from './results/result.js';
import type { TimelineEntry } from './scenario.js';
import {
  node,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from './testing/small-scenario.js';

const zoned = (n: number, zone: string): NodeObject => {
  const plain = node(n);
  const metadata = { ...plain.metadata, labels: { 'topology.kubernetes.io/zone': zone } };
  return { ...plain, metadata, status: { ...plain.status, allocatable: { cpu: '4' } } };
};
/** n1 and n2 are in zone a, n3 is in zone b; a pod on each, and a client pod on n1. */
const NODES = [zoned(1, 'a'), zoned(2, 'a'), zoned(3, 'b')];
const PODS = [pod('p1', '10.1.1.2'), pod('p2', '10.1.2.2'), pod('p3', '10.1.3.2')];
const CLIENT = pod('client', '10.1.1.9', { labels: { app: 'client' } });
const readiness = (seconds: number, name: string, ready: boolean): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'readiness',
  pod: `default/${name}`,
  ready,
});
const patched = (seconds: number, patch: Record<string, unknown>): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command: { verb: 'patch', kind: 'Service', name: 'default/web', patch },
});

function rows(web: ServiceObject, over: SmallScenario = {}): RequestRow[] {
  const load = traffic({ from: { pod: 'default/client' }, ratePerSecond: 100 });
  return simulated(smallScenario({ nodes: NODES, objects: [...PODS, CLIENT, web], traffic: [load], ...over })).rows;
}

/** Pods that answered between two seconds. */
const answering = (all: RequestRow[], from: number, to: number): string[] =>
  [
    ...new Set(all.filter(({ atMs }) => atMs >= from * 1000 && atMs < to * 1000).map((row) => row.pod ?? row.outcome)),
  ].sort();

const near = (value: string) => service('web', { trafficDistribution: value });
const [P1, P2, P3] = ['default/p1', 'default/p2', 'default/p3'];

describe('requests', () => {
  it('go everywhere without being asked to stay', () => {
    expect(answering(rows(service('web')), 0, 10)).toEqual([P1, P2, P3]);
  });

  it('stay in their zone with PreferClose, and leave it when nobody is ready there', () => {
    const timeline = [readiness(3, 'p1', false), readiness(3, 'p2', false), readiness(6, 'p1', true)];
    const all = rows(near('PreferClose'), { timeline });
    expect(answering(all, 0, 3)).toEqual([P1, P2]);
    expect(answering(all, 4.5, 6)).toEqual([P3]);
    expect(answering(all, 7.5, 10)).toEqual([P1]);
  });

  it('stay on their node with PreferSameNode, then in their zone', () => {
    const all = rows(near('PreferSameNode'), { version: '1.34', timeline: [readiness(3, 'p1', false)] });
    expect(answering(all, 0, 3)).toEqual([P1]);
    expect(answering(all, 4.5, 10)).toEqual([P2]);
  });

  it('go everywhere again as soon as one endpoint has no hint', () => {
    const all = rows(near('PreferClose'), { timeline: [patched(3, { spec: { trafficDistribution: null } })] });
    expect([answering(all, 0, 3), answering(all, 4.5, 10)]).toEqual([
      [P1, P2],
      [P1, P2, P3],
    ]);
  });

  it('stay in their zone by annotation as long as the zones have endpoints by their CPU', () => {
    const web = service('web');
    web.metadata.annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
    const all = rows(web, { timeline: [readiness(3, 'p2', false)] });
    expect(answering(all, 0, 3)).toEqual([P1, P2]);
    expect(answering(all, 4.5, 10)).toEqual([P1, P3]);
  });
});
