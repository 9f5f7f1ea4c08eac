/** Incidents of load balancers: what the presets say happens, computed; each beside the setting that cures it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '#scenario';
import type { RequestRow } from '../../libs/sim/src/results/result.js';
import { simulated } from '../../libs/sim/src/testing/small-scenario.js';

const folder = new URL('../../presets/incidents/', import.meta.url);

function run(preset: string, seed = 1) {
  const text = readFileSync(new URL(`${preset}.yaml`, folder), 'utf8').replace('\nnotes:', `\nseed: ${seed}\nnotes:`);
  const { scenario, issues } = parseScenario(text, { format: 'yaml' });
  expect(issues).toEqual([]);
  const { rows, result } = simulated(scenario!);
  const failed = result.expectations.filter(({ passed }) => !passed);
  return { rows, result, failed, notes: scenario!.notes };
}

const lostOf = (rows: RequestRow[]) => rows.filter(({ outcome }) => outcome !== 'ok');
const kinds = (rows: RequestRow[], of: (row: RequestRow) => unknown) => new Set(rows.map(of));

const PRESETS = readdirSync(folder)
  .map((file) => file.replace('.yaml', ''))
  .filter((name) => /^i-(05|07|12|14|17|18|22|23|25)-/.test(name));

it('all nine are there, each with its cure and its threads', () => {
  const numbers = (cured: boolean) =>
    new Set(PRESETS.filter((name) => name.endsWith('-cured') === cured).map((name) => name.slice(2, 4)));
  expect(numbers(false)).toEqual(new Set(['05', '07', '12', '14', '17', '18', '22', '23', '25']));
  expect(numbers(true)).toEqual(numbers(false));
});

it.each(PRESETS.flatMap((preset) => [1, 2, 3].map((seed) => [preset, seed] as const)))(
  '%s with seed %i is as it says',
  (preset, seed) => {
    const { failed, notes } = run(preset, seed);
    expect(failed).toEqual([]);
    expect(notes).toMatch(preset.endsWith('-cured') || preset.endsWith('-closed') ? /i-\d\d|#\d+/ : /#\d+/);
  },
);

describe('I-05, the PROXY protocol and pods of the cluster', () => {
  it('is a missing header until kube-proxy lets the address be, and the node’s address in the header after that', () => {
    const { rows } = run('i-05-proxy-protocol-hairpin');
    const own = rows.filter(({ client }) => client === 'default/self-check');
    expect(kinds(lostOf(own), ({ outcome, cause, lb }) => `${outcome} ${cause} ${lb}`)).toEqual(
      new Set(['reset proxy-header-missing null']),
    );
    const later = own.filter(({ atMs }) => atMs >= 30_000);
    expect(kinds(later, ({ outcome, lb, forwardedFor }) => `${outcome} ${lb} ${forwardedFor}`)).toEqual(
      new Set(['ok default/ingress 10.0.0.13']),
    );
    const outside = rows.filter(({ client }) => client === 'outside');
    expect(kinds(outside, ({ forwardedFor }) => forwardedFor)).toEqual(new Set(['198.51.100.79']));
  });
});

describe('I-12, a network load balancer and its own targets', () => {
  it.each([1, 2, 3, 4, 5])('with seed %i loses what comes back to the node of the pod, 1/N of all', (seed) => {
    const { rows } = run('i-12-nlb-hairpin', seed);
    const lost = lostOf(rows);
    expect(kinds(lost, ({ outcome, cause }) => `${outcome} ${cause}`)).toEqual(new Set(['timeout hairpin']));
    // Four standard deviations of a binomial with 3000 draws of 1/3.
    expect(Math.abs(lost.length - rows.length / 3)).toBeLessThan(4 * Math.sqrt((rows.length * 2) / 9));
    expect(
      kinds(run('i-12-nlb-hairpin-cured', seed).rows, ({ outcome, sourceIp }) => `${outcome} ${sourceIp}`),
    ).toEqual(new Set(['ok 10.0.0.240']));
  });
});

describe('I-14, a probe that asks for /', () => {
  it.each([1, 2, 3, 4, 5])('with seed %i takes every node out 5 to 10 s after the change', (seed) => {
    const { rows, result } = run('i-14-azure-http-probe', seed);
    const changedMs = 31_000;
    for (const { segments } of result.healthz.loadBalancers) {
      const outMs = segments.find(({ state }) => state === 'unhealthy')?.fromMs as number;
      expect(outMs - changedMs).toBeGreaterThanOrEqual(5_000);
      expect(outMs - changedMs).toBeLessThanOrEqual(10_001);
    }
    const lost = lostOf(rows);
    expect(kinds(lost, ({ client, cause }) => `${client} ${cause}`)).toEqual(new Set(['new lb-no-target']));
    expect(result.summary.losses?.map(({ event }) => event?.path)).toEqual(['/timeline/0']);
    // Before the last node is out the others take everything; after that nobody new is served.
    const fromMs = Math.min(...lost.map(({ atMs }) => atMs));
    expect(rows.filter(({ client, atMs }) => client === 'new' && atMs >= fromMs)).toEqual(lost);
    const probes = result.healthz.loadBalancers.flatMap(({ probers = [] }) => probers.flatMap(({ runs }) => runs));
    expect(kinds2(probes)).toEqual(new Set(['pass null', 'fail 404']));
  });
});
const kinds2 = (runs: { result: string; status: number | null }[]) =>
  new Set(runs.map(({ result, status }) => `${result} ${status}`));

it('I-17: probes of the node with the firewall hear nothing, those of the other one a 503', () => {
  const { result } = run('i-17-health-check-firewall');
  const heard = result.healthz.loadBalancers.map(({ node, probers = [] }) => [
    node,
    [...kinds2(probers.flatMap(({ runs }) => runs))],
  ]);
  expect(heard).toEqual([
    ['node-a', ['silent null']],
    ['node-b', ['fail 503']],
  ]);
});

it('I-22: loses for the ten seconds that the call takes, less what the pod still serves', () => {
  const { rows } = run('i-22-ip-target-rollout');
  const lost = lostOf(rows);
  const pods = kinds(lost, ({ pod }) => pod);
  expect(pods.size).toBe(3);
  for (const name of pods) {
    const times = lost.filter(({ pod }) => pod === name).map(({ atMs }) => atMs);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(8_000);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(10_100);
  }
});

it('I-23: the others take five seconds to miss a machine, and a pod that has to be made anew over five minutes', () => {
  const spanMs = (preset: string) => {
    const times = lostOf(run(preset).rows).map(({ atMs }) => atMs);
    return Math.max(...times) - Math.min(...times);
  };
  expect(spanMs('i-23-metallb-failover-cured')).toBeCloseTo(4900, -2);
  expect(spanMs('i-23-metallb-failover')).toBeGreaterThan(330_000);
  expect(spanMs('i-23-metallb-failover')).toBeLessThan(350_000);
});
