import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '#sim';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const ROLLOUT = { preset: 'i-01-local-rollout' };
const VERSION = { name: 'v1.28', set: { cluster: { version: '1.28' } } };
const ask = (body: object) => server.http.post('/v1/comparisons').send(body);

describe('a rolling update behind policy Local', () => {
  it('loses with 1.21 what it does not lose with 1.28', async () => {
    const { body } = await ask({ ...ROLLOUT, variants: [VERSION], show: 3 }).expect(200);
    const { base, variants } = body as Comparison;
    const { differs, summary } = variants[0]!;
    expect(base.summary.outcomes.dropped).toBeGreaterThan(400);
    expect(summary.outcomes.dropped ?? 0).toBeLessThan(50);
    expect(differs.outcomes.dropped).toEqual({
      base: base.summary.outcomes.dropped,
      variant: summary.outcomes.dropped ?? 0,
    });
    expect(differs.requests.compared).toBe(base.summary.requests);
    expect(differs.requests.changes[0]).toMatchObject({ from: 'dropped', to: 'ok' });
    expect(differs.requests.first).toHaveLength(3);
    for (const { base: before, variant } of differs.requests.first) {
      expect(before).toMatchObject({ outcome: 'dropped', cause: 'no-local-endpoint', eventPath: '/timeline/0' });
      expect(variant).toMatchObject({ atMs: before!.atMs, client: before!.client, clientIp: before!.clientIp });
    }
    expect(base.summary.losses![0]!.text).toMatch(
      /^\d+ lost on node-[abc] from .* no local endpoint, load balancer still sending; starts with rolloutRestart .* at 60 s$/,
    );
    // The nodes say the same at the same time; what 1.28 has beside it is /livez.
    expect(new Set(differs.healthz.map(({ kind }) => kind))).toEqual(new Set(['proxy-livez']));
  });

  it('is told as docs/walkthrough.md shows it', async () => {
    const walkthrough = readFileSync(new URL('../../docs/walkthrough.md', import.meta.url), 'utf8');
    const [, shown] = /## With one thing changed[\s\S]*?```text\n([\s\S]*?)```/.exec(walkthrough)!;
    const { text } = await ask({ ...ROLLOUT, variants: [VERSION] })
      .set('Accept', 'text/plain')
      .expect(200);
    expect(text).toBe(shown);
  });

  it('is the run that a simulation of it is', async () => {
    const { body } = await ask({ ...ROLLOUT, seed: 7, variants: [VERSION], show: 0 }).expect(200);
    const run = await server.http
      .post('/v1/simulations')
      .set('Prefer', 'wait=30')
      .send({ ...ROLLOUT, seed: 7 })
      .expect(200);
    expect(body.base.fingerprint).toBe(run.body.fingerprint);
    expect(body.base.summary).toEqual(run.body.summary);
  });

  it('is a table for people as text and Markdown', async () => {
    const body = { ...ROLLOUT, variants: [VERSION], show: 2 };
    const { text } = await ask(body).set('Accept', 'text/plain').expect(200);
    expect(text).toMatch(/^ +base +v1\.28\nrequests +8927 +8927\n/);
    expect(text).toMatch(/v1\.28: \d+ of 8927 requests fare differently\n {2}\d+ dropped -> ok/);
    const markdown = await ask(body).set('Accept', 'text/markdown').expect(200);
    expect(markdown.text).toMatch(
      /^\| {2}\| base \| v1\.28 \|\n\| --- \| --- \| --- \|\n\| requests \| 8927 \| 8927 \|/,
    );
  });
});

it('warns of what a variant sets and what the base has', async () => {
  const variants = [{ name: 'idle', set: { apps: [{ match: { app: 'nobody' } }] } }, VERSION];
  const { body } = await ask({ ...ROLLOUT, variants, show: 0 }).expect(200);
  expect(body.base.warnings).toEqual([]);
  expect(body.variants[0].warnings).toMatchObject([
    { code: 'unused-setting', severity: 'warning', path: '/variants/0/set/apps/0/match' },
  ]);
  expect(body.variants[1].warnings).toEqual([]);
  const { text } = await ask({ ...ROLLOUT, variants, show: 0 })
    .set('Accept', 'text/plain')
    .expect(200);
  expect(text).toMatch(/^# warning: \/variants\/0\/set\/apps\/0\/match: No pod .*\n {2,}base/);
});

it('warns of a stored Deployment that a variant changes without its pods', async () => {
  const stored = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'web-1', labels: { app: 'web' } },
    spec: { nodeName: 'n1', containers: [{ name: 'web' }] },
    status: { phase: 'Running', podIP: '10.1.1.5' },
  };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web' }] } };
  const scenario = {
    name: 'stored',
    cluster: { version: '1.33', admission: 'asStored', serviceCIDRs: ['10.9.0.0/16'] },
    objects: [
      {
        kind: 'Node',
        apiVersion: 'v1',
        metadata: { name: 'n1' },
        spec: { podCIDR: '10.1.1.0/24' },
        status: { addresses: [{ type: 'InternalIP', address: '10.0.0.4' }] },
      },
      {
        kind: 'Deployment',
        apiVersion: 'apps/v1',
        metadata: { name: 'web' },
        spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
      },
      stored,
    ],
  };
  const variants = [{ name: 'four', objects: { 'Deployment/web': { spec: { replicas: 4 } } } }];
  const { body } = await ask({ scenario, variants, show: 0 }).expect(200);
  expect(body.base.warnings).toEqual([]);
  expect(body.variants[0].warnings).toMatchObject([
    { code: 'workload-differs-from-its-pods', path: '/variants/0/objects' },
  ]);
});

describe('bad input', () => {
  const issuesOf = async (body: object, code: string) => {
    const answer = await ask(body).expect(422);
    expect(answer.body.code).toBe(code);
    return answer.body.issues as { code: string; path: string; message: string; hint: string }[];
  };

  it.each([
    [{ name: 'x', set: { cluster: { version: '9.99' } } }, '/variants/0/set/cluster/version'],
    [{ name: 'x', objects: { 'Service/wep': { spec: {} } } }, '/variants/0/objects/Service~1wep'],
    [{ name: 'x', objects: { 'Service/web': { spec: { externalTrafficPolicy: 'Locla' } } } }, '/variants/0/objects'],
    [{ name: 'x', set: { traffic: 'much' } }, '/variants/0/set/traffic'],
    [{ name: 'x', set: { cluster: { verzion: '1.28' } } }, '/variants/0/set/cluster/verzion'],
  ])('a variant that no scenario could be: %j', async (variant, path) => {
    const issues = await issuesOf({ ...ROLLOUT, variants: [variant] }, 'invalid-scenario');
    expect(issues.map((issue) => issue.path)).toContain(path);
    for (const { message, hint } of issues) expect([message, hint]).not.toContain('');
  });

  it.each([
    [{ ...ROLLOUT }, '/variants'],
    [{ ...ROLLOUT, variants: [] }, '/variants'],
    [{ ...ROLLOUT, variants: [{ name: 'base' }] }, '/variants/0/name'],
    [{ ...ROLLOUT, variants: [{ name: 'a' }, { name: 'a' }] }, '/variants/1/name'],
    [{ ...ROLLOUT, variants: [{ name: 'a', set: [] }] }, '/variants/0/set'],
    [{ variants: [{ name: 'a' }] }, ''],
  ])('a question that is none: %j', async (body, path) => {
    const issues = await issuesOf(body, 'invalid-request');
    expect(issues.map((issue) => issue.path)).toContain(path);
  });

  it('more requests than there may be', async () => {
    const variants = [
      {
        name: 'much',
        set: { traffic: [{ from: { client: 'client' }, to: { service: 'web' }, stop: '60s', rate: '30000/s' }] },
      },
    ];
    const [issue] = await issuesOf({ ...ROLLOUT, variants }, 'model-refused');
    expect(issue).toMatchObject({ code: 'comparison-too-large' });
  });
});
