/** Experiments that cannot be: each is refused with every place that is wrong. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadScenario } from './load-scenario.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const ROLLOUT = { preset: 'i-01-local-rollout' };

const issuesOf = async (body: object, code: string) => {
  const answer = await server.http.post('/v1/experiments').send(body).expect(422);
  expect(answer.body.code).toBe(code);
  return answer.body.issues as { path: string; message: string; hint: string }[];
};

it.each([
  [{ vary: [{ field: '/cluster/version', values: ['1.28', '9.99'] }] }, '/vary/0/values/1'],
  [{ vary: [{ object: 'Service/wep', field: '/spec/type', values: ['NodePort'] }] }, '/vary/0/object'],
  [{ vary: [{ field: '/traffic/7/rate', values: ['1/s'] }] }, '/vary/0/field'],
  [{ variants: [{ name: 'x', set: { traffic: 'much' } }] }, '/variants/0/set/traffic'],
])('a cell that no scenario could be: %j', async (body, path) => {
  const issues = await issuesOf({ ...ROLLOUT, ...body }, 'invalid-scenario');
  expect(issues.map((issue) => issue.path)).toContain(path);
  for (const { message, hint } of issues) expect([message, hint]).not.toContain('');
});

it.each([
  [{ vary: [{ field: 'cluster.version', values: ['1.28'] }] }, '/vary/0/field'],
  [{ vary: [{ field: '/__proto__/x', values: [1] }] }, '/vary/0/field'],
  [{ vary: [{ field: '/~3', values: [1] }] }, '/vary/0/field'],
  [{ vary: [{ field: '/cluster/version~', values: [1] }] }, '/vary/0/field'],
  [{ vary: [{ field: '/seed', values: [] }] }, '/vary/0/values'],
  [
    {
      vary: [
        { field: '/a', values: [1] },
        { field: '/b/a', values: [1] },
      ],
    },
    '/vary/1/name',
  ],
  [
    {
      vary: [
        { field: '/seed', values: Array.from({ length: 11 }, (_, n) => n) },
        { field: '/name', values: Array.from({ length: 11 }, (_, n) => `${n}`) },
      ],
    },
    '/vary',
  ],
  [{ vary: [{ field: '/seed', values: [1] }], variants: [{ name: 'a' }] }, '/variants'],
  [{ variants: [{ name: 'base' }] }, '/variants/0/name'],
  [{ seeds: 0 }, '/seeds'],
  [{ seeds: 1.5 }, '/seeds'],
  [{ figures: ['happiness'] }, '/figures/0'],
  [{ figures: ['ok', 'ok'] }, '/figures/1'],
  [{ seed: 2 ** 53 }, '/seed'],
])('a question that is none: %j', async (body, path) => {
  const issues = await issuesOf({ ...ROLLOUT, ...body }, 'invalid-request');
  expect(issues.map((issue) => issue.path)).toContain(path);
});

it('more runs or requests than there may be', async () => {
  const [runs] = await issuesOf({ ...ROLLOUT, seeds: 20_000 }, 'model-refused');
  expect(runs!.message).toMatch(/^1 cell times 20000 seeds are 20000 runs, .*MAX_EXPERIMENT_RUNS/);
  const [requests] = await issuesOf(
    { scenario: loadScenario({ ratePerSecond: 100_000, seconds: 100 }), seeds: 100 },
    'model-refused',
  );
  expect(requests!.message).toContain('MAX_EXPERIMENT_REQUESTS');
});
