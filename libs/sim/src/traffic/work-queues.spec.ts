/** Pods that work on so many requests at a time, against a queue that is written down plainly. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host } from '../cluster/locations.js';
import type { RequestRow } from '../results/result.js';
import type { AppBehaviour, Traffic } from '../scenario.js';
import { app, MS, pod, SECOND, service, simulated, smallScenario, traffic } from '../testing/small-scenario.js';
import { WorkQueues } from './work-queues.js';

const hostWith = (over: Partial<AppBehaviour>): Host => ({ index: 0, ends: [], app: app(over) }) as unknown as Host;

function rowsOf(behaviour: Partial<AppBehaviour>, over: Partial<Traffic> = {}): RequestRow[] {
  const objects = [pod('a', '10.1.1.2'), service('web')];
  const load = traffic({ from: { node: 'n1' }, ratePerSecond: 100, ...over });
  return simulated(smallScenario({ objects, apps: [app(behaviour)], traffic: [load] })).rows;
}
const failed = (rows: RequestRow[]) => rows.filter(({ outcome }) => outcome !== 'ok');
const CONSTANT = { serviceTimeDistribution: 'constant' } as const;

describe('a pod with workers', () => {
  it('serves as if it had none while there are enough', () => {
    const free = rowsOf({ ...CONSTANT, serviceTimeNs: 5 * MS });
    expect(rowsOf({ ...CONSTANT, serviceTimeNs: 5 * MS, concurrency: 1 })).toEqual(free);
  });

  it('lets the others wait their turn', () => {
    // One a second, and two come in each second for five seconds: the n-th waits n/2 seconds.
    const load = { ratePerSecond: 2, stopNs: 5 * SECOND };
    const rows = rowsOf({ ...CONSTANT, serviceTimeNs: 1 * SECOND, concurrency: 1 }, load);
    expect(rows.map(({ latencyUs }) => Math.round(latencyUs / 1e5) / 10)).toEqual(rows.map((_, n) => 1 + n / 2));
    const two = rowsOf({ ...CONSTANT, serviceTimeNs: 1 * SECOND, concurrency: 2 }, load);
    expect(new Set(two.map(({ latencyUs }) => Math.round(latencyUs / 1e5) / 10))).toEqual(new Set([1]));
  });

  it('turns away what its queue does not hold', () => {
    const rows = rowsOf({ ...CONSTANT, serviceTimeNs: 100 * MS, concurrency: 2, queue: 3 });
    // 20 a second of 100 are served.
    expect(rows.length - failed(rows).length).toBeGreaterThan(200);
    expect(rows.length - failed(rows).length).toBeLessThan(208);
    expect(
      new Set(failed(rows).map(({ outcome, status, cause, pod: name }) => `${outcome} ${status} ${cause} ${name}`)),
    ).toEqual(new Set(['http-error 503 overloaded default/a']));
    const most = Math.max(...rows.filter(({ outcome }) => outcome === 'ok').map(({ latencyUs }) => latencyUs));
    expect(most).toBeLessThan(300_000);
  });

  it('loses what waits when it ends', () => {
    const rows = simulated(
      smallScenario({
        objects: [pod('a', '10.1.1.2'), service('web')],
        apps: [app({ ...CONSTANT, serviceTimeNs: 1 * SECOND, concurrency: 1 })],
        traffic: [traffic({ from: { node: 'n3' }, ratePerSecond: 10, stopNs: 2 * SECOND })],
        timeline: [
          {
            atNs: 4.5 * SECOND,
            do: 'kubectl',
            command: { verb: 'delete', kind: 'Pod', name: 'default/a', selector: null, namespace: 'default' },
          },
        ],
      }),
    ).rows;
    expect(rows).toHaveLength(20);
    expect(failed(rows).map(({ cause }) => cause)).toEqual(new Array(15).fill('pod-killed'));
  });
});

it('is the queue of the textbook, and never longer than its limit', () => {
  const jobs = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 40 }), takes: fc.integer({ min: 0, max: 100 }) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 40 }), (list, concurrency, queue) => {
      const host = hostWith({ concurrency, queue });
      const queues = new WorkQueues();
      const free = new Array<number>(concurrency).fill(0);
      const begins: number[] = [];
      let now = 0;
      for (const { gap, takes } of list) {
        now += gap;
        const waiting = begins.filter((ns) => ns > now).length;
        const worker = free.indexOf(Math.min(...free));
        const isFull = free[worker]! > now && waiting >= queue;
        expect(queues.isFull(host, now)).toBe(isFull);
        expect(waiting).toBeLessThanOrEqual(queue);
        if (isFull) continue;
        const begin = Math.max(now, free[worker]!);
        begins.push(begin);
        free[worker] = begin + takes;
        expect(queues.take(host, now, takes)).toBe(begin + takes);
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});
