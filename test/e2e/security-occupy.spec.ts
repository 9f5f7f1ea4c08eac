/** No scenario occupies the server or a worker for longer than is allowed, at whatever stage it takes its time. */
import { afterEach, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
afterEach(() => server.close());

/** Some nine hundred letters that ask for as many pods as one likes. */
const manyPods = (replicas: number, more: object = {}) => ({
  name: 'small text, large cluster',
  cluster: { version: '1.30' },
  duration: '60s',
  objects: [
    ...[1, 2].map((n) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `n${n}` },
      spec: { podCIDR: `10.${n}.0.0/16` },
      status: { addresses: [{ type: 'InternalIP', address: `192.168.0.${n}` }] },
    })),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    },
  ],
  ...more,
});

/** The longest that one of many small calls took while `work` went on. */
async function longestCallDuring(work: Promise<unknown>): Promise<number> {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  let longest = 0;
  while (!over) {
    const began = performance.now();
    await fetch(`${server.origin}/livez`);
    longest = Math.max(longest, performance.now() - began);
  }
  return longest;
}

async function endOf(scenario: object) {
  const accepted = await server.http.post('/v1/simulations').send({ scenario });
  expect(accepted.status, JSON.stringify(accepted.body).slice(0, 300)).toBe(202);
  const began = performance.now();
  for (;;) {
    const { body } = await server.http.get(`/v1/simulations/${accepted.body.id}`).expect(200);
    if (body.status !== 'queued' && body.status !== 'running') return { ...body, tookMs: performance.now() - began };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('a small document that makes a large cluster is checked beside the other calls, not before them', async () => {
  server = await startServer();
  const text = JSON.stringify(manyPods(20_000));
  expect(text.length).toBeLessThan(1_000);
  const began = performance.now();
  const checked = fetch(`${server.origin}/v1/scenarios?dryRun=All`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  const longest = await longestCallDuring(checked);
  expect((await checked).status).toBeOneOf([200, 503]);
  expect(longest).toBeLessThan((performance.now() - began) / 2);
}, 60_000);

it('a run that takes its time inside one event is ended with the reason', async () => {
  server = await startServer({ MAX_RUN_SECONDS: '1', WORKER_THREADS: '1' });
  const scale = { timeline: [{ at: '1s', scale: { deployment: 'web', replicas: 90_000 } }] };
  const run = endOf(manyPods(2, scale));
  const longest = await longestCallDuring(run);
  const ended = await run;
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'too-long' } });
  expect(ended.error.message).toContain('MAX_RUN_SECONDS');
  expect(longest).toBeLessThan(ended.tookMs / 2);
  expect((await endOf(manyPods(2))).status).toBe('succeeded');
}, 60_000);

it('a run whose world takes too long to build is ended before its first event', async () => {
  server = await startServer({ MAX_RUN_SECONDS: '1', WORKER_THREADS: '1' });
  expect(await endOf(manyPods(90_000))).toMatchObject({ status: 'failed', error: { code: 'too-long' } });
}, 90_000);

it('a run that needs more memory than is allowed is ended with the reason, while its world is built too', async () => {
  server = await startServer({ MAX_RUN_MEMORY_MB: '64', WORKER_THREADS: '1' });
  const ended = await endOf(manyPods(30_000));
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'too-much-memory' } });
  expect(ended.error.message).toContain('MAX_RUN_MEMORY_MB');
}, 90_000);
