import { describe, expect, it } from 'vitest';
import type { KubeObject } from './objects.js';
import type { RequestRow } from './results/result.js';
import type { Step, TimelineEntry } from './scenario.js';
import { createRun } from './simulate.js';
import {
  MS,
  node,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  TIMINGS,
  traffic,
  workload,
} from './testing/small-scenario.js';

const kubectl = (seconds: number, command: Extract<TimelineEntry, { do: 'kubectl' }>['command']): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'kubectl',
  command,
});
const patched = (seconds: number, spec: Record<string, unknown>) =>
  kubectl(seconds, { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec } });
const removed = (seconds: number, kind: 'Node' | 'Pod' | 'Service', name: string) =>
  kubectl(seconds, { verb: 'delete', kind, name, selector: null, namespace: 'default' });
const readiness = (seconds: number, name: string, ready: boolean): TimelineEntry => ({
  atNs: seconds * SECOND,
  do: 'readiness',
  pod: `default/${name}`,
  ready,
});

const PODS = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), pod('c', '10.1.3.2')];
const nodePort = service('web', { type: 'NodePort' });
const count = (rows: RequestRow[], outcome: string) => rows.filter((row) => row.outcome === outcome).length;

describe('a run', () => {
  const busy: SmallScenario = {
    objects: [...PODS, service('web', { type: 'LoadBalancer' })],
    traffic: [traffic({ arrivals: 'poisson', ratePerSecond: 200 })],
    timeline: [
      readiness(3, 'a', false),
      patched(5, { externalTrafficPolicy: 'Local' }),
      removed(7, 'Pod', 'default/b'),
    ],
    steps: [{ do: 'sleep', forNs: 1 * SECOND }],
    durationNs: 20 * SECOND,
  };

  it('counts every request once, in rows and in its summary', () => {
    const { rows, result } = simulated(smallScenario(busy));
    expect(result.summary.requests).toBe(rows.length);
    expect(rows.map(({ request }) => request)).toEqual(rows.map((_, n) => n));
    const sum = Object.values(result.summary.outcomes).reduce((total, n) => total + n, 0);
    expect(sum).toBe(rows.length);
    for (const [outcome, n] of Object.entries(result.summary.outcomes)) expect(count(rows, outcome)).toBe(n);
  });

  it('gives the same result as often as it is asked', () => {
    const run = createRun(smallScenario(busy), { onChunk: () => {} });
    while (!run.step(1000));
    expect(run.result()).toBe(run.result());
    expect(run.step(1000)).toBe(true);
  });

  it('has another fingerprint with another seed, another policy, or a request more', () => {
    const fingerprint = (over: SmallScenario) => simulated(smallScenario({ ...busy, ...over })).result.fingerprint;
    const all = [
      fingerprint({}),
      fingerprint({ seed: 2 }),
      fingerprint({ timeline: [] }),
      fingerprint({ traffic: [traffic({ arrivals: 'poisson', ratePerSecond: 201 })] }),
    ];
    expect(new Set(all).size).toBe(4);
    expect(fingerprint({})).toBe(all[0]);
  });

  it('goes forward all the time, and is done at its end', () => {
    const run = createRun(smallScenario(busy), { onChunk: () => {} });
    let before = { time: 0, progress: 0 };
    while (!run.step(50)) {
      const now = { time: run.nowNs, progress: run.progress };
      expect(now.time).toBeGreaterThanOrEqual(before.time);
      expect(now.progress).toBeGreaterThanOrEqual(before.progress);
      expect(now.progress).toBeLessThan(1);
      before = now;
    }
    expect([run.done, run.progress]).toEqual([true, 1]);
    expect(before.progress).toBeGreaterThan(0.4);
  });

  it('without load or steps lasts as long as it says, and says how far it is', () => {
    const run = createRun(
      smallScenario({ objects: [service('web', { type: 'LoadBalancer' })], durationNs: 100 * SECOND }),
      {
        onChunk: () => {},
      },
    );
    run.step(30);
    expect(run.progress).toBeGreaterThan(0);
    expect(run.progress).toBeLessThan(0.9);
    while (!run.step(100));
    expect(run.result().summary).toMatchObject({ virtualMs: 100_000, requests: 0 });
  });

  it('meets its expectations or not', () => {
    const share = { min: 1, max: null };
    const expectation = (name: string, where: object) => ({ name, where, share, count: null });
    const { result } = simulated(
      smallScenario({
        objects: [...PODS, nodePort],
        traffic: [traffic()],
        expect: [expectation('nothing lost', { outcome: 'ok' }), expectation('client kept', { sourceKind: 'client' })],
      }),
    );
    expect(result.expectations.map(({ passed }) => passed)).toEqual([true, false]);
  });
});

describe('odd scenarios come to an end', () => {
  const wait: Step = {
    do: 'waitUntil',
    condition: { loadBalancer: 'default/none', healthy: 1 },
    timeoutNs: 5 * SECOND,
  };
  const lb = service('web', { type: 'LoadBalancer' });
  it.each<[string, SmallScenario]>([
    ['nothing at all', { nodes: [], cluster: { nodes: {} }, clients: [] }],
    ['no time', { durationNs: 0, objects: [lb] }],
    ['steps beyond the duration', { durationNs: 0, steps: [wait, { do: 'sleep', forNs: 500 * SECOND }, wait] }],
    ['many steps', { steps: Array.from({ length: 300 }, () => ({ do: 'sleep', forNs: 0 }) as Step), stepPauseNs: 0 }],
    [
      'traffic that stops at 0',
      { traffic: [traffic({ stopNs: 0 }), traffic({ name: 'b', stopNs: 0, arrivals: 'poisson' })] },
    ],
    ['traffic beyond the duration', { durationNs: 1 * SECOND, traffic: [traffic({ stopNs: 5 * SECOND })] }],
    ['a timeline beyond the duration', { timeline: [patched(1000, { type: 'NodePort' })], objects: [lb] }],
    [
      'more requests than nanoseconds',
      { traffic: [traffic({ ratePerSecond: 1e12, count: 2000, stopNs: 1 * SECOND })] },
    ],
    [
      'no latency at all',
      {
        objects: [...PODS, lb],
        traffic: [traffic()],
        timeline: [readiness(1, 'a', false)],
        cluster: {
          timings: Object.fromEntries(Object.keys(TIMINGS).map((name) => [name, 0])) as unknown as typeof TIMINGS,
        },
      },
    ],
    [
      'latencies longer than anybody waits',
      {
        objects: [...PODS, lb],
        traffic: [traffic({ count: 20 }), traffic({ name: 'pod', from: { pod: 'default/a' }, count: 20 })],
        timeline: [patched(1, { externalTrafficPolicy: 'Local' }), removed(2, 'Pod', 'default/a')],
        cluster: {
          timings: Object.fromEntries(
            Object.keys(TIMINGS).map((name) => [name, 7 * SECOND]),
          ) as unknown as typeof TIMINGS,
        },
      },
    ],
  ])('%s', (_, over) => {
    const run = createRun(smallScenario(over), { onChunk: () => {} });
    let slices = 0;
    while (!run.step(1000)) expect(++slices).toBeLessThan(200);
    const typed = run.result().transcript.filter(({ by }) => by === undefined);
    expect(typed).toHaveLength(over.steps?.length ?? 0);
  });
});

describe('a change', () => {
  const asked = (timeline: TimelineEntry[], over: SmallScenario = {}) =>
    simulated(
      smallScenario({
        objects: [pod('a', '10.1.1.2'), nodePort],
        traffic: [
          traffic({
            to: { ip: '10.0.0.1', port: 30086 },
            ratePerSecond: 1000,
            connectTimeoutNs: 5 * MS,
            stopNs: 5 * SECOND,
          }),
        ],
        timeline,
        ...over,
      }),
    ).rows;

  it('of a pod is in the rules after slice, watch and sync', () => {
    const rows = asked([readiness(2, 'a', false)]);
    const first = rows.find(({ outcome }) => outcome === 'rejected');
    const arrivesMs = (first?.atMs as number) + TIMINGS.clientToClusterNs / MS;
    expect(arrivesMs).toBe(2000 + (TIMINGS.endpointSliceLatencyNs + TIMINGS.watchLatencyNs + TIMINGS.proxySyncNs) / MS);
    expect(
      rows.filter(({ atMs }) => atMs >= (first?.atMs as number)).every(({ outcome }) => outcome === 'rejected'),
    ).toBe(true);
  });

  it('that follows others waits for minSyncPeriod: two syncs at once, then one a second', () => {
    const flips = [2, 2.2, 2.4, 2.6].map((seconds, n) => readiness(seconds, 'a', n % 2 === 1));
    const rows = asked(flips);
    const turns = rows.flatMap(({ atMs, outcome }, n) => (n > 0 && outcome !== rows[n - 1]?.outcome ? [atMs] : []));
    expect(turns.map((ms) => ms + 2)).toEqual([2150, 2350, 3450, 3450 + 1000].slice(0, turns.length));
    expect(turns.length).toBeGreaterThanOrEqual(2);
  });

  it('of a service is heard of without a slice', () => {
    const rows = asked([removed(2, 'Service', 'default/web')]);
    const first = rows.find(({ outcome }) => outcome === 'refused');
    expect((first?.atMs as number) + 2).toBe(2000 + (TIMINGS.watchLatencyNs + TIMINGS.proxySyncNs) / MS);
  });

  it('of a node’s kube-proxy concerns that node alone', () => {
    const late = smallScenario({
      objects: [pod('a', '10.1.1.2'), nodePort],
      timeline: [readiness(2, 'a', false)],
      traffic: ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) =>
        traffic({ name: ip, to: { ip, port: 30086 }, ratePerSecond: 100, stopNs: 4 * SECOND }),
      ),
    });
    const n2 = late.cluster.nodes.n2;
    if (n2 !== undefined)
      late.cluster.nodes.n2 = {
        ...n2,
        kubeProxy: { ...n2.kubeProxy, iptables: { ...n2.kubeProxy.iptables, minSyncPeriodNs: 30 * SECOND } },
      };
    const rejects = (entryNode: string) =>
      simulated(late).rows.find((row) => row.entryNode === entryNode && row.outcome === 'rejected')?.atMs;
    expect(rejects('n1')).toBe(rejects('n3'));
    expect(rejects('n2')).toBe(rejects('n1'));
  });
});

describe('a rolling flip of readiness', () => {
  const flips = (ready: boolean, from: number) =>
    ['a', 'b', 'c'].map((name, n) => readiness(from + 4 * n, name, ready));

  it('loses nothing with policy Cluster while one pod is ready', () => {
    const timeline = ['a', 'b', 'c'].flatMap((name, n) => [
      readiness(2 + 4 * n, name, false),
      readiness(4 + 4 * n, name, true),
    ]);
    const { rows } = simulated(
      smallScenario({
        objects: [...PODS, service('web', { type: 'LoadBalancer' })],
        traffic: [traffic({ ratePerSecond: 100, stopNs: 20 * SECOND })],
        timeline,
        durationNs: 20 * SECOND,
      }),
    );
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('loses with policy Local what the load balancer still sends to a node without a pod', () => {
    const { rows, result } = simulated(
      smallScenario({
        objects: [...PODS, service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })],
        traffic: [traffic({ ratePerSecond: 200, stopNs: 30 * SECOND })],
        timeline: [readiness(5, 'a', false)],
        durationNs: 30 * SECOND,
      }),
    );
    const [out] = result.healthz.loadBalancers.filter((timeline) => timeline.node === 'n1');
    const unhealthyMs = out?.segments.find(({ state }) => state === 'unhealthy')?.fromMs as number;
    const { intervalNs, unhealthyThreshold } = profile().localHealthCheck;
    expect(unhealthyMs).toBeGreaterThan(5150 + ((unhealthyThreshold - 1) * intervalNs) / MS);
    expect(unhealthyMs).toBeLessThan(5151 + (unhealthyThreshold * intervalNs) / MS);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.every(({ outcome, entryNode }) => outcome === 'dropped' && entryNode === 'n1')).toBe(true);
    const window = (unhealthyMs - 5150) / 1000;
    expect(lost.length).toBeGreaterThan((window * 200) / 3 - 100);
    expect(lost.length).toBeLessThan((window * 200) / 3 + 100);
    for (const { atMs } of lost) {
      expect(atMs).toBeGreaterThan(5150 - 3);
      expect(atMs).toBeLessThan(unhealthyMs);
    }
  });

  it('that leaves no pod at all is refused by every node, and taken up again with the first pod', () => {
    const { rows } = simulated(
      smallScenario({
        objects: [...PODS, nodePort],
        traffic: [traffic({ ratePerSecond: 20, stopNs: 30 * SECOND })],
        timeline: [...flips(false, 2), readiness(20, 'b', true)],
        durationNs: 30 * SECOND,
      }),
    );
    expect(count(rows, 'ok') + count(rows, 'rejected')).toBe(rows.length);
    const rejected = rows.filter(({ outcome }) => outcome === 'rejected').map(({ atMs }) => atMs);
    expect(Math.min(...rejected)).toBeGreaterThan(10_000);
    expect(Math.max(...rejected)).toBeLessThan(20_200);
    expect(rows.filter(({ atMs }) => atMs > 20_200).every(({ pod: name }) => name === 'default/b')).toBe(true);
  });

  it('of a pod that terminates keeps it in use as the last one, from 1.26 on', () => {
    const lostIn = (version: string) => {
      const { rows } = simulated(
        smallScenario({
          version,
          objects: [pod('a', '10.1.1.2'), nodePort],
          traffic: [traffic({ to: { ip: '10.0.0.1', port: 30086 }, ratePerSecond: 100, stopNs: 4 * SECOND })],
          timeline: [removed(2, 'Pod', 'default/a')],
        }),
      );
      return rows.find(({ outcome }) => outcome !== 'ok')?.atMs as number;
    };
    // Until the sync that hears of the termination; until the process stops a second after it.
    expect(lostIn('1.25')).toBeLessThan(2200);
    expect(lostIn('1.26')).toBeGreaterThan(2950);
  });
});

describe('a node', () => {
  const steady = (timeline: TimelineEntry[], objects: KubeObject[] = []) =>
    simulated(
      smallScenario({
        objects: [workload('Deployment', 'web', 3), service('web', { type: 'LoadBalancer' }), ...objects],
        traffic: [traffic({ ratePerSecond: 100, stopNs: 60 * SECOND })],
        timeline,
        durationNs: 60 * SECOND,
      }),
    );

  it('that goes takes connections with it until the load balancer has heard of it', () => {
    const { rows, result } = steady([removed(10, 'Node', 'n1')]);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.length).toBeGreaterThan(10);
    expect(lost.every(({ atMs }) => atMs > 9_990 && atMs < 11_000)).toBe(true);
    expect(new Set(lost.map(({ outcome }) => outcome))).toEqual(new Set(['timeout']));
    expect(result.healthz.loadBalancers.find((timeline) => timeline.node === 'n1')?.segments.at(-1)?.state).toBe(
      'absent',
    );
  });

  it('that joins gets rules, is checked, and takes its share', () => {
    const { rows } = steady([kubectl(10, { verb: 'apply', object: node(4) })]);
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
    const first = rows.find(({ entryNode }) => entryNode === 'n4');
    expect(first?.atMs).toBeGreaterThan(16_000);
    expect(first?.atMs).toBeLessThan(23_000);
  });

  it('whose address changes is met at the new one', () => {
    const moved = { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.11' }] } };
    const asked = (ip: string) =>
      simulated(
        smallScenario({
          objects: [pod('a', '10.1.1.2'), nodePort],
          traffic: [traffic({ to: { ip, port: 30086 }, ratePerSecond: 1, startNs: 5 * SECOND })],
          timeline: [kubectl(1, { verb: 'patch', kind: 'Node', name: 'n1', patch: moved })],
        }),
      ).rows[0];
    expect(asked('10.0.0.11')).toMatchObject({ outcome: 'ok', entryNode: 'n1', pod: 'default/a' });
    expect(asked('10.0.0.1')?.outcome).toBe('timeout');
  });

  it('that leaves and comes back is the same node again', () => {
    const { rows, result } = steady([removed(10, 'Node', 'n1'), kubectl(20, { verb: 'apply', object: node(1) })]);
    expect(rows.filter(({ atMs }) => atMs > 12_000).every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(rows.some(({ atMs, entryNode }) => atMs > 40_000 && entryNode === 'n1')).toBe(true);
    expect(result.healthz.loadBalancers.filter((timeline) => timeline.node === 'n1')).toHaveLength(1);
  });
});

describe('traffic to a headless service', () => {
  it('goes to the pods that its name has at the time', () => {
    const to = { service: 'default/web', port: 8080, via: null, node: null, ipFamily: null, ip: null } as const;
    const load = traffic({ from: { pod: 'default/client' }, to, ratePerSecond: 100 });
    const client = pod('client', '10.1.1.9', { labels: { app: 'client' } });
    const { rows } = simulated(
      smallScenario({
        objects: [...PODS, client, service('web', { clusterIP: 'None' })],
        traffic: [load],
        timeline: [readiness(3, 'a', false), readiness(6, 'b', false), readiness(6, 'c', false)],
      }),
    );
    const met = (from: number, until: number) =>
      [
        ...new Set(
          rows.filter(({ atMs }) => atMs >= from * 1000 && atMs < until * 1000).map((row) => row.pod ?? row.reason),
        ),
      ].sort();
    expect(met(0, 3)).toEqual(['default/a', 'default/b', 'default/c']);
    expect(met(3.1, 6)).toEqual(['default/b', 'default/c']);
    expect(met(6.1, 10)).toEqual(['default/web: no endpoint of it is ready']);
    expect(rows.every(({ service: of }) => of === 'default/web')).toBe(true);
  });
});
