import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../results/result.js';
import type { TimelineAction, TimelineEntry } from '../scenario.js';
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
import { Links, LOAD_BALANCER } from './links.js';

describe('links', () => {
  const links = new Links(1, [{ name: 'a' }, { name: 'b' }]);
  const a = links.placeOfClient('a');
  const b = links.placeOfClient('b');

  it('are quiet until something is wrong, and again afterwards', () => {
    expect(links.quiet).toBe(true);
    const end = links.begin(0, 1, { isCut: true });
    expect([links.quiet, links.isCut(0, 1), links.isCut(1, 0), links.isCut(0, 2)]).toEqual([false, true, true, false]);
    end();
    expect([links.quiet, links.isCut(0, 1)]).toEqual([true, false]);
  });

  it('add up their delays', () => {
    const ends = [links.begin(0, LOAD_BALANCER, { delayNs: 5 }), links.begin(LOAD_BALANCER, 0, { delayNs: 7 })];
    expect([links.delayNs(LOAD_BALANCER, 0), links.delayNs(0, 1)]).toEqual([12, 0]);
    for (const end of ends) end();
  });

  it('mean one client, or all of them', () => {
    const end = links.begin(links.placeNamed('a')!, 0, { isCut: true });
    expect([links.isCut(a, 0), links.isCut(b, 0)]).toEqual([true, false]);
    end();
    const endAll = links.begin(links.placeNamed('clients')!, LOAD_BALANCER, { isCut: true });
    expect([links.isCut(a, LOAD_BALANCER), links.isCut(b, LOAD_BALANCER), links.isCut(a, 0)]).toEqual([
      true,
      true,
      false,
    ]);
    endAll();
  });

  it('lose their share, by the dice of the packet', () => {
    const end = links.begin(0, 1, { share: 0.2 });
    const lost = (key: number) => Array.from({ length: 5000 }, (_, n) => links.losesPacket(0, 1, key, n));
    expect(sigmasOff(lost(7).filter(Boolean).length, 5000, 0.2)).toBeLessThan(4);
    expect(lost(7)).toEqual(lost(7));
    expect(lost(8)).not.toEqual(lost(7));
    end();
  });
});

const at10 = (action: TimelineAction): TimelineEntry => ({ atNs: 10 * SECOND, ...action });
const run = (over: SmallScenario, ...actions: TimelineAction[]) =>
  simulated(
    smallScenario({
      objects: [pod('web-2', '10.1.2.5'), service('web', { type: 'LoadBalancer' })],
      durationNs: 60 * SECOND,
      traffic: [traffic({ stopNs: 60 * SECOND, ratePerSecond: 50, connectTimeoutNs: 4 * SECOND })],
      timeline: actions.map(at10),
      ...over,
    }),
  );
const during = (rows: RequestRow[]) => rows.filter(({ atMs }) => atMs >= 10_000 && atMs < 30_000);
const FOR = 20 * SECOND;

describe('a cut', () => {
  it('between two nodes loses what has to cross it, in silence', () => {
    const { rows, result } = run({}, { do: 'cut', between: ['n1', 'n2'], forNs: FOR });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(new Set(lost.map(({ outcome, cause, entryNode }) => `${outcome} ${cause} ${entryNode}`))).toEqual(
      new Set(['timeout link-cut n1']),
    );
    expect(result.summary.losses?.map(({ event }) => event?.path)).toEqual(['/timeline/0']);
    // A third comes in by n1; what is sent again after the cut, 3 s after its first SYN, arrives.
    const unheard = during(rows).filter(({ atMs }) => atMs < 27_000);
    expect(sigmasOff(lost.length, unheard.length, 1 / 3)).toBeLessThan(4);
    expect(Math.max(...lost.map(({ atMs }) => atMs))).toBeLessThan(27_000);
    expect(lost.every(({ atMs }) => atMs >= 10_000 && atMs < 30_000)).toBe(true);
  });

  it('between load balancer and node is noticed by its checks', () => {
    const { rows, result } = run({}, { do: 'cut', between: ['loadBalancer', 'n1'], forNs: FOR });
    const own = result.healthz.loadBalancers.find(({ node }) => node === 'n1');
    expect(own?.segments.map(({ state }) => state)).toEqual(['healthy', 'unhealthy', 'healthy']);
    expect(rows.filter(({ atMs, outcome }) => outcome !== 'ok' && atMs > 28_000)).toEqual([]);
    expect(rows.some(({ outcome }) => outcome === 'timeout')).toBe(true);
  });

  it('between clients and load balancer loses everything', () => {
    const { rows } = run({}, { do: 'cut', between: ['clients', 'loadBalancer'], forNs: FOR });
    const inside = rows.filter(({ atMs }) => atMs >= 10_000 && atMs < 25_000);
    expect(new Set(inside.map(({ outcome }) => outcome))).toEqual(new Set(['timeout']));
    expect(rows.filter(({ atMs }) => atMs >= 30_000).every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  it('fails checks of a node port that go across it', () => {
    const nodePorts = { default: profile({ clusterCheck: 'tcp-node-port' }), byService: {} };
    const { result } = run({ loadBalancers: nodePorts }, { do: 'cut', between: ['n1', 'n2'], forNs: null });
    const states = Object.fromEntries(
      result.healthz.loadBalancers.map(({ node, segments }) => [node, segments.at(-1)?.state]),
    );
    expect(states).toEqual({ n1: 'unhealthy', n2: 'healthy', n3: 'healthy' });
  });
});

it('a slow link adds its delay to each way', () => {
  const { rows } = run({}, { do: 'slow', between: ['laptop', 'loadBalancer'], byNs: 0.05 * SECOND, forNs: FOR });
  const before = rows.filter(({ atMs }) => atMs < 10_000).map(({ latencyUs }) => latencyUs);
  const slowed = rows.filter(({ atMs }) => atMs > 11_000 && atMs < 29_000).map(({ latencyUs }) => latencyUs);
  const least = (values: number[]) => Math.min(...values);
  // The handshake's round trip and the request's.
  expect(least(slowed) - least(before)).toBeGreaterThan(199_000);
  expect(least(slowed) - least(before)).toBeLessThan(202_000);
  expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
});

it('a lossy link costs a second for each SYN that is lost', () => {
  const { rows, result } = run({}, { do: 'lose', between: ['clients', 'loadBalancer'], share: 0.3, forNs: FOR });
  const inside = during(rows);
  const sentAgain = (times: number) => inside.filter(({ firstPackets }) => firstPackets > times).length;
  expect(sigmasOff(sentAgain(1), inside.length, 0.3)).toBeLessThan(4);
  expect(sigmasOff(sentAgain(2), inside.length, 0.09)).toBeLessThan(4);
  const lost = rows.filter(({ outcome }) => outcome !== 'ok');
  expect(new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(new Set(['timeout packet-lost']));
  expect(result.summary.losses?.map(({ event }) => event?.path)).toEqual(['/timeline/0']);
});

it('a cut leaves open connections without an answer', () => {
  const scenario = smallScenario({
    objects: [pod('web-2', '10.1.2.5'), service('web', { type: 'LoadBalancer' })],
    durationNs: 60 * SECOND,
    timeline: [at10({ do: 'cut', between: ['loadBalancer', 'n1'], forNs: null })],
    traffic: [
      traffic({
        stopNs: 60 * SECOND,
        ratePerSecond: 50,
        requestTimeoutNs: 1 * SECOND,
        keepAlive: { connections: 12, requests: Number.MAX_SAFE_INTEGER, idleNs: 90 * SECOND, multiplexed: true },
      }),
    ],
  });
  const { rows } = simulated(scenario);
  const lost = rows.filter(({ outcome }) => outcome !== 'ok');
  expect(lost.some(({ reason }) => reason === 'a link on the way to default/web-2 is cut')).toBe(true);
  expect(lost.every(({ atMs, cause }) => atMs >= 9_990 && cause === 'link-cut')).toBe(true);
});

it('a client that tries again shows its tries, and the packets of all of them', () => {
  const retries = { attempts: 3, backoffNs: 0.1 * SECOND, on: ['timeout' as const] };
  const load = traffic({ startNs: 11 * SECOND, stopNs: 12 * SECOND, count: 1, connectTimeoutNs: 4 * SECOND, retries });
  const forever: TimelineAction = { do: 'cut', between: ['clients', 'loadBalancer'], forNs: null };
  // SYNs at 0, 1 and 3 s of each try.
  expect(run({ traffic: [load] }, forever).rows).toMatchObject([{ outcome: 'timeout', attempts: 3, firstPackets: 9 }]);
  // The second try's first SYN, after 4.1 s, is lost as well; its second one is not.
  expect(run({ traffic: [load] }, { ...forever, forNs: 5.5 * SECOND }).rows).toMatchObject([
    { outcome: 'ok', attempts: 2, firstPackets: 5 },
  ]);
});
