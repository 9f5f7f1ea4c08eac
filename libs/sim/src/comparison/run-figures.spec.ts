import { expect, it } from 'vitest';
import { createRun } from '../simulate.js';
import { pod, SECOND, service, simulated, smallScenario, traffic } from '../testing/small-scenario.js';
import { FIGURES, RunFigures } from './run-figures.js';

const scenario = smallScenario({
  objects: [
    pod('a', '10.1.1.2'),
    pod('b', '10.1.2.2'),
    service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
  ],
  traffic: [traffic({ arrivals: 'poisson', ratePerSecond: 60 })],
  timeline: [{ atNs: 4 * SECOND, do: 'readiness', pod: 'default/b', ready: false }],
  expect: [{ name: 'nothing lost', where: { outcome: 'ok' }, share: { min: 1, max: null }, count: null }],
});

function figuresOf(names: string[]): Map<string, number | null> {
  const figures = new RunFigures(names);
  const run = createRun(scenario, figures);
  while (!run.step(10_000));
  const values = figures.of(run.result());
  return new Map(names.map((name, n) => [name, values[n]!]));
}

it('every figure is what the rows, timelines and expectations of the run say', () => {
  const { rows, result } = simulated(scenario);
  const figures = figuresOf([...FIGURES.keys()]);
  const lost = rows.filter(({ outcome }) => outcome !== 'ok');
  const answered = rows.filter(({ outcome }) => outcome === 'ok').map(({ latencyUs }) => latencyUs);
  expect(lost.length).toBeGreaterThan(10);
  expect(figures.get('requests')).toBe(rows.length);
  expect(figures.get('lost')).toBe(lost.length);
  expect(figures.get('ok')).toBe(answered.length / rows.length);
  expect(figures.get('outcome.dropped')).toBe(rows.filter(({ outcome }) => outcome === 'dropped').length);
  const reached = rows.filter(({ sourceKind }) => sourceKind !== null);
  expect(figures.get('source.client')).toBe(
    reached.filter(({ sourceKind }) => sourceKind === 'client').length / reached.length,
  );
  expect(figures.get('lossSeconds')).toBeCloseTo((lost.at(-1)!.atMs - lost[0]!.atMs) / 1e3, 9);
  const sorted = answered.toSorted((a, b) => a - b);
  for (const [name, q] of [
    ['latencyP50', 0.5],
    ['latencyP90', 0.9],
    ['latencyP99', 0.99],
  ] as const) {
    const exact = sorted[Math.ceil(q * sorted.length) - 1]!;
    expect(Math.abs(figures.get(name)! / exact - 1), name).toBeLessThan(0.004);
  }
  expect(figures.get('latencyMax')).toBeCloseTo(sorted.at(-1)!, 6);
  const unhealthy = result.healthz.loadBalancers
    .flatMap(({ segments }) => segments)
    .filter(({ state }) => state === 'unhealthy');
  expect(unhealthy.length).toBeGreaterThan(0);
  expect(figures.get('unhealthySeconds')).toBeCloseTo(
    unhealthy.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1e3, 0),
    9,
  );
  expect(figures.get('failingSeconds')).toBeGreaterThan(1);
  expect(figures.get('expectationsMet')).toBe(0);
});

it('figures are the same whichever others are asked for', () => {
  const all = figuresOf([...FIGURES.keys()]);
  for (const name of FIGURES.keys()) expect(figuresOf([name]).get(name), name).toBe(all.get(name));
});
