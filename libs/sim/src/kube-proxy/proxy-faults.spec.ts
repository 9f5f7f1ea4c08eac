import { describe, expect, it } from 'vitest';
import type { NodeObject } from '../objects.js';
import type { NodeHealthTimeline, RequestRow } from '../results/result.js';
import type { TimelineAction, TimelineEntry } from '../scenario.js';
import { createRun } from '../simulate.js';
import { sigmasOff } from '../testing/sigmas-off.js';
import {
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

/** To n1's node port, from where it goes to pods of n2 and n3. */
const TO_N1 = { service: 'default/web', port: null, via: 'nodePort', node: 'n1', ipFamily: null, ip: null } as const;
const at = (seconds: number, action: TimelineAction): TimelineEntry => ({ atNs: seconds * SECOND, ...action });
const remove = (seconds: number, name: string): TimelineEntry =>
  at(seconds, {
    do: 'kubectl',
    command: { verb: 'delete', kind: 'Pod', name: `default/${name}`, selector: null, namespace: 'default' },
  });

const run = (over: SmallScenario, ...timeline: TimelineEntry[]) =>
  simulated(
    smallScenario({
      objects: [pod('web-2', '10.1.2.5'), pod('web-3', '10.1.3.5'), service('web', { type: 'NodePort' })],
      durationNs: 120 * SECOND,
      traffic: [traffic({ to: TO_N1, stopNs: 120 * SECOND, ratePerSecond: 20, connectTimeoutNs: 1 * SECOND })],
      timeline,
      ...over,
    }),
  );

const lostIn = (rows: RequestRow[], fromS: number, toS: number) =>
  rows.filter(({ atMs, outcome }) => atMs >= fromS * 1e3 && atMs < toS * 1e3 && outcome !== 'ok');
const segments = (timelines: NodeHealthTimeline[], kind: NodeHealthTimeline['kind'], node = 'n1') =>
  timelines
    .find((timeline) => timeline.node === node && timeline.kind === kind)
    ?.segments.map(({ fromMs, status }) => [Math.round(fromMs / 100) / 10, status]);

describe('a frozen kube-proxy', () => {
  const freeze = at(10, { do: 'freeze', kubeProxy: ['n1'], forNs: 90 * SECOND });

  it('keeps the rules that it has, and fails /healthz once an update has waited for 60 s', () => {
    const { rows, result } = run({}, freeze, remove(20, 'web-3'));
    expect(lostIn(rows, 0, 20)).toEqual([]);
    // Half of what comes goes to the pod that is gone.
    expect(sigmasOff(lostIn(rows, 22, 100).length, 78 * 20, 1 / 2)).toBeLessThan(4);
    expect(lostIn(rows, 102, 120)).toEqual([]);
    const healthz = segments(result.healthz.nodes, 'proxy-healthz')!;
    expect(healthz.map(([, status]) => status)).toEqual([200, 503, 200]);
    expect(healthz[1]![0]).toBeCloseTo(80.1, 1);
    expect(healthz[2]![0]).toBeCloseTo(100.1, 1);
    expect(segments(result.healthz.nodes, 'proxy-healthz', 'n2')!.map(([, status]) => status)).toEqual([200]);
  });

  it('is healthy as long as nothing waits', () => {
    const { result } = run({ traffic: [] }, freeze);
    expect(segments(result.healthz.nodes, 'proxy-healthz')!.map(([, status]) => status)).toEqual([200]);
  });

  it('hides in 1.23 behind a stream of events, in 1.25 not any more', () => {
    const events = [20, 40, 60, 80].flatMap((s) => [
      at(s, { do: 'readiness', pod: 'default/web-3', ready: false }),
      at(s + 10, { do: 'readiness', pod: 'default/web-3', ready: true }),
    ]);
    const answers = (version: string) =>
      segments(run({ version, traffic: [] }, freeze, ...events).result.healthz.nodes, 'proxy-healthz')!.map(
        ([, status]) => status,
      );
    expect(answers('1.23')).toEqual([200]);
    expect(answers('1.25')).toEqual([200, 503, 200]);
  });

  it('ends a sync that was under way when it thaws', () => {
    const { result } = run(
      { traffic: [] },
      remove(9.9, 'web-3'),
      at(10.98, { do: 'freeze', kubeProxy: null, forNs: 50 * SECOND }),
    );
    expect(result.summary.ruleSyncs).toBeGreaterThan(3);
  });
});

describe('a kube-proxy that starts anew', () => {
  it('leaves the rules in the kernel, and its sockets shut until the new process listens', () => {
    const { rows, result } = run({}, at(10, { do: 'restart', kubeProxy: ['n1'] }));
    expect(lostIn(rows, 0, 120)).toEqual([]);
    expect(segments(result.healthz.nodes, 'proxy-healthz')).toEqual([
      [0, 200],
      [10, null],
      [12, 200],
    ]);
  });

  it('learns of what changed meanwhile', () => {
    const { rows } = run({}, at(10, { do: 'restart', kubeProxy: null }), remove(10.5, 'web-3'));
    // The new process begins at 12 s.
    expect(sigmasOff(lostIn(rows, 11, 12).length, 20, 1 / 2)).toBeLessThan(4);
    expect(lostIn(rows, 13, 120)).toEqual([]);
  });

  it('is no longer frozen', () => {
    const { rows } = run(
      {},
      at(10, { do: 'freeze', kubeProxy: null, forNs: 90 * SECOND }),
      at(20, { do: 'restart', kubeProxy: null }),
      remove(30, 'web-3'),
    );
    expect(lostIn(rows, 34, 120)).toEqual([]);
  });
});

it('a kube-proxy out of reach of the API server hears of everything when it is in reach again', () => {
  const { rows } = run(
    {},
    at(10, { do: 'partition', kubelets: ['n1'], kubeProxy: true, forNs: 40 * SECOND }),
    remove(20, 'web-3'),
  );
  expect(sigmasOff(lostIn(rows, 22, 50).length, 28 * 20, 1 / 2)).toBeLessThan(4);
  expect(lostIn(rows, 53, 120)).toEqual([]);
});

describe('an upgrade', () => {
  it('of a node changes what its kube-proxy answers and what kubectl shows', () => {
    const scenario = smallScenario({
      version: '1.27',
      durationNs: 60 * SECOND,
      timeline: [at(10, { do: 'upgrade', node: 'n1', version: '1.31' })],
    });
    const { result } = simulated(scenario);
    const bodies = result.healthz.nodes
      .find(({ node, kind }) => node === 'n1' && kind === 'proxy-healthz')
      ?.segments.map(({ body }) => body?.includes('nodeEligible'));
    expect(bodies).toEqual([false, undefined, true]);
    const run = createRun(scenario, { onChunk: () => {} });
    run.advanceTo(20 * SECOND, 1e6);
    const node = run.objects().find((o): o is NodeObject => o.kind === 'Node' && o.metadata.name === 'n1');
    expect(node?.status?.nodeInfo?.kubeletVersion).toBe('v1.31.0');
    expect(run.proxy('n2')?.behaviour.livez).toBe(false);
    expect(run.proxy('n1')?.behaviour.livez).toBe(true);
  });

  it('from iptables to nftables has a gap without rules, from iptables to ipvs none', () => {
    const switched = (mode: 'nftables' | 'ipvs') =>
      run({ version: '1.33' }, at(10, { do: 'upgrade', kubeProxy: ['n1'], set: { mode } }));
    const toNft = switched('nftables').rows;
    const lost = lostIn(toNft, 0, 120);
    expect(new Set(lost.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
    expect(Math.min(...lost.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(11_990);
    expect(Math.max(...lost.map(({ atMs }) => atMs))).toBeLessThan(12_110);
    expect(lostIn(switched('ipvs').rows, 0, 120)).toEqual([]);
  });

  it('of settings keeps those that are not named', () => {
    const scenario = smallScenario({
      durationNs: 60 * SECOND,
      kubeProxy: { clusterCIDR: '10.1.0.0/16' },
      timeline: [at(10, { do: 'upgrade', kubeProxy: null, set: { iptables: { masqueradeBit: 15 } } })],
    });
    const run = createRun(scenario, { onChunk: () => {} });
    run.advanceTo(20 * SECOND, 1e6);
    expect(run.proxy('n1')?.masqueradeMark).toBe(1 << 15);
    expect(run.proxy('n1')?.program('IPv4')?.view.node.localDetector).not.toBeNull();
  });
});

describe('a scale-down', () => {
  const scaleDown = at(10, { do: 'scaleDown', node: 'n2', afterNs: 30 * SECOND });

  it.each([
    ['1.27', [200]],
    ['1.30', [200, 503]],
  ])('makes /healthz of the node say so in its version: %s', (version, before) => {
    const { result } = run({ version, traffic: [] }, scaleDown);
    const statuses = segments(result.healthz.nodes, 'proxy-healthz', 'n2')!.map(([, status]) => status);
    expect(statuses).toEqual([...before, null]);
    if (version === '1.30') {
      const livez = segments(result.healthz.nodes, 'proxy-livez', 'n2')!.map(([, status]) => status);
      expect(livez).toEqual([200, null]);
    }
  });

  it('ends with the machine, then with its Node', () => {
    const { result } = run({ traffic: [] }, scaleDown);
    const events = result.transcript
      .filter(({ by }) => by === 'cluster')
      .map(({ step }) => ('reason' in step ? step.reason : ''));
    expect(events).toEqual(['NodeNotReady', 'DeletingNode']);
  });
});
