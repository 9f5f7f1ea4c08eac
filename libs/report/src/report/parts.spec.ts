/** The parts of a report that decide what is said. */
import { describe, expect, it } from 'vitest';
import type { Expectation, ExpectationResult, HealthTimelines, StepRecord, TimelineEntry } from '#sim';
import { smallScenario } from '../../../sim/src/testing/small-scenario.js';
import { eventBadges, FRAMES } from './chart-frame.js';
import { gotText } from './expectation-got.js';
import { wantedText } from './expectation-text.js';
import { headline } from './headline.js';
import { healthLanes } from './lanes.js';
import { type Loss, lossesOf } from './loss-text.js';
import type { ReportInput } from './report-input.js';
import { type MarkedEvent, runEvents } from './run-events.js';
import { madeUpRun } from './testing/made-up-run.js';
import { warningsSection } from './warnings-section.js';

const loss = (over: Partial<Loss>): Loss => ({
  outcome: 'dropped',
  cause: 'no-local-endpoint',
  reason: 'a: DROP',
  text: '',
  place: { kind: 'node', name: 'a' },
  event: { path: '/timeline/0', text: 'readiness default/web-a (fails) at 20 s' },
  count: 127,
  fromMs: 20_181,
  toMs: 25_800,
  first: 992,
  ...over,
});

const input = (requests: number, over: Partial<ReportInput> = {}): ReportInput => {
  const made = madeUpRun({ requests: 1 });
  return { ...made, overview: { ...made.overview, requests }, ...over };
};
const mark: MarkedEvent = {
  number: 1,
  atMs: 20_000,
  untilMs: null,
  text: 'the readiness probe of web-a fails from now on',
  refused: null,
  path: '/timeline/0',
};

describe('warnings', () => {
  const about = (path: string) => ({ path, message: 'Nothing reads <this>.', hint: 'Leave it out.' });

  it('are told with their place, in a section that is there only with them', () => {
    expect(warningsSection(input(1))).toBe('');
    const html = warningsSection(input(1, { warnings: [about('/scenario/a'), about('')] }));
    expect(html).toContain(
      '<li><code>/scenario/a</code> Nothing reads &lt;this&gt;. <span class="soft">Leave it out.</span></li>',
    );
    expect(html).toContain('<li>Nothing reads &lt;this&gt;.');
  });

  it('are 40 at most, and the rest is counted', () => {
    const html = warningsSection(input(1, { warnings: Array.from({ length: 45 }, (_, n) => about(`/${n}`)) }));
    expect(html.match(/<li>/g)).toHaveLength(40);
    expect(html).toContain('5 more are left out.');
  });
});

describe('the headline', () => {
  it.each([
    ['nobody asks', 0, [], 'Nobody sent a request in 60.0 s.'],
    ['all is well', 2960, [], 'All 2,960 requests in 60.0 s were answered.'],
    ['the only one is answered', 1, [], 'The one request in 60.0 s was answered.'],
    [
      'all losses are of one kind',
      2960,
      [loss({})],
      'Of 2,960 requests in 60.0 s, 2,833 were answered and 127 (4.3 %) failed: dropped on node a from 20.2 s to 25.8 s (no local endpoint). Behind it is event 1, 181 ms before the first: the readiness probe of web-a fails from now on.',
    ],
    [
      'two nodes lose alike, and something else is lost too',
      1000,
      [
        loss({ count: 3 }),
        loss({ count: 4, place: { kind: 'node', name: 'b' }, toMs: 30_000 }),
        loss({ count: 5, outcome: 'timeout', cause: 'node-down', event: null }),
      ],
      'Of 1,000 requests in 60.0 s, 988 were answered and 12 (1.2 %) failed, 7 of them dropped on node a and node b from 20.2 s to 30.0 s (no local endpoint). Behind it is event 1, 181 ms before the first: the readiness probe of web-a fails from now on.',
    ],
    [
      'nothing is behind it',
      1,
      [loss({ count: 1, event: null, toMs: 20_181 })],
      'The one request in 60.0 s failed: dropped on node a at 20.2 s (no local endpoint).',
    ],
    [
      'what is behind it has no mark',
      10,
      [loss({ count: 1, event: { path: '/timeline/70', text: 'scale default/web to 0 at 20 s' }, toMs: 20_181 })],
      'Of 10 requests in 60.0 s, 9 were answered and 1 (10.0 %) failed: dropped on node a at 20.2 s (no local endpoint). Behind it: scale default/web to 0 at 20 s.',
    ],
  ])('where %s', (_, requests, losses, text) => {
    expect(headline(input(requests), losses, [mark])).toBe(text);
  });
});

describe('what is expected', () => {
  const base = { name: 'x', where: {}, share: null, count: null };
  const of = { kind: 'healthCheckNodePort' as const, service: 'default/web', status: 503, localEndpoints: null };
  it.each<[Expectation, string]>([
    [{ ...base, where: { outcome: 'ok' }, share: { min: 1, max: null } }, 'outcome ok: at least 100 %'],
    [{ ...base, count: { min: 3, max: 3 } }, 'requests: exactly 3'],
    [
      { ...base, where: { client: 'laptop' }, window: { fromNs: 60e9, toNs: 91e9 }, count: { min: null, max: 0 } },
      'client laptop from 60.0 s to 91.0 s: at most 0',
    ],
    [
      { ...base, latency: [{ quantile: 0.999, minNs: null, maxNs: 20e6 }], window: { fromNs: 5e9, toNs: null } },
      'requests from 5.0 s on: p99.9 at most 20 ms',
    ],
    [
      { ...base, health: { of, node: 'n1', begins: { min: 60e9, max: 61e9 }, ends: null, lasts: null, never: false } },
      'health check of web on n1 answers 503, begins between 60.0 s and 61.0 s',
    ],
    [
      {
        ...base,
        health: {
          of: { kind: 'loadBalancer', service: 'default/web', state: 'unhealthy' },
          node: null,
          begins: null,
          ends: null,
          lasts: null,
          never: true,
        },
      },
      'never: load balancer of web takes some node for unhealthy',
    ],
  ])('is told in a line: %#', (expectation, text) => {
    expect(wantedText(expectation)).toBe(text);
  });
});

describe('what came of what is expected', () => {
  const base = { name: 'x', where: {}, share: null, count: null };
  const counts = { name: 'x', passed: false, matched: 3, of: 120, share: 0.025 };
  const evidence = (more: object) => ({ text: 'found and wanted at most', requests: [], ...more });
  const latency = [
    { quantile: 0.5, us: 13_468.2, requests: 120, error: 0.001, passed: true },
    { quantile: 0.999, us: null, requests: 0, error: 0.001, passed: false },
  ];
  const of = { kind: 'loadBalancer' as const, service: 'default/web', state: 'healthy' as const };
  const health = { of, node: null, begins: null, ends: null, lasts: null, never: false };
  const stretch = { ...counts, matched: 2, of: 5, share: null };
  it.each<[ExpectationResult, Expectation, string]>([
    [{ ...counts, evidence: evidence({}) }, { ...base, count: { min: null, max: 0 } }, '3 of 120 (2.5 %)'],
    [
      { ...counts, evidence: evidence({ latency }) },
      { ...base, latency: [] },
      'p50 13.468 ms of 120 requests, p99.9 of no request',
    ],
    [
      { ...counts, evidence: evidence({ latency: latency.slice(0, 1) }) },
      { ...base, share: { min: 1, max: null }, latency: [] },
      '3 of 120 (2.5 %), p50 13.468 ms of 120 requests',
    ],
    [
      { ...stretch, evidence: evidence({ segment: { node: 'n1', fromMs: 10_000, toMs: 20_500 } }) },
      { ...base, health },
      'n1 from 10.0 s to 20.5 s, and 1 more',
    ],
    [
      { ...stretch, matched: 0, evidence: evidence({ segment: null }) },
      { ...base, health },
      'none at these times, 5 at others',
    ],
    [{ ...stretch, matched: 0, of: 0, evidence: evidence({ segment: null }) }, { ...base, health }, 'none'],
  ])('is told in figures, without what was wanted: %#', (result, expectation, text) => {
    expect(gotText(result, expectation)).toBe(text);
  });
});

describe('losses', () => {
  it('are those of the summary, with the words of their first row', () => {
    const made = madeUpRun({ requests: 100, reasons: 2 });
    const losses = lossesOf(made);
    expect(losses.map(({ reason: _, ...rest }) => rest)).toEqual(made.result.summary.losses);
    expect(losses.every(({ reason }) => reason?.startsWith('reason '))).toBe(true);
  });

  it('of results without such a summary are told by outcome', () => {
    const made = madeUpRun({ requests: 100, reasons: 2 });
    const { losses: _, ...summary } = made.result.summary;
    const losses = lossesOf({ ...made, result: { ...made.result, summary } });
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(20);
    expect(losses.map(({ cause, place, event }) => [cause, place, event])).toEqual(
      losses.map(() => [null, null, null]),
    );
    expect(
      losses.every(
        ({ first, outcome }) => made.overview.samples.find((row) => row.request === first)?.outcome === outcome,
      ),
    ).toBe(true);
  });
});

describe('events', () => {
  const timeline: TimelineEntry[] = [
    { atNs: 40e9, do: 'readiness', pod: 'default/web-a', ready: true },
    { atNs: 20e9, do: 'crash', node: 'n2', forNs: 15e9, vmDeleted: false },
    { atNs: 90e9, do: 'readiness', pod: 'default/web-a', ready: false },
    { atNs: 30e9, do: 'kubectl', command: { verb: 'scale', deployment: 'default/nobody', replicas: 2 } },
  ];
  const transcript: StepRecord[] = [
    record(
      { do: 'kubectl', command: { verb: 'scale', deployment: 'default/web', replicas: 2 } },
      25e9,
      'scaled',
      false,
    ),
    record({ do: 'sleep', forNs: 1e9 }, 26e9, '', false),
    {
      ...record(
        { do: 'kubectl', command: { verb: 'scale', deployment: 'default/nobody', replicas: 2 } },
        30e9,
        'Error from server (NotFound)',
        true,
      ),
      by: 'timeline',
    },
    { ...record({ do: 'event', about: 'node/n2', reason: 'NodeNotReady' }, 31e9, 'not ready', false), by: 'cluster' },
  ];
  const made = madeUpRun({ requests: 1 });
  const { events, leftOut } = runEvents({
    ...made,
    scenario: smallScenario({ timeline }),
    result: { ...made.result, transcript },
  });

  it('are numbered by time, with those steps that change something, until the end of the run', () => {
    expect(events.map(({ number, atMs, text }) => [number, atMs, text])).toEqual([
      [1, 20_000, 'n2 loses power for 15.0s'],
      [2, 25_000, 'kubectl scale deployment web --replicas=2'],
      [3, 30_000, 'kubectl scale deployment nobody --replicas=2'],
      [4, 40_000, 'the readiness probe of web-a passes again'],
    ]);
    expect(leftOut).toBe(0);
  });

  it('say where they stand, how long they last, and what the API server refused', () => {
    expect(events.map(({ path }) => path)).toEqual(['/timeline/1', '/steps/0', '/timeline/3', '/timeline/0']);
    expect(events.map(({ untilMs }) => untilMs)).toEqual([35_000, null, null, null]);
    expect(events.map(({ refused }) => refused)).toEqual([null, null, 'Error from server (NotFound)', null]);
  });

  it('that are too close for a row of badges stand in more, and then in one', () => {
    const close = Array.from({ length: 12 }, (_, n): MarkedEvent => ({ ...mark, number: n + 1, atMs: 20_000 + n }));
    const { shapes, height } = eventBadges({ frame: FRAMES[0]!, endMs: 60_000 }, close);
    expect(height).toBe(66);
    expect(shapes.map((shape) => />([^<]*)<\/text>/.exec(shape)![1])).toEqual(['1', '2', '3–12']);
    const apart = close.map((event, n) => ({ ...event, atMs: n * 5000 }));
    expect(eventBadges({ frame: FRAMES[0]!, endMs: 60_000 }, apart)).toMatchObject({ height: 22 });
  });
});

describe('lanes', () => {
  const answers = (statuses: (number | null)[]) =>
    statuses.map((status, n) => ({
      fromMs: n * 10,
      toMs: (n + 1) * 10,
      status,
      localEndpoints: 1,
      body: null,
      headers: {},
    }));
  const timelines = (nodes: number, statuses: (node: number) => (number | null)[]): HealthTimelines => ({
    nodes: Array.from({ length: nodes }, (_, n) => ({
      node: `n${n}`,
      service: 'default/web',
      kind: 'healthCheckNodePort' as const,
      port: 30_000,
      segments: answers(statuses(n)),
    })),
    loadBalancers: [],
  });

  it("leave kube-proxy's own answers to a sentence where they never change", () => {
    const own = (node: string, statuses: (number | null)[]) => ({
      node,
      service: null,
      kind: 'proxy-healthz' as const,
      port: 10_256,
      segments: answers(statuses),
    });
    const { groups, notes } = healthLanes({ nodes: [own('a', [200]), own('b', [200, 503])], loadBalancers: [] });
    expect(groups.flatMap(({ blocks }) => blocks.map(({ node }) => node))).toEqual(['b']);
    expect(notes).toEqual(["kube-proxy's own /healthz answered 200 from beginning to end on 1 node."]);
  });

  it('of too many nodes are those that change, and say what is missing', () => {
    const { groups, notes } = healthLanes(timelines(100, (n) => (n >= 90 ? [200, 503] : [200])));
    const drawn = groups[0]!.blocks.map(({ node }) => node);
    expect(drawn).toHaveLength(24);
    expect(drawn.slice(-10)).toEqual(['n90', 'n91', 'n92', 'n93', 'n94', 'n95', 'n96', 'n97', 'n98', 'n99']);
    expect(notes).toEqual(['Not drawn: 76 nodes, whose answers never change.']);
    const all = healthLanes(timelines(30, () => [200, 503]));
    expect(all.notes).toEqual(['Not drawn: 6 nodes, of which 6 change.']);
  });

  it('with too many changes are told in windows, and lose no outage', () => {
    const statuses = Array.from({ length: 9000 }, (_, n) => (n === 4321 ? 503 : 200));
    const { stretches } = healthLanes(timelines(1, () => statuses)).groups[0]!.blocks[0]!.lanes[0]!;
    expect(stretches.length).toBeLessThanOrEqual(3000);
    expect(stretches.filter(({ state }) => state === 'down')).toHaveLength(1);
    const down = stretches.find(({ state }) => state === 'down')!;
    expect([down.fromMs <= 43_210, down.toMs >= 43_220]).toEqual([true, true]);
    stretches.slice(1).forEach(({ fromMs }, n) => {
      expect(fromMs).toBeCloseTo(stretches[n]!.toMs, 6);
    });
  });
});

function record(step: StepRecord['step'], fromNs: number, text: string, failed: boolean): StepRecord {
  return { index: 0, step, fromNs, toNs: fromNs, output: { kind: 'text', text, failed } };
}
