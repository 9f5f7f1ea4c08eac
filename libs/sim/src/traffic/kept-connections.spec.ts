/** Connections that clients keep open: which endpoint they hold, and what becomes of them. */
import { describe, expect, it } from 'vitest';
import type { Balancer } from '../load-balancer/balancer.js';
import { PackedChunk } from '../results/packed-chunk.js';
import { type NumberedChunk, readWindow } from '../results/reader.js';
import type { RequestRow } from '../results/result.js';
import type { TimelineEntry, Traffic } from '../scenario.js';
import { createRun } from '../simulate.js';
import {
  app,
  at,
  deletes,
  MS,
  node,
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  TIMINGS,
  traffic,
} from '../testing/small-scenario.js';
import type { Connections } from './connections.js';

type KeepAlive = NonNullable<Traffic['keepAlive']>;
const kept = (over: Partial<KeepAlive> = {}): KeepAlive => ({
  connections: 1,
  requests: null,
  idleNs: 90 * SECOND,
  multiplexed: false,
  ...over,
});
const WEB = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), pod('c', '10.1.3.2'), service('web')];
const load = (over: Partial<Traffic> = {}): Traffic =>
  traffic({ from: { node: 'n3' }, keepAlive: kept(), stopNs: 20 * SECOND, requestTimeoutNs: 2 * SECOND, ...over });
const rowsOf = (one: Partial<Traffic>, over: SmallScenario = {}): RequestRow[] =>
  simulated(smallScenario({ objects: WEB, traffic: [load(one)], durationNs: 20 * SECOND, ...over })).rows;
const fresh = ({ connectUs }: RequestRow) => connectUs !== null;
const podsOf = (rows: RequestRow[]) => new Set(rows.map(({ pod: name }) => name));

/** The pod that the first connection has. */
const holder = (one: Partial<Traffic> = {}): string => rowsOf({ count: 1, ...one })[0]!.pod!;

describe('a client that keeps a connection', () => {
  it('opens it once, and sends what follows without a handshake to the same endpoint', () => {
    const rows = rowsOf({});
    expect(rows.filter(fresh)).toEqual([rows[0]]);
    expect(podsOf(rows).size).toBe(1);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
    expect(new Set(rows.slice(1).map(({ firstPackets, sourceIp }) => `${firstPackets} ${sourceIp}`)).size).toBe(1);
    expect([rows[0]!.firstPackets, rows[1]!.firstPackets]).toEqual([1, 0]);
    const oneWayUs = rows[0]!.connectUs! / 2;
    for (const { latencyUs } of rows.slice(1)) expect(latencyUs).toBeGreaterThan(2 * oneWayUs);
  });

  it('keeps to it when the rules have moved on', () => {
    const patch = at(5, {
      verb: 'patch',
      kind: 'Pod',
      name: holder(),
      patch: { metadata: { labels: { app: 'other' } } },
    });
    const rows = rowsOf({}, { timeline: [patch] });
    expect(podsOf(rows)).toEqual(new Set([holder()]));
    expect(rows.filter(fresh)).toHaveLength(1);
  });

  it('has as many as it says, and more where all are busy', () => {
    const rows = rowsOf({ keepAlive: kept({ connections: 8 }), ratePerSecond: 50 });
    expect(rows.filter(fresh).length).toBeGreaterThanOrEqual(8);
    expect(rows.filter(fresh).length).toBeLessThan(30);
    expect(podsOf(rows).size).toBe(3);
    const slow = [app({ serviceTimeNs: 1 * SECOND, serviceTimeDistribution: 'constant' })];
    const busy = rowsOf({ ratePerSecond: 10 }, { apps: slow });
    // One second each on one connection, and a little more to get there and back: ten of eleven find it busy.
    expect(busy.filter(fresh).length / busy.length).toBeCloseTo(10 / 11, 2);
    const multiplexed = rowsOf({ ratePerSecond: 10, keepAlive: kept({ multiplexed: true }) }, { apps: slow });
    expect(multiplexed.filter(fresh).length).toBe(1);
  });

  it('may have any of its answers cut off by conntrack', () => {
    const rows = rowsOf({ outOfWindow: 0.3 }, { kubeProxy: { mode: 'nftables' } });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.length).toBeGreaterThan(30);
    expect(new Set(lost.map(({ outcome, cause }) => `${outcome} ${cause}`))).toEqual(new Set(['reset invalid-packet']));
    expect(lost.some((row) => !fresh(row))).toBe(true);
    // Each reset costs the connection.
    expect(rows.filter(fresh)).toHaveLength(lost.length + (rows.at(-1)!.outcome === 'ok' ? 1 : 0));
  });

  it('closes it after so many requests, or when it has been idle', () => {
    expect(rowsOf({ keepAlive: kept({ requests: 10 }) }).filter(fresh)).toHaveLength(20);
    expect(rowsOf({ ratePerSecond: 1, keepAlive: kept({ idleNs: 0.5 * SECOND }) }).every(fresh)).toBe(true);
  });

  it('loses a request that the endpoint’s idle timeout crosses', () => {
    const idle = [app({ keepAliveTimeoutNs: 1 * SECOND, serviceTimeNs: 0, serviceTimeDistribution: 'constant' })];
    const oneWayNs = rowsOf({ count: 1 })[0]!.connectUs! * 500;
    // Asked again when the endpoint has just closed, and the client has not heard of it.
    const sent = (startNs: number) =>
      simulated(
        smallScenario({
          objects: WEB,
          apps: idle,
          traffic: [load({ count: 2, ratePerSecond: SECOND / startNs })],
          durationNs: 20 * SECOND,
        }),
      ).rows[1]!;
    expect(sent(1 * SECOND + 2.5 * oneWayNs)).toMatchObject({
      outcome: 'reset',
      cause: 'idle-closed',
      connectUs: null,
    });
    expect(sent(0.9 * SECOND)).toMatchObject({ outcome: 'ok', connectUs: null });
    const late = sent(1.1 * SECOND);
    expect([late.outcome, fresh(late)]).toEqual(['ok', true]);
  });
});

describe('when the endpoint ends', () => {
  it('a client that hears of it opens another connection', () => {
    const rows = rowsOf({}, { timeline: [at(4.55, deletes('Pod', holder()))] });
    expect(rows.filter(fresh)).toHaveLength(2);
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(podsOf(rows).size).toBe(2);
  });

  it('what is under way is reset', () => {
    const slow = [app({ serviceTimeNs: 0.95 * SECOND, serviceTimeDistribution: 'constant' })];
    const rows = rowsOf({ ratePerSecond: 1 }, { apps: slow, timeline: [at(4.5, deletes('Pod', holder()))] });
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.map(({ outcome, cause, connectUs }) => [outcome, cause, connectUs])).toEqual([
      ['reset', 'pod-killed', null],
    ]);
    expect(rows.filter(fresh)).toHaveLength(2);
  });

  it('by a lost machine, HTTP/1.1 waits once, HTTP/2 each time until TCP gives up', () => {
    const name = holder();
    const off = `n${WEB.find((object) => `default/${object.metadata.name}` === name)!.metadata.name.charCodeAt(0) - 96}`;
    const from = { node: off === 'n3' ? 'n1' : 'n3' };
    const timeline = [at(5, deletes('Node', off))];
    const one = rowsOf({ from, ratePerSecond: 0.4, stopNs: 60 * SECOND }, { timeline, durationNs: 60 * SECOND });
    const lostOnce = one.filter(({ outcome }) => outcome !== 'ok');
    if (one[0]!.pod === name)
      expect(lostOnce.map(({ outcome, cause }) => [outcome, cause])).toEqual([['timeout', 'node-down']]);
    const many = rowsOf(
      { from, ratePerSecond: 1, stopNs: 1200 * SECOND, keepAlive: kept({ multiplexed: true }) },
      { timeline, durationNs: 1200 * SECOND },
    );
    if (many[0]!.pod !== name) throw new Error('the client holds another pod');
    const lost = many.filter(({ outcome }) => outcome !== 'ok');
    expect(lost.length).toBeGreaterThan(900);
    expect(lost.length).toBeLessThan(930);
    expect(new Set(lost.map(({ outcome, cause, latencyUs }) => `${outcome} ${cause} ${latencyUs}`))).toEqual(
      new Set(['timeout node-down 2000000']),
    );
    expect(many.at(-1)!.outcome).toBe('ok');
  });
});

describe('a load balancer that closes what it has open', () => {
  it.each(['reset', 'silent'] as const)('towards a node (%s)', (how) => {
    const objects = [pod('a', '10.1.1.2'), service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })];
    const clock: TimelineEntry = { atNs: 5.5 * SECOND, do: 'readiness', pod: 'default/nobody', ready: true };
    const one = load({ from: { client: 'laptop' }, ratePerSecond: 1 });
    const chunks: NumberedChunk[] = [];
    const scenario = smallScenario({ objects, traffic: [one], timeline: [clock], durationNs: 20 * SECOND });
    const run = createRun(scenario, {
      onChunk: ({ first, data }) => chunks.push({ first, chunk: new PackedChunk(data) }),
    });
    run.advanceTo(5.5 * SECOND, 1e6);
    const inside = run as unknown as {
      connections: Connections;
      cloud: { balancers: readonly Balancer[] };
    };
    inside.connections.closeConnectionsThrough(inside.cloud.balancers[0]!, 0, how);
    while (!run.step(1000));
    const { dictionaries } = run.result();
    const rows = chunks.flatMap((chunk) => readWindow(chunk, 0, chunk.chunk.rows, dictionaries));
    const lost = rows.filter(({ outcome }) => outcome !== 'ok');
    if (how === 'reset') expect([lost.length, rows.filter(fresh).length]).toEqual([0, 2]);
    else expect(lost.map(({ outcome, cause }) => [outcome, cause])).toEqual([['timeout', 'lb-closed']]);
  });
});

describe('a client that tries again', () => {
  it('meets another endpoint, and has one row for all tries', () => {
    const starting = pod('b', '10.1.2.2', {
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const objects = [pod('a', '10.1.1.2'), starting, service('web')];
    const over = {
      objects,
      timeline: [at(1, deletes('Pod', 'default/b'))],
      cluster: {
        timings: { ...TIMINGS, podStopNs: 0.021 * SECOND, watchLatencyNs: 20 * MS, endpointSliceLatencyNs: 4 * SECOND },
      },
    };
    const times = (retries: Traffic['retries']) =>
      simulated(
        smallScenario({
          ...over,
          traffic: [
            traffic({
              from: { node: 'n3' },
              startNs: 2 * SECOND,
              stopNs: 4 * SECOND,
              ratePerSecond: 20,
              connectTimeoutNs: 0.5 * SECOND,
              retries,
            }),
          ],
        }),
      ).rows;
    const alone = times(null);
    const failed = alone.filter(({ outcome }) => outcome !== 'ok');
    expect(failed.length).toBeGreaterThan(10);
    const again = times({ attempts: 8, backoffNs: 10 * MS, on: ['timeout', 'unreachable'] });
    expect(again).toHaveLength(alone.length);
    expect(again.every(({ outcome }) => outcome === 'ok')).toBe(true);
    const late = again.filter(({ latencyUs }) => latencyUs > 0.5e6);
    expect(late.length).toBe(failed.length);
    expect(late.every(({ attempts, connectUs }) => attempts! >= 2 && connectUs! > 0.5e6)).toBe(true);
  });

  it('gives up after so many tries, with the last one’s ending', () => {
    const objects = [service('web')];
    const row = (retries: Traffic['retries']) =>
      simulated(
        smallScenario({
          objects,
          traffic: [traffic({ from: { node: 'n3' }, count: 1, retries })],
          nodes: [node(1), node(2), node(3)],
        }),
      ).rows[0]!;
    const once = row(null);
    expect(once.outcome).toBe('rejected');
    const thrice = row({ attempts: 3, backoffNs: 100 * MS, on: ['refused'] });
    expect(thrice).toMatchObject({ outcome: 'rejected', attempts: 3, firstPackets: 3 });
    expect(thrice.latencyUs - 3 * once.latencyUs).toBeCloseTo(300_000, 3);
    expect(row({ attempts: 3, backoffNs: 100 * MS, on: ['reset'] })).toEqual(once);
  });
});
