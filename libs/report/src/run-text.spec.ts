import { expect, it } from 'vitest';
import type { RunLoss, RunSummary } from '#sim';
import { hasPassed, runText } from './run-text.js';

const summary: RunSummary = {
  requests: 100_000,
  outcomes: { dropped: 1, ok: 99_999 },
  sourceKinds: { client: 99_999 },
  latencyUs: { mean: 2500, min: 1000, max: 10_000 },
  probes: 0,
  ruleSyncs: 0,
  endpointChanges: 0,
  virtualMs: 60_000.1,
  events: 0,
};
const loss: RunLoss = {
  outcome: 'dropped',
  cause: 'no-local-endpoint',
  place: { kind: 'node', name: 'a' },
  count: 1,
  fromMs: 1,
  toMs: 2,
  first: 7,
  event: null,
  text: '1 lost on a',
};

it('tells shares so that nothing lost looks like nothing', () => {
  const expectations = [{ name: 'nothing lost', passed: false, matched: 99_999, of: 100_000, share: 0.99999 }];
  expect(runText({ name: 'rollout', seed: 7, summary, expectations })).toBe(
    [
      'rollout, seed 7: 100000 requests in 60 s',
      '',
      'OUTCOME   REQUESTS   SHARE',
      'ok        99999      > 99.99 %',
      'dropped   1          < 0.01 %',
      '',
      'SOURCE   REQUESTS   SHARE',
      'client   99999      > 99.99 %',
      '',
      'Latency of what was answered: mean 2.50 ms, 1.00 ms to 10.00 ms',
      '',
      'FAIL  nothing lost: 99999 of 100000, > 99.99 %',
      '',
    ].join('\n'),
  );
});

it('tells what latencies and health answers were, beside what they were to be', () => {
  const counted = { passed: true, matched: 2, of: 2, share: 1 };
  const quantile = { quantile: 0.99, us: 13_468, requests: 2, error: 0.01, passed: true };
  const latency = 'latency at quantile 0.99: 13.468 ms of 2 requests, wanted at most 50 ms';
  const stretch = 'a stretch of proxy-healthz 503: n1 from 1 s to 2 s';
  const expectations = [
    { ...counted, name: 'fast', evidence: { text: latency, requests: [], latency: [quantile] } },
    { ...counted, name: 'ill', evidence: { text: stretch, requests: [], segment: null } },
    { ...counted, name: 'all', evidence: { text: '2 of 2 requests', requests: [] } },
  ];
  expect(runText({ name: 'n', seed: 1, summary, expectations })).toContain(
    `\n\nPASS  fast: ${latency}\nPASS  ill: ${stretch}\nPASS  all: 2 of 2, 100.00 %\n`,
  );
});

it('tells ten losses in words, and that there are more', () => {
  const lost = { ...summary, losses: Array.from({ length: 12 }, () => loss) };
  const text = runText({ name: 'n', seed: 1, summary: lost, expectations: [] });
  expect(text.match(/1 lost on a\n/g)).toHaveLength(10);
  expect(text).toContain('… and 2 other groups of losses\n');
});

it('leaves out what there is none of', () => {
  const none = { ...summary, requests: 0, outcomes: {}, sourceKinds: {}, latencyUs: null };
  expect(runText({ name: 'n', seed: 1, summary: none, expectations: [] })).toBe('n, seed 1: 0 requests in 60 s\n');
});

it('names what of the timeline could not be carried out, and does not pass', () => {
  const refused = [{ path: '/timeline/1', text: 'scale default/web to 3 at 60 s: Error from server (NotFound)' }];
  const expectations = [{ name: 'all', passed: true, matched: 1, of: 1, share: 1 }];
  const run = { summary: { ...summary, refused }, expectations };
  expect(runText({ name: 'rollout', seed: 7, ...run })).toMatch(
    /\n\nNOT CARRIED OUT {2}\/timeline\/1: scale default\/web to 3 at 60 s: Error from server \(NotFound\)\n\nPASS {2}all: .*\n\nNO PASS {2}1 entry of the timeline not carried out: .*\n$/,
  );
  expect(hasPassed(run)).toBe(false);
  expect(hasPassed({ summary, expectations })).toBe(true);
});
