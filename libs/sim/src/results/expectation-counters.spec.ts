import { describe, expect, it } from 'vitest';
import type { Expectation, HealthExpectation } from '../scenario.js';
import { ExpectationCounters } from './expectation-counters.js';
import { readWindow } from './reader.js';
import type { HealthTimelines, RequestRow } from './result.js';
import { recordRows, sampleRun } from './testing/sample-run.js';

const { rows, dictionaries } = sampleRun(22, { requests: 3000, clients: 4, nodes: 3, lostShare: 0.1 });
const all = recordRows(rows, { rowsPerChunk: 256 }).flatMap((numbered) =>
  readWindow(numbered, 0, numbered.chunk.rows, dictionaries),
);

function checkAll(expectations: Partial<Expectation>[], rowsPerChunk = 256) {
  const whole = expectations.map((one) => ({ name: 'expected', where: {}, share: null, count: null, ...one }));
  const counters = new ExpectationCounters(whole, dictionaries);
  recordRows(rows, { rowsPerChunk, watchers: [counters] });
  return counters.results();
}

const check = (expectation: Partial<Expectation>) => checkAll([expectation])[0]!;

const firstOf = (test: (row: RequestRow) => boolean) =>
  all
    .filter(test)
    .slice(0, 5)
    .map(({ request }) => request);

describe('an expectation of requests', () => {
  it('counts by cause, within a window', () => {
    const [fromNs, toNs] = [100e6, 200e6];
    const { matched, of } = check({ where: { cause: 'rule' }, window: { fromNs, toNs }, count: { min: 0, max: null } });
    const within = all.filter(({ atMs }) => atMs >= 100 && atMs < 200);
    expect(of).toBe(within.length);
    expect(matched).toBe(within.filter(({ cause }) => cause === 'rule').length);
    expect(matched).toBeGreaterThan(0);
    expect(matched).toBeLessThan(of);
  });

  it.each([1, 256, 4096])('names the first requests that speak against it, in chunks of %i', (rowsPerChunk) => {
    const [tooMany, tooFew, enough] = checkAll(
      [
        { where: { outcome: 'dropped' }, count: { min: null, max: 0 } },
        { where: { outcome: 'ok', client: 'client-1' }, share: { min: 1, max: null } },
        { where: { outcome: 'ok' }, share: { min: 0.5, max: null } },
      ],
      rowsPerChunk,
    );
    expect(tooMany!.evidence?.requests).toEqual(firstOf(({ outcome }) => outcome === 'dropped'));
    expect(tooFew!.evidence?.requests).toEqual(
      firstOf(({ outcome, client }) => client === 'client-1' && outcome !== 'ok'),
    );
    expect(tooFew!.evidence?.text).toMatch(/^\d+ of \d+ requests; a share of 0\.\d{4}, wanted at least 1$/);
    expect(enough!.evidence?.requests).toEqual([]);
  });
});

describe('an expectation of latency', () => {
  const sorted = all
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ latencyUs }) => Math.round(latencyUs * 1e3))
    .sort((a, b) => a - b);

  it.each([0, 0.1, 0.5, 0.9, 0.99, 1])('at quantile %d is exact to the nanosecond', (quantile) => {
    const ns = sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1]!;
    const passed = (minNs: number | null, maxNs: number | null) =>
      check({ latency: [{ quantile, minNs, maxNs }] }).passed;
    expect(passed(null, ns)).toBe(true);
    expect(passed(null, ns - 1)).toBe(false);
    expect(passed(ns, null)).toBe(true);
    expect(passed(ns + 1, null)).toBe(false);
    const [found] = check({ latency: [{ quantile, minNs: null, maxNs: ns }] }).evidence!.latency!;
    expect(Math.abs(found!.us! * 1e3 - ns)).toBeLessThanOrEqual(ns * found!.error);
    expect(found!.requests).toBe(sorted.length);
  });

  it('names those that speak against the bound that is not met, each once', () => {
    const ns = sorted[Math.floor(sorted.length / 2)]!;
    const met = { quantile: 1, minNs: null, maxNs: sorted.at(-1)! };
    const latency = [met, { quantile: 0.9, minNs: null, maxNs: ns }, { quantile: 0.95, minNs: null, maxNs: ns }];
    const slow = firstOf(({ outcome, latencyUs }) => outcome === 'ok' && latencyUs * 1e3 > ns);
    expect(check({ latency }).evidence?.requests).toEqual(slow);
    const fast = firstOf(({ outcome, latencyUs }) => outcome === 'ok' && latencyUs * 1e3 < ns);
    expect(check({ latency: [met, { quantile: 0.1, minNs: ns, maxNs: null }] }).evidence?.requests).toEqual(fast);
  });

  it('names those that are too slow', () => {
    const ns = sorted[Math.floor(sorted.length / 2)]!;
    const { passed, evidence } = check({ latency: [{ quantile: 0.9, minNs: null, maxNs: ns }] });
    expect(passed).toBe(false);
    expect(evidence?.requests).toEqual(firstOf(({ outcome, latencyUs }) => outcome === 'ok' && latencyUs * 1e3 > ns));
  });

  it('fails where there is no request to measure', () => {
    const latency = [{ quantile: 0.5, minNs: null, maxNs: 1e12 }];
    expect(check({ where: { client: 'nobody' }, latency }).passed).toBe(false);
  });
});

describe('an expectation of health', () => {
  const segment = (fromMs: number, toMs: number, status: number | null, localEndpoints: number) => ({
    fromMs,
    toMs,
    status,
    localEndpoints,
    body: null,
    headers: {},
  });
  const healthz: HealthTimelines = {
    nodes: [
      {
        node: 'n1',
        service: 'default/web',
        kind: 'healthCheckNodePort',
        port: 30100,
        segments: [segment(0, 10_000, 200, 2), segment(10_000, 12_000, 200, 1), segment(12_000, 20_000, 503, 0)],
      },
    ],
    loadBalancers: [
      {
        service: 'default/web',
        node: 'n1',
        segments: [
          { fromMs: 0, toMs: 14_500, state: 'healthy' },
          { fromMs: 14_500, toMs: 20_000, state: 'unhealthy' },
        ],
        probes: 9,
      },
    ],
  };
  const health = (over: Partial<HealthExpectation>, window: Expectation['window'] = null) => {
    const of = { kind: 'healthCheckNodePort', service: 'default/web', status: 503, localEndpoints: null } as const;
    const whole: HealthExpectation = { of, node: null, begins: null, ends: null, lasts: null, never: false, ...over };
    const counters = new ExpectationCounters(
      [{ name: 'expected', where: {}, share: null, count: null, health: whole, window }],
      dictionaries,
    );
    return counters.results(healthz)[0]!;
  };
  const ok = { kind: 'healthCheckNodePort', service: 'default/web', status: 200, localEndpoints: null } as const;

  it('finds a stretch by its answer, and when it begins, ends and how long it is', () => {
    expect(health({})).toMatchObject({
      passed: true,
      evidence: { segment: { node: 'n1', fromMs: 12_000, toMs: 20_000 } },
    });
    expect(health({ begins: { min: 11e9, max: 12e9 } }).passed).toBe(true);
    expect(health({ begins: { min: null, max: 11e9 } }).passed).toBe(false);
    expect(health({ ends: { min: 20e9, max: null } }).passed).toBe(true);
    expect(health({ lasts: { min: 8e9, max: 8e9 } }).passed).toBe(true);
    expect(health({ lasts: { min: 9e9, max: null } }).evidence?.text).toBe(
      'a stretch of healthCheckNodePort 503 that lasts at least 9 s: there is none; without these bounds: n1 from 12 s to 20 s',
    );
    expect(health({ node: 'n2' }).passed).toBe(false);
  });

  it('joins what is the same, unless the number of endpoints matters', () => {
    expect(health({ of: ok, lasts: { min: 12e9, max: null } }).passed).toBe(true);
    expect(health({ of: { ...ok, localEndpoints: 1 } }).evidence?.segment).toEqual({
      node: 'n1',
      fromMs: 10_000,
      toMs: 12_000,
    });
  });

  it('looks at a window alone, and can want that there is none', () => {
    expect(health({ never: true }, { fromNs: 0, toNs: 12e9 }).passed).toBe(true);
    expect(health({ never: true }, { fromNs: 0, toNs: 13e9 })).toMatchObject({
      passed: false,
      evidence: { segment: { fromMs: 12_000, toMs: 13_000 } },
    });
    expect(health({ of: ok, lasts: { min: 5e9, max: null } }, { fromNs: 5e9, toNs: 10e9 }).passed).toBe(true);
  });

  it('tells what a load balancer takes a node for', () => {
    const of = { kind: 'loadBalancer', service: 'default/web', state: 'unhealthy' } as const;
    expect(health({ of, node: 'n1', begins: { min: 14e9, max: 15e9 } }).passed).toBe(true);
    expect(health({ of, begins: { min: 15e9, max: null } }).passed).toBe(false);
  });
});
