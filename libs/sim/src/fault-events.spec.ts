/** Losses by faults: the fault is behind them, and what it kept a node from following is told with it. */
import { describe, expect, it } from 'vitest';
import { loadBalancerProfile } from './load-balancer/families.js';
import type { RequestRow, RunLoss } from './results/result.js';
import type { TimelineEntry, Traffic } from './scenario.js';
import {
  app,
  at,
  deletes,
  MS,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  TIMINGS,
  traffic,
} from './testing/small-scenario.js';

const entry = (seconds: number, fault: object): TimelineEntry =>
  ({ atNs: seconds * SECOND, ...fault }) as unknown as TimelineEntry;
const FREEZE = entry(2, { do: 'freeze', kubeProxy: ['n3'], forNs: 30 * SECOND });
const CUT_OFF = entry(2, { do: 'partition', kubelets: ['n3'], kubeProxy: true, forNs: 30 * SECOND });
const RESTART = entry(2, { do: 'restart', kubeProxy: ['n3'] });
/** Pods end before anybody's rules have followed. */
const AT_ONCE = { timings: { ...TIMINGS, podStopNs: 10 * MS } };
const WEB = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), service('web')];

function lost(over: SmallScenario, load: Partial<Traffic> = {}): { rows: RequestRow[]; losses: RunLoss[] } {
  const one = traffic({ from: { node: 'n3' }, ratePerSecond: 50, stopNs: 20 * SECOND, ...load });
  const { rows, result } = simulated(smallScenario({ objects: WEB, traffic: [one], ...over }));
  return { rows: rows.filter(({ outcome }) => outcome !== 'ok'), losses: result.summary.losses ?? [] };
}

const eventsOf = (rows: RequestRow[]) => [...new Set(rows.map(({ event }) => event))];

describe('a pod that rules still name because their kube-proxy', () => {
  const removal = at(5, deletes('Pod', 'default/b'));

  it.each([
    ['is frozen', FREEZE, 'freeze kube-proxy of n3 for 30 s at 2 s'],
    ['is cut off', CUT_OFF, 'partition kubelets of n3 for 30 s at 2 s'],
  ])('%s is lost by that, and the removal is named', (_, fault, text) => {
    const { rows, losses } = lost({ timeline: [fault, removal] });
    expect(rows.length).toBeGreaterThan(100);
    // What comes before everybody has heard of the removal would have been lost anyway.
    const late = rows.filter(({ atMs }) => atMs > 5_200);
    const event = `${text}, so that n3 did not follow delete Pod default/b at 5 s`;
    expect(eventsOf(late)).toEqual([event]);
    expect(new Set(late.map(({ eventPath }) => eventPath))).toEqual(new Set(['/timeline/0']));
    expect(losses.some((loss) => loss.text.endsWith(`; starts with ${event}`))).toBe(true);
  });

  it('is being started anew is lost by that', () => {
    const { rows } = lost({ timeline: [RESTART, at(2.1, deletes('Pod', 'default/b'))] });
    const late = rows.filter(({ atMs }) => atMs > 2_400);
    expect(eventsOf(late)).toEqual([
      'restart kube-proxy of n3 at 2 s, so that n3 did not follow delete Pod default/b at 2.1 s',
    ]);
  });

  it('has no fault, or is one of another node, is lost by its removal alone', () => {
    for (const timeline of [[removal], [{ ...FREEZE, kubeProxy: ['n1'] } as TimelineEntry, removal]])
      expect(eventsOf(lost({ timeline, cluster: AT_ONCE }).rows)).toEqual(['delete Pod default/b at 5 s']);
  });

  it('was frozen, and has followed since, is lost by its removal alone', () => {
    const thawed = entry(2, { do: 'freeze', kubeProxy: ['n3'], forNs: 1 * SECOND });
    const timeline = [thawed, at(2.5, deletes('Pod', 'default/a')), removal];
    const objects = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), pod('c', '10.1.3.2'), service('web')];
    const { rows } = lost({ objects, timeline, cluster: AT_ONCE });
    const ofB = rows.filter(({ pod: name }) => name === 'default/b');
    expect(ofB.length).toBeGreaterThan(0);
    expect(eventsOf(ofB)).toEqual(['delete Pod default/b at 5 s']);
  });
});

describe('a socket that conntrack holds to a pod that is gone, because kube-proxy of the node', () => {
  const objects = [
    ...WEB.slice(0, 2),
    service('web', { ports: [{ port: 53, targetPort: 5353, protocol: 'UDP' }] }),
    ...[1, 2, 3, 4].map((n) => pod(`shell-${n}`, `10.1.3.${n + 1}`, { labels: {} })),
  ];
  const kept = [1, 2, 3, 4].map((n) =>
    traffic({
      name: `kept-${n}`,
      from: { pod: `default/shell-${n}` },
      protocol: 'UDP',
      reuseSocket: true,
      requestTimeoutNs: 500 * MS,
      stopNs: 20 * SECOND,
    }),
  );
  const removal = at(5, deletes('Pod', 'default/b'));
  const held = (version: string, ...timeline: TimelineEntry[]) =>
    lost({ objects, traffic: kept, timeline: [...timeline, removal], version, durationNs: 20 * SECOND }).rows.filter(
      ({ cause }) => cause === 'stale-conntrack',
    );
  const late = ({ atMs }: RequestRow) => atMs > 6_500;

  it.each([
    ['is frozen', FREEZE, 'freeze kube-proxy of n3 for 30 s at 2 s'],
    ['is cut off', CUT_OFF, 'partition kubelets of n3 for 30 s at 2 s'],
  ])('%s and does not clean up, is lost by that, and the removal is named', (_, fault, text) => {
    for (const version of ['1.28', '1.32']) {
      const rows = held(version, fault).filter(late);
      expect(rows.length).toBeGreaterThan(100);
      expect(eventsOf(rows)).toEqual([`${text}, so that n3 did not follow delete Pod default/b at 5 s`]);
    }
  });

  it('has cleaned up, is lost no more', () => {
    for (const version of ['1.28', '1.32']) expect(held(version).filter(late)).toEqual([]);
  });

  it('has followed and leaves the entry, is lost by the removal', () => {
    const unready = entry(1, { do: 'readiness', pod: 'default/b', ready: false });
    const rows = held('1.30', unready).filter(late);
    expect(rows.length).toBeGreaterThan(100);
    expect(eventsOf(rows)).toEqual(['delete Pod default/b at 5 s']);
  });
});

it('rules that refuse, because their kube-proxy is frozen, do so by the freeze', () => {
  const late = pod('b', '10.1.2.2');
  const timeline = [
    entry(0, { do: 'readiness', pod: 'default/b', ready: false }),
    FREEZE,
    entry(5, { do: 'readiness', pod: 'default/b', ready: true }),
  ];
  const { rows } = lost({ objects: [late, service('web')], timeline });
  const before = rows.filter(({ atMs }) => atMs < 5_000 && atMs > 1_500);
  expect(eventsOf(before)).toEqual(['readiness default/b (fails) at 0 s']);
  expect(eventsOf(rows.filter(({ atMs }) => atMs > 5_200))).toEqual([
    'freeze kube-proxy of n3 for 30 s at 2 s, so that n3 did not follow readiness default/b (passes) at 5 s',
  ]);
});

it('a node without rules, because kube-proxy of another mode starts on it, loses by that and by no change from before', () => {
  const upgrade = entry(5, { do: 'upgrade', kubeProxy: ['n3'], set: { mode: 'nftables' } });
  const patch = { spec: { sessionAffinity: 'ClientIP' } };
  const patched = at(3, { verb: 'patch', kind: 'Service', name: 'default/web', patch });
  for (const timeline of [[upgrade], [patched, upgrade]]) {
    const { rows } = lost({ timeline }, { ratePerSecond: 500, connectTimeoutNs: 500 * MS });
    expect(rows.length).toBeGreaterThan(10);
    expect(new Set(rows.map(({ cause }) => cause))).toEqual(new Set(['no-route']));
    expect(eventsOf(rows)).toEqual(['upgrade kube-proxy of n3 at 5 s']);
  }
});

describe('an answer that comes too late', () => {
  it('over a slow link does so by it, at the link', () => {
    const slow = entry(5, { do: 'slow', between: ['n3', 'n1'], byNs: 300 * MS, forNs: null });
    const { rows, losses } = lost(
      { objects: [pod('a', '10.1.1.2'), service('web')], timeline: [slow] },
      { requestTimeoutNs: 1 * SECOND },
    );
    expect(rows.length).toBeGreaterThan(100);
    expect(eventsOf(rows)).toEqual(['slow n3, n1 at 5 s']);
    expect(losses.map(({ cause, place }) => [cause, place])).toEqual([['too-late', { kind: 'link', name: 'n1–n3' }]]);
  });

  it('over a link that is slow, and loses packets too, does so by what makes it slow', () => {
    const between = ['n3', 'n1'];
    const timeline = [
      entry(5, { do: 'slow', between, byNs: 300 * MS, forNs: null }),
      entry(8, { do: 'lose', between, share: 0.2, forNs: null }),
    ];
    const { rows } = lost({ objects: WEB.slice(0, 1).concat(service('web')), timeline }, { requestTimeoutNs: SECOND });
    const late = rows.filter(({ cause, atMs }) => cause === 'too-late' && atMs > 8_000);
    expect(late.length).toBeGreaterThan(50);
    expect(eventsOf(late)).toEqual(['slow n3, n1 at 5 s']);
  });

  it('of a pod that others have left alone with the work does so by their end', () => {
    const apps = [app({ serviceTimeNs: 30 * MS, serviceTimeDistribution: 'constant', concurrency: 1 })];
    const { rows } = lost({ apps, timeline: [at(5, deletes('Pod', 'default/b'))] }, { requestTimeoutNs: 500 * MS });
    const late = rows.filter(({ cause }) => cause === 'too-late');
    expect(late.length).toBeGreaterThan(50);
    expect(new Set(late.map(({ pod: name }) => name))).toEqual(new Set(['default/a']));
    expect(eventsOf(late)).toEqual(['delete Pod default/b at 5 s']);
  });

  it('has nobody behind it where nothing has happened', () => {
    const apps = [app({ serviceTimeNs: 2 * SECOND, serviceTimeDistribution: 'constant' })];
    const { rows } = lost({ apps }, { requestTimeoutNs: 1 * SECOND });
    expect(eventsOf(rows)).toEqual([null]);
  });
});

describe('a link at fault', () => {
  const lb = [pod('a', '10.1.1.2'), service('web', { type: 'LoadBalancer' })];
  it.each([
    ['clients', 'loadBalancer', 'laptop–loadBalancer'],
    ['n1', 'loadBalancer', 'loadBalancer–n1'],
  ])('between %s and %s is the place of what is lost on it', (a, b, name) => {
    const cut = entry(5, { do: 'cut', between: [a, b], forNs: 2 * SECOND });
    const { losses } = lost({ objects: lb, timeline: [cut] }, { from: { client: 'laptop' } });
    expect(losses.map(({ cause, place }) => [cause, place])).toEqual([['link-cut', { kind: 'link', name }]]);
    expect(losses[0]!.text).toMatch(
      new RegExp(`^\\d+ lost on the link ${name} from .*: .*; starts with cut ${a}, ${b}`),
    );
  });

  it('is that of open connections, too', () => {
    const keepAlive = { connections: 1, requests: null, idleNs: 90 * SECOND, multiplexed: false };
    const cut = entry(5, { do: 'cut', between: ['n1', 'n3'], forNs: 2 * SECOND });
    const objects = [pod('a', '10.1.1.2'), service('web')];
    const { losses } = lost({ objects, timeline: [cut] }, { keepAlive, requestTimeoutNs: 1 * SECOND });
    expect(losses.map(({ cause, place }) => [cause, place])).toEqual([['link-cut', { kind: 'link', name: 'n1–n3' }]]);
  });
});

it('a kube-proxy of mode userspace that accepts no more says so, and no endpoint', () => {
  const crash: TimelineEntry = { atNs: 1 * SECOND, do: 'crash', node: 'n1', forNs: null, vmDeleted: false };
  const { losses } = lost(
    {
      version: '1.25',
      kubeProxy: { mode: 'userspace' },
      objects: [pod('a', '10.1.1.2'), service('web')],
      timeline: [crash],
    },
    { startNs: 2 * SECOND, stopNs: 3 * SECOND, ratePerSecond: 6_000 },
  );
  const full = losses.find(({ cause }) => cause === 'backlog-full');
  expect(full).toMatchObject({ place: { kind: 'node', name: 'n3' }, outcome: 'timeout' });
  expect(full!.text).toMatch(/ lost on n3 from .*: the backlog of kube-proxy’s socket is full/);
});

describe('a client that waits for less than a proxying load balancer does', () => {
  const objects = [...[1, 2, 3].map((n) => pod(`web-${n}`, `10.1.${n}.2`)), service('web', { type: 'LoadBalancer' })];
  const loadBalancers = { default: loadBalancerProfile('generic-proxy'), byService: {} };
  const crash = entry(3, { do: 'crash', node: 'n2', forNs: null, vmDeleted: false });

  it.each([
    ['a node that is off', crash, 'node-down', 'crash n2 at 3 s'],
    [
      'a link that is cut',
      entry(3, { do: 'cut', between: ['loadBalancer', 'n2'], forNs: 5 * SECOND }),
      'link-cut',
      'cut loadBalancer, n2 for 5 s at 3 s',
    ],
    [
      'a link that loses everything',
      entry(3, { do: 'lose', between: ['loadBalancer', 'n2'], share: 1, forNs: 5 * SECOND }),
      'packet-lost',
      'lose loadBalancer, n2 for 5 s at 3 s',
    ],
  ])('loses by %s what one loses by it that waits for longer', (_, fault, cause, event) => {
    const from = { client: 'laptop' };
    for (const requestTimeoutNs of [3 * SECOND, 8 * SECOND]) {
      const { rows } = lost({ objects, loadBalancers, timeline: [fault] }, { from, requestTimeoutNs });
      const later = rows.filter(({ atMs }) => atMs > 3_000);
      expect(later.length).toBeGreaterThan(50);
      expect(new Set(later.map((row) => row.cause))).toEqual(new Set([cause]));
      expect(eventsOf(later)).toEqual([event]);
      expect(new Set(later.map(({ outcome }) => outcome))).toEqual(
        new Set([requestTimeoutNs < 5 * SECOND ? 'timeout' : 'reset']),
      );
    }
  });

  it('or than a kube-proxy of mode userspace, which tries an endpoint of a node that is off before the next', () => {
    const { rows } = lost(
      { version: '1.25', kubeProxy: { mode: 'userspace' }, objects, timeline: [crash] },
      { requestTimeoutNs: 200 * MS },
    );
    expect(rows.length).toBeGreaterThan(100);
    expect(new Set(rows.map(({ cause }) => cause))).toEqual(new Set(['node-down']));
    expect(eventsOf(rows)).toEqual(['crash n2 at 3 s']);
  });
});
describe('what a kubelet does late because it was cut off', () => {
  const cutOff = entry(2, { do: 'partition', kubelets: ['n2'], kubeProxy: false, forNs: 10 * SECOND });
  const only = [pod('b', '10.1.2.2'), service('web')];

  it('comes of the removal that it hears of late', () => {
    const timeline = [cutOff, at(5, deletes('Pod', 'default/b'))];
    const { rows } = lost({ objects: only, timeline, durationNs: 60 * SECOND }, { stopNs: 60 * SECOND });
    expect(rows.length).toBeGreaterThan(100);
    expect(eventsOf(rows)).toEqual(['delete Pod default/b at 5 s']);
  });

  it('comes of the crash where its machine started again meanwhile', () => {
    const crash = entry(5, { do: 'crash', node: 'n2', forNs: 2 * SECOND, vmDeleted: false });
    const { rows } = lost({ objects: only, timeline: [cutOff, crash] }, { stopNs: 30 * SECOND });
    expect(rows.length).toBeGreaterThan(100);
    expect(eventsOf(rows)).toEqual(['crash n2 for 2 s at 5 s']);
  });
});

it.each([
  ['is deleted', at(5, deletes('Pod', 'default/b')), 'delete Pod default/b at 5 s'],
  [
    'is on a machine that is off',
    entry(5, { do: 'crash', node: 'n2', forNs: null, vmDeleted: false }),
    'crash n2 at 5 s',
  ],
])('requests of a pod that %s are put down to that, and not to the service', (_, change, event) => {
  const { losses } = lost({ timeline: [change] }, { from: { pod: 'default/b' }, to: { ip: '10.1.1.2', port: 8080 } });
  const gone = losses.filter(({ cause }) => cause === 'sender-gone');
  expect(gone).toHaveLength(1);
  expect(gone[0]).toMatchObject({ place: { kind: 'pod', name: 'default/b' }, event: { text: event } });
});
