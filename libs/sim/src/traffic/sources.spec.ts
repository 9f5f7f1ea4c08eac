import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../results/result.js';
import type { Traffic } from '../scenario.js';
import {
  pod,
  SECOND,
  type SmallScenario,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';

const WEB = [pod('a', '10.1.1.2'), pod('b', '10.1.2.2'), service('web', { type: 'NodePort' })];

function rows(load: Partial<Traffic>[], over: SmallScenario = {}): RequestRow[] {
  return simulated(smallScenario({ objects: WEB, traffic: load.map(traffic), durationNs: 1 * SECOND, ...over })).rows;
}
const times = (list: RequestRow[]) => list.map(({ atMs }) => atMs);

describe('requests that come at a constant rate', () => {
  it('are evenly spaced from the start on, and none comes at the stop', () => {
    expect(times(rows([{ ratePerSecond: 4, startNs: 1 * SECOND, stopNs: 2 * SECOND }]))).toEqual([
      1000, 1250, 1500, 1750,
    ]);
  });

  it('are as many as the rate says, however it divides a second', () => {
    for (const ratePerSecond of [3, 7, 333, 999])
      expect(rows([{ ratePerSecond, stopNs: 3 * SECOND }])).toHaveLength(3 * ratePerSecond);
  });

  it('end with their count, or at once where they stop before they start', () => {
    expect(rows([{ count: 3, stopNs: 9 * SECOND }])).toHaveLength(3);
    expect(
      rows([{ count: 0 }, { name: 'never', stopNs: 0 }, { name: 'back', startNs: 2 * SECOND, stopNs: 1 * SECOND }]),
    ).toEqual([]);
  });
});

describe('Poisson arrivals', () => {
  const poisson: Partial<Traffic> = { arrivals: 'poisson', ratePerSecond: 1000, stopNs: 10 * SECOND };

  it('have the rate as their mean, and gaps that scatter as exponential ones do', () => {
    const at = times(rows([poisson]));
    expect(at.length).toBeGreaterThan(9700);
    expect(at.length).toBeLessThan(10300);
    const gaps = at.slice(1).map((ms, n) => ms - (at[n] as number));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(variance / mean ** 2).toBeGreaterThan(0.9);
    expect(variance / mean ** 2).toBeLessThan(1.1);
  });

  it('are other ones with another seed, and the same with the same', () => {
    const of = (seed: number) => times(rows([{ ...poisson, count: 50 }], { seed }));
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });
});

it('a source keeps its dice whatever stands beside it', () => {
  const clients = ['laptop', 'desk'].map((name, n) => ({ name, ips: [`198.51.100.${n}`], count: 4, kernel: '6.1' }));
  const own: Partial<Traffic> = { name: 'own', arrivals: 'poisson', ratePerSecond: 30, stopNs: 5 * SECOND };
  const other: Partial<Traffic> = { ...own, name: 'other', from: { client: 'desk' }, ratePerSecond: 77 };
  const ofLaptop = (load: Partial<Traffic>[]) =>
    rows(load, { clients })
      .filter(({ client }) => client === 'laptop')
      .map(({ request, ...rest }) => rest);
  expect(ofLaptop([own]).length).toBeGreaterThan(100);
  expect(ofLaptop([other, own])).toEqual(ofLaptop([own]));
  expect(ofLaptop([own, other])).toEqual(ofLaptop([own]));
});

it('a pod’s requests go on from the moment it runs, at whatever rate', () => {
  const timeline: SmallScenario['timeline'] = [
    { atNs: 0, do: 'kubectl', command: { verb: 'apply', object: pod('late', '10.1.3.3', { labels: {} }) } },
  ];
  const list = rows([{ from: { pod: 'default/late' }, ratePerSecond: 2000, stopNs: 3 * SECOND }], { timeline });
  const first = list.findIndex(({ outcome }) => outcome === 'ok');
  expect(list[first]?.atMs).toBeGreaterThanOrEqual(1999.5);
  expect(list[first]?.atMs).toBeLessThan(2003);
  expect(list.slice(first).every(({ outcome }) => outcome === 'ok')).toBe(true);
});

const patched = (seconds: number, spec: Record<string, unknown>) => ({
  atNs: seconds * SECOND,
  do: 'kubectl' as const,
  command: { verb: 'patch' as const, kind: 'Service' as const, name: 'default/web', patch: { spec } },
});

it('keep the last address from outside when their service has none left', () => {
  const lb = service('web', { type: 'LoadBalancer' });
  const load = [{ ratePerSecond: 1, stopNs: 60 * SECOND, connectTimeoutNs: 2 * SECOND }];
  const until = { objects: [...WEB.slice(0, 2), lb], durationNs: 60 * SECOND };
  const deleted = {
    atNs: 9 * SECOND,
    do: 'kubectl' as const,
    command: {
      verb: 'delete' as const,
      kind: 'Service' as const,
      name: 'default/web',
      selector: null,
      namespace: 'default',
    },
  };
  for (const change of [patched(9, { type: 'ClusterIP' }), deleted]) {
    const list = rows(load, { ...until, timeline: [change] });
    expect(list[0]).toMatchObject({ target: '203.0.113.1:80', outcome: 'ok' });
    expect(list.at(-1)).toMatchObject({ target: '203.0.113.1:80', outcome: 'timeout' });
    expect(list.at(-1)?.firstPackets).toBeGreaterThan(1);
  }
});

it('shows in the transcript what the API server said to the timeline', () => {
  const scenario = smallScenario({
    objects: WEB,
    timeline: [patched(1, { externalTrafficPolicy: 'Lokal' })],
    durationNs: 2 * SECOND,
  });
  const [record] = simulated(scenario).result.transcript;
  expect(record).toMatchObject({ by: 'timeline', fromNs: SECOND, output: { kind: 'text', failed: true } });
});

it('follow their service to the address that it gets', () => {
  const timeline: SmallScenario['timeline'] = [
    {
      atNs: 1 * SECOND,
      do: 'kubectl',
      command: { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec: { type: 'LoadBalancer' } } },
    },
  ];
  const list = rows([{ ratePerSecond: 1, stopNs: 60 * SECOND }], { timeline, durationNs: 60 * SECOND });
  expect(list[0]?.target).toMatch(/^10\.0\.0\.[123]:30086$/);
  expect(list.at(-1)).toMatchObject({ target: '203.0.113.1:80', lb: 'default/web', outcome: 'ok' });
});
