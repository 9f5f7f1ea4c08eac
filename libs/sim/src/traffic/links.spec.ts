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

describe('a lossy link', () => {
  const lose = (share: number, forNs: number | null = FOR): TimelineAction => ({
    do: 'lose',
    between: ['clients', 'loadBalancer'],
    share,
    forNs,
  });
  const patient = { stopNs: 60 * SECOND, ratePerSecond: 50, connectTimeoutNs: 20 * SECOND };
  const open = { connections: 12, requests: Number.MAX_SAFE_INTEGER, idleNs: 90 * SECOND, multiplexed: true };

  it('costs a second for each SYN that is lost, or SYN-ACK', () => {
    const { rows, result } = run({}, lose(0.3));
    const inside = during(rows);
    const sentAgain = (times: number) => inside.filter(({ firstPackets }) => firstPackets > times).length;
    expect(sigmasOff(sentAgain(1), inside.length, 1 - 0.7 ** 2)).toBeLessThan(4);
    expect(sigmasOff(sentAgain(2), inside.length, (1 - 0.7 ** 2) ** 2)).toBeLessThan(4);
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(new Set(['timeout packet-lost']));
    expect(result.summary.losses?.map(({ event }) => event?.path)).toEqual(['/timeline/0']);
  });

  it('delays requests and answers by 200 ms, then twice as long, and so on', () => {
    const { rows } = run({ traffic: [traffic(patient)] }, lose(0.3, null));
    // Of those that get through with a SYN.
    const inside = rows.filter(({ atMs, connectUs }) => atMs >= 10_000 && connectUs !== null);
    expect(new Set(inside.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    const afterConnect = inside.map(({ latencyUs, connectUs }) => (latencyUs - connectUs!) / 1e6);
    const between = (least: number, most: number) => afterConnect.filter((s) => s >= least && s < most).length;
    const off = (count: number, share: number) => sigmasOff(count, inside.length, share);
    // Both come through; one of them is lost once; each is; one is lost twice.
    expect(off(between(0, 0.1), 0.7 ** 2)).toBeLessThan(4);
    expect(off(between(0.2, 0.3), 2 * 0.3 * 0.7 ** 2)).toBeLessThan(4);
    expect(off(between(0.4, 0.5), 0.3 ** 2 * 0.7 ** 2)).toBeLessThan(4);
    expect(off(between(0.6, 0.7), 2 * 0.3 ** 2 * 0.7 ** 2)).toBeLessThan(4);
    expect(between(0.1, 0.2) + between(0.3, 0.4) + between(0.5, 0.6)).toBe(0);
  });

  it('delays what is sent on open connections until a retransmission comes through after its end', () => {
    const { rows } = run({ traffic: [traffic({ ...patient, keepAlive: open })] }, lose(1));
    const inside = during(rows).filter(({ connectUs }) => connectUs === null);
    expect(inside.length).toBeGreaterThan(900);
    for (const { outcome, atMs, latencyUs } of inside) {
      const left = 30 - atMs / 1e3;
      expect(outcome).toBe('ok');
      // Sent again after 0.2, 0.6, 1.4, … s: the wait doubles, so it is at most twice as long as it has to be.
      expect(latencyUs / 1e6).toBeGreaterThan(left);
      expect(latencyUs / 1e6).toBeLessThan(2 * left + 0.3);
    }
    expect(rows.filter(({ atMs, latencyUs }) => atMs > 30_000 && latencyUs > 0.1e6)).toEqual([]);
  });

  it('is lost on whoever does not wait, or after 924.6 s on TCP itself', () => {
    const hasty = traffic({ ...patient, keepAlive: open, requestTimeoutNs: 1 * SECOND });
    const { rows, result } = run({ traffic: [hasty] }, lose(0.5));
    const lost = during(rows).filter(({ outcome, connectUs }) => outcome !== 'ok' && connectUs === null);
    expect(new Set(lost.map(({ outcome, cause, latencyUs }) => `${outcome} ${cause} ${latencyUs}`))).toEqual(
      new Set(['timeout packet-lost 1000000']),
    );
    expect(lost[0]!.reason).toBe('the link between the client and the load balancer lost the packet');
    // In time is what waits 0, 0.2, 0.2 + 0.2, 0.6 or 0.6 + 0.2 s.
    const inTime = 0.25 * (1 + 2 * 0.5 + 0.25 + 2 * 0.25 + 2 * 0.125);
    const kept = during(rows).filter(({ connectUs }) => connectUs === null);
    expect(sigmasOff(lost.length, kept.length, 1 - inTime)).toBeLessThan(4);
    expect(result.summary.losses).toMatchObject([
      { place: { kind: 'link', name: 'laptop–loadBalancer' }, event: { path: '/timeline/0' } },
    ]);
    const forEver = traffic({ ...patient, stopNs: 20 * SECOND, keepAlive: open });
    const given = run({ traffic: [forEver] }, lose(1, null)).rows.filter(
      ({ atMs, connectUs }) => atMs > 10_100 && connectUs === null && atMs < 19_000,
    );
    expect(given.length).toBeGreaterThan(400);
    expect(new Set(given.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(new Set(['timeout packet-lost']));
    for (const { latencyUs } of given) expect(latencyUs / 1e6).toBeCloseTo(924.6, 1);
  });

  it('loses another packet of another try, and datagrams for good', () => {
    const retries = { attempts: 4, backoffNs: 0.1 * SECOND, on: ['timeout' as const] };
    const load = traffic({ ...patient, connectTimeoutNs: 0.5 * SECOND, retries });
    const inside = run({ traffic: [load] }, lose(0.3, null)).rows.filter(({ atMs }) => atMs >= 10_000);
    const lost = inside.filter(({ outcome }) => outcome !== 'ok');
    expect(sigmasOff(lost.length, inside.length, (1 - 0.7 ** 2) ** 4)).toBeLessThan(4);
    expect(new Set(lost.map(({ attempts, firstPackets }) => `${attempts} ${firstPackets}`))).toEqual(new Set(['4 4']));
    const dns = service('web', { type: 'LoadBalancer', ports: [{ port: 53, protocol: 'UDP', targetPort: 5353 }] });
    const asked = traffic({ ...patient, protocol: 'UDP', connectTimeoutNs: null, requestTimeoutNs: 2 * SECOND });
    const { rows } = run({ objects: [pod('web-2', '10.1.2.5'), dns], traffic: [asked] }, lose(0.3, null));
    const datagrams = rows.filter(({ atMs }) => atMs >= 10_000);
    const missed = datagrams.filter(({ outcome }) => outcome === 'timeout');
    expect(sigmasOff(missed.length, datagrams.length, 1 - 0.7 ** 2)).toBeLessThan(4);
  });
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
  expect(lost.some(({ connectUs, reason }) => connectUs === null && /^the link between .* is cut$/.test(reason!))).toBe(
    true,
  );
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
