/** What a client meets where a process does not listen, has ended, or ends while it works. */
import { describe, expect, it } from 'vitest';
import { Locations } from '../cluster/locations.js';
import { PackedChunk } from '../results/packed-chunk.js';
import { type NumberedChunk, readWindow } from '../results/reader.js';
import type { RequestRow } from '../results/result.js';
import type { TimelineEntry } from '../scenario.js';
import { createRun } from '../simulate.js';
import {
  app,
  at,
  deletes,
  MS,
  node,
  pod,
  profile,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallCluster,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const POD = pod('a', '10.1.1.2');
const FROM_NODE = { node: 'n3' };
const SLOW = app({ serviceTimeNs: 4 * SECOND, serviceTimeDistribution: 'constant' });

/** One request at each of these times. */
function asked(seconds: number[], over: SmallScenario = {}, load: Parameters<typeof traffic>[0] = {}): RequestRow[] {
  const all = seconds.map((startS, n) =>
    traffic({ name: `at-${n}`, from: FROM_NODE, startNs: startS * SECOND, stopNs: 100 * SECOND, count: 1, ...load }),
  );
  const scenario = smallScenario({
    objects: [POD, service('web')],
    apps: [SLOW],
    traffic: all,
    durationNs: 60 * SECOND,
    ...over,
  });
  return simulated(scenario).rows;
}

/** The same, with something done to the places at a time. */
function withPlaces(seconds: number[], doneAtS: number, act: (places: Locations) => void): RequestRow[] {
  const all = seconds.map((startS, n) =>
    traffic({
      name: `at-${n}`,
      from: FROM_NODE,
      startNs: startS * SECOND,
      stopNs: 100 * SECOND,
      count: 1,
      requestTimeoutNs: 10 * SECOND,
    }),
  );
  const chunks: NumberedChunk[] = [];
  // Something happens at that time, so that the clock stands there.
  const clock: TimelineEntry = { atNs: doneAtS * SECOND, do: 'readiness', pod: 'default/nobody', ready: true };
  const scenario = smallScenario({
    objects: [POD, service('web')],
    apps: [SLOW],
    traffic: all,
    timeline: [clock],
    durationNs: 60 * SECOND,
  });
  const run = createRun(scenario, {
    onChunk: ({ first, data }) => chunks.push({ first, chunk: new PackedChunk(data) }),
  });
  expect(run.advanceTo(doneAtS * SECOND, 1e6)).toBe(true);
  act((run as unknown as { cluster: { locations: Locations } }).cluster.locations);
  while (!run.step(1000));
  const { dictionaries } = run.result();
  return chunks.flatMap((chunk) => readWindow(chunk, 0, chunk.chunk.rows, dictionaries));
}

const ending = ({ outcome, cause, latencyUs }: RequestRow) => [outcome, cause, Math.round(latencyUs / 1e5) / 10];

describe('a pod that is deleted', () => {
  it('answers what it has done by its end, and resets what it has not', () => {
    // Deleted at 5 s, its process ends at 6 s.
    const over = { timeline: [at(5, deletes('Pod', 'default/a'))] };
    expect(asked([1, 2.5], over).map(ending)).toEqual([
      ['ok', null, 4],
      ['reset', 'pod-killed', 3.5],
    ]);
    const [lost] = asked([2.5], over);
    expect(lost).toMatchObject({ pod: 'default/a', status: null, reason: 'default/a ended before it had answered' });
    expect(lost!.connectUs).toBeGreaterThan(0);
  });

  it('leaves alone who has given up before', () => {
    const [late] = asked([2.5], { timeline: [at(5, deletes('Pod', 'default/a'))] }, { requestTimeoutNs: 1 * SECOND });
    expect(ending(late!)).toEqual(['timeout', 'too-late', 1]);
  });

  it('loses a datagram without a word', () => {
    const udp = service('web', { ports: [{ port: 53, protocol: 'UDP' }] });
    const over = { objects: [POD, udp], timeline: [at(5, deletes('Pod', 'default/a'))] };
    const load = { protocol: 'UDP' as const, connectTimeoutNs: null, requestTimeoutNs: 5 * SECOND };
    expect(asked([2.5], over, load).map(ending)).toEqual([['timeout', 'pod-killed', 5]]);
  });

  it('is told to the client by a load balancer that ends connections', () => {
    const objects = [POD, service('web', { type: 'LoadBalancer' })];
    const over: SmallScenario = {
      objects,
      timeline: [at(45, deletes('Pod', 'default/a'))],
      loadBalancers: { default: profile({ kind: 'proxy', addresses: ['10.9.9.9'] }), byService: {} },
    };
    expect(asked([43], over, { from: { client: 'laptop' } }).map(ending)).toEqual([['reset', 'pod-killed', 3]]);
  });
});

describe('a machine that goes off', () => {
  it('leaves those who wait for its pods without a word, until they give up', () => {
    const over = { timeline: [at(5, deletes('Node', 'n1'))] };
    expect(asked([2.5], over, { requestTimeoutNs: 10 * SECOND }).map(ending)).toEqual([['timeout', 'node-down', 10]]);
    const [hangs] = asked([2.5], over);
    expect(hangs!.outcome).toBe('timeout');
    expect(hangs!.latencyUs / 1e6).toBeCloseTo(924.6, 1);
  });

  it('without the API server’s knowing is silent, also towards new connections', () => {
    const rows = withPlaces([2.5, 6], 5, (places) => places.power(0, false));
    expect(rows.map(ending)).toEqual([
      ['timeout', 'node-down', 10],
      ['timeout', 'node-down', 1],
    ]);
    expect(rows[1]!.reason).toBe('n1 is off');
  });

  it('takes its own clients’ packets no further', () => {
    const rows = withPlaces([6], 5, (places) => places.power(2, false));
    expect(rows.map(ending)).toEqual([['timeout', 'node-down', 1]]);
  });
});

describe('a process', () => {
  it('that has stopped refuses, while its pod is there', () => {
    const rows = withPlaces([2.5, 6], 5, (places) => places.setProcess('default/a', 'stopped'));
    expect(rows.map(ending)).toEqual([
      ['reset', 'pod-killed', 2.5],
      ['refused', 'pod-stopped', 0],
    ]);
    expect(rows[1]!.reason).toBe('default/a has stopped: nothing listens any more');
  });

  it('is of one life after the other', () => {
    const places = new Locations(smallCluster(), () => false);
    places.setNode(node(1));
    places.setPod(POD);
    const [host] = places.hostsNamed('default/a');
    expect([host!.state, host!.ends.length]).toEqual(['running', 0]);
    places.setProcess('default/a', 'stopped');
    places.setPod(POD);
    expect([host!.state, host!.ends.map(({ how }) => how)]).toEqual(['stopped', ['process']]);
    places.setProcess('default/a', 'running');
    places.power(0, false);
    places.removePod(POD);
    expect([host!.state, host!.ends.map(({ how }) => how)]).toEqual(['gone', ['process', 'machine']]);
    expect(places.hasPower(0)).toBe(false);
  });
});

it('a program fails a share of its requests by itself', () => {
  const load = { count: 1000, ratePerSecond: 100, requestTimeoutNs: null };
  const rows = asked([1], { apps: [app({ errors: 0.2, serviceTimeNs: 2 * MS })] }, load);
  const failed = rows.filter(({ outcome }) => outcome !== 'ok');
  expect(failed.length).toBeGreaterThan(150);
  expect(failed.length).toBeLessThan(250);
  expect(new Set(failed.map(({ outcome, status, cause }) => `${outcome} ${status} ${cause}`))).toEqual(
    new Set(['http-error 500 app-error']),
  );
});
