/** Webhooks through HTTP: subscribed, told, tried again, disabled, looked at, sent again. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ALLOWED, type Receiver, startReceiver, verify } from './receiver.js';
import { simulate, startServer, type TestServer } from './server.js';

let server: TestServer;
let receiver: Receiver;
const made: string[] = [];

beforeAll(async () => {
  server = await startServer({ ...ALLOWED, WEBHOOK_RETRY_SECONDS: '0,0' });
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const id of made.splice(0)) await server.http.delete(`/v1/webhooks/${id}`);
  receiver.heard.length = 0;
  receiver.answer = () => 204;
});
afterAll(async () => {
  await server.close();
  await receiver.close();
});

const preset = { preset: 'source-ip-tutorial' };
/** What a test waits for comes with the next look of a worker at the latest. */
const soon = { timeout: 8000, interval: 20 };

async function subscribe(more: Record<string, unknown> = {}) {
  const { body } = await server.http
    .post('/v1/webhooks')
    .send({ url: receiver.url, ...more })
    .expect(201);
  made.push(body.id);
  return body as { id: string; secret: string; [field: string]: unknown };
}

const read = async (path: string) => (await server.http.get(path).expect(200)).body;
const heard = (count: number) => vi.waitFor(() => expect(receiver.heard).toHaveLength(count), soon);
const deliveriesOf = async (id: string) => (await read(`/v1/webhooks/${id}/deliveries`)).items;
const ended = (id: string, count = 1) =>
  vi.waitFor(async () => {
    const items = await deliveriesOf(id);
    expect(items).toHaveLength(count);
    for (const { status } of items) expect(status).toMatch(/succeeded|failed/);
    return items;
  }, soon);

describe('a subscription', () => {
  it('is told of the end of a simulation, signed so that the public library takes it', async () => {
    const { id, secret } = await subscribe({ events: ['simulation.succeeded'] });
    const run = await simulate(server, preset);
    await heard(1);
    const [message] = receiver.heard;
    expect(verify(secret, message!)).toEqual(message!.event);
    expect(message!.event).toMatchObject({
      type: 'simulation.succeeded',
      data: {
        id: run.id,
        status: 'succeeded',
        preset: 'source-ip-tutorial',
        fingerprint: run.fingerprint,
        summary: { requests: expect.any(Number), outcomes: expect.any(Object) },
        links: { self: `/v1/simulations/${run.id}` },
      },
    });
    expect(message!.body.length).toBeLessThan(2000);
    expect(message!.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^Hairpin\/\d/),
    });
    const [delivery] = await ended(id);
    expect(delivery).toMatchObject({
      id: message!.id,
      status: 'succeeded',
      attempts: 1,
      body: message!.body,
      reason: null,
    });
    expect(delivery.log).toMatchObject([
      { number: 1, request: { headers: { 'webhook-id': message!.id } }, response: { status: 204 }, error: null },
    ]);
    expect(JSON.stringify(delivery)).not.toContain(secret.slice(6, 30));
  });

  it('is told in the trace of the request that made what has ended', async () => {
    await subscribe();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { traceparent, tracestate: 'rojo=1,congo=2' };
    const bodies = {
      simulation: preset,
      experiment: { ...preset, seeds: 2 },
      comparison: { ...preset, variants: [{ name: 'newer', set: { cluster: { version: '1.30' } } }] },
    };
    for (const [kind, body] of Object.entries(bodies)) {
      receiver.heard.length = 0;
      await server.http
        .post(`/v1/${kind}s`)
        .set(headers)
        .send(body)
        .expect(kind === 'comparison' ? 200 : 202);
      await heard(1);
      expect(receiver.heard[0]!.event.type).toBe(`${kind}.succeeded`);
      expect(receiver.heard[0]!.headers, kind).toMatchObject(headers);
    }
  });

  it('never shows its secret again', async () => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const created = await subscribe({ secret, description: 'ünï', enabled: false });
    expect(created).toMatchObject({ secret, description: 'ünï', enabled: false, events: ['*'] });
    const path = `/v1/webhooks/${created.id}`;
    for (const seen of [await read(path), await read('/v1/webhooks'), await read(`${path}/deliveries`)])
      expect(JSON.stringify(seen)).not.toMatch(/secret"|whsec_/);
    const { body } = await server.http
      .patch(path)
      .send({ events: ['simulation.failed'] })
      .expect(200);
    expect(body).not.toHaveProperty('secret');
    expect(body).toMatchObject({ events: ['simulation.failed'], description: 'ünï', enabled: false });
    const replaced = await server.http.put(path).send({ url: receiver.url }).expect(200);
    expect(replaced.body).toMatchObject({ events: ['*'], description: '', enabled: true });
  });

  it('changes its secret without a gap', async () => {
    const { id, secret } = await subscribe({ events: ['experiment.*'] });
    const path = `/v1/webhooks/${id}`;
    const { body: rotated } = await server.http.post(`${path}/rotate-secret?overlap=1h`).expect(200);
    expect(rotated.secret).not.toBe(secret);
    expect(Date.parse(rotated.previousSecretUntil) - Date.now()).toBeGreaterThan(3_500_000);
    await server.http.post(`${path}/test`).expect(202);
    await heard(1);
    for (const known of [secret, rotated.secret]) verify(known, receiver.heard[0]!);
    const { body: last } = await server.http.post(`${path}/rotate-secret?overlap=0s`).expect(200);
    await server.http.post(`${path}/test`).expect(202);
    await heard(2);
    verify(last.secret, receiver.heard[1]!);
    for (const known of [secret, rotated.secret]) expect(() => verify(known, receiver.heard[1]!)).toThrow(/signature/);
    const { body: problem } = await server.http.post(`${path}/rotate-secret?overlap=169h`).expect(422);
    expect(problem.issues).toMatchObject([{ path: '?overlap' }]);
    const rotate = (body: string, query = '') =>
      server.http.post(`${path}/rotate-secret${query}`).set('Content-Type', 'application/json').send(body);
    const { body: inBody } = await rotate('{"overlap": "2h"}').expect(200);
    expect(Math.abs(Date.parse(inBody.previousSecretUntil) - Date.now() - 7_200_000)).toBeLessThan(60_000);
    for (const [body, query, place] of [
      ['{"overlap": "169h"}', '', '/overlap'],
      ['{"overlap": "1h"}', '?overlap=1h', '/overlap'],
      ['{"overlapp": "1h"}', '', '/overlapp'],
    ] as const)
      expect((await rotate(body, query).expect(422)).body.issues, body).toMatchObject([{ path: place }]);
    await rotate('{broken').expect(400);
  });

  it('is told once more when it answers with anything but 2xx, under the same id', async () => {
    const { id, secret } = await subscribe();
    receiver.answer = () => (receiver.heard.length < 3 ? { status: 503, headers: { 'retry-after': '0' } } : 200);
    await simulate(server, preset);
    await heard(3);
    expect(new Set(receiver.heard.map((message) => message.id)).size).toBe(1);
    expect(new Set(receiver.heard.map((message) => message.body)).size).toBe(1);
    for (const message of receiver.heard) verify(secret, message);
    const [delivery] = await ended(id);
    expect(delivery).toMatchObject({ status: 'succeeded', attempts: 3 });
    expect(delivery.log.map(({ response }: { response: { status: number } }) => response.status)).toEqual([
      503, 503, 200,
    ]);
  });

  it('is disabled with a reason when nothing gets through, and can be enabled again', async () => {
    const { id } = await subscribe({ events: ['simulation.*'] });
    receiver.answer = () => ({ status: 500, body: 'broken: ünï' });
    await simulate(server, preset);
    const [delivery] = await ended(id);
    expect(delivery).toMatchObject({ status: 'failed', attempts: 3, reason: expect.stringContaining('3 attempts') });
    expect(delivery.log[0]).toMatchObject({
      response: { status: 500, body: 'broken: ünï' },
      error: { code: 'status', message: 'Answered with 500.' },
    });
    const disabled = await read(`/v1/webhooks/${id}`);
    expect(disabled).toMatchObject({ enabled: false, disabledReason: expect.stringContaining(delivery.id) });
    await simulate(server, preset);
    expect(await deliveriesOf(id)).toHaveLength(1);
    receiver.answer = () => 204;
    const { body: enabled } = await server.http.patch(`/v1/webhooks/${id}`).send({ enabled: true }).expect(200);
    expect(enabled).toMatchObject({ enabled: true, disabledReason: null, disabledAt: null });
    const { body: again } = await server.http
      .post(`/v1/webhooks/${id}/deliveries/${delivery.id}/redeliver`)
      .expect(202);
    expect(again.id).toBe(delivery.id);
    await vi.waitFor(
      async () => expect((await read(`/v1/webhooks/${id}/deliveries/${delivery.id}`)).status).toBe('succeeded'),
      soon,
    );
    expect(receiver.heard.at(-1)!.id).toBe(delivery.id);
  });

  it('is disabled at once by 410', async () => {
    const { id } = await subscribe();
    receiver.answer = () => 410;
    await simulate(server, preset);
    expect((await ended(id))[0]).toMatchObject({ status: 'failed', attempts: 1 });
    expect(await read(`/v1/webhooks/${id}`)).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining('410'),
    });
  });

  it('that redirects is not followed', async () => {
    const { id } = await subscribe();
    receiver.answer = () => ({ status: 302, headers: { location: `${server.origin}/livez` } });
    await server.http.post(`/v1/webhooks/${id}/test`).expect(202);
    const [delivery] = await ended(id);
    expect(delivery).toMatchObject({ status: 'failed', attempts: 1, log: [{ error: { code: 'redirect' } }] });
    expect(await read(`/v1/webhooks/${id}`), 'a test disables nothing').toMatchObject({ enabled: true });
  });

  it('is told of a run that is cancelled while it waits', async () => {
    const idle = await startServer({ WORKER_THREADS: '0' });
    const { body: hook } = await idle.http.post('/v1/webhooks').send({ url: 'https://receiver.example/' }).expect(201);
    const { body: run } = await idle.http.post('/v1/simulations').send(preset).expect(202);
    await idle.http.delete(`/v1/simulations/${run.id}`).expect(202);
    const { body } = await idle.http.get(`/v1/webhooks/${hook.id}/deliveries`).expect(200);
    expect(body.items).toMatchObject([
      { type: 'simulation.cancelled', subjectId: run.id, status: 'queued', attempts: 0 },
    ]);
    await idle.close();
  });

  it('has its deliveries listed page by page', async () => {
    const { id } = await subscribe();
    for (let n = 0; n < 3; n++) await server.http.post(`/v1/webhooks/${id}/test`).expect(202);
    await ended(id, 3);
    const first = await server.http.get(`/v1/webhooks/${id}/deliveries?limit=2`).expect(200);
    expect(first.headers.link).toContain('rel="next"');
    const second = await read(`/v1/webhooks/${id}/deliveries?limit=2&cursor=${first.body.next}`);
    const ids = [...first.body.items, ...second.items].map((delivery: { id: string }) => delivery.id);
    expect(new Set(ids).size).toBe(3);
    expect(second.next).toBeNull();
    expect((await read(`/v1/webhooks/${id}/deliveries?status=failed`)).items).toEqual([]);
  });

  it('counts outcomes in the metrics', async () => {
    const { text } = await server.http.get('/metrics').expect(200);
    expect(text).toMatch(/hairpin_webhook_deliveries_total\{outcome="succeeded"\} [1-9]/);
    expect(text).toMatch(/hairpin_webhook_deliveries_total\{outcome="retried"\} [1-9]/);
    expect(text).toMatch(/hairpin_webhook_attempt_duration_seconds_count\{outcome="redirect"\} 1/);
    expect(text).toMatch(/hairpin_webhooks_disabled_total 2/);
    expect(text).toMatch(/hairpin_webhook_deliveries\{status="queued"\} 0/);
  });
});

describe('a webhook of one simulation', () => {
  it('is told of that one, and its secret is shown once', async () => {
    const run = (await simulate(server, { ...preset, webhook: { url: receiver.url } })) as unknown as {
      id: string;
      webhook: { id: string; secret: string };
    };
    await simulate(server, preset);
    await heard(1);
    expect(verify(run.webhook.secret, receiver.heard[0]!)).toMatchObject({ data: { id: run.id } });
    expect(await read(`/v1/webhooks/${run.webhook.id}`)).toMatchObject({ url: receiver.url, events: [] });
    expect(await ended(run.webhook.id)).toHaveLength(1);
    expect((await read('/v1/webhooks')).items).toEqual([]);
  });

  it('may have a secret of the caller, which is not shown, and is stored once for an Idempotency-Key', async () => {
    const secret = `whsec_${randomBytes(24).toString('base64')}`;
    const post = () =>
      server.http
        .post('/v1/simulations')
        .set({ 'idempotency-key': 'told-once', prefer: 'wait=60' })
        .send({ ...preset, webhook: { url: receiver.url, secret } })
        .expect(200);
    const first = await post();
    expect(first.body.webhook).toEqual({ id: expect.any(String) });
    expect((await post()).body).toEqual(first.body);
    await heard(1);
    verify(secret, receiver.heard[0]!);
  });

  it('is named again for an Idempotency-Key, also when it is gone, and without the secret that was made for it', async () => {
    const kept = (await subscribe()).id;
    const post = (key: string, webhook: object) =>
      server.http
        .post('/v1/simulations')
        .set({ 'idempotency-key': key, prefer: 'wait=60' })
        .send({ ...preset, webhook })
        .expect(200);
    const crowd = await Promise.all([1, 2, 3].map(() => post('own', { url: receiver.url })));
    const shown = crowd.map(({ body }) => body.webhook);
    expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
    expect(shown.filter(({ secret }) => secret !== undefined)).toHaveLength(1);
    for (const [key, id, webhook] of [
      ['own', shown[0].id, { url: receiver.url }],
      ['kept', kept, { webhookId: kept }],
    ]) {
      await post(key, webhook);
      await server.http.delete(`/v1/webhooks/${id}`).expect(204);
      expect((await post(key, webhook)).body.webhook).toEqual({ id });
    }
  });

  it('may be one that is there, whatever that asks for', async () => {
    const { id, secret } = await subscribe({ events: ['experiment.failed'] });
    const run = await simulate(server, { ...preset, webhook: { webhookId: id } });
    expect(run.webhook).toEqual({ id });
    await heard(1);
    expect(verify(secret, receiver.heard[0]!)).toMatchObject({ data: { id: run.id } });
    const { body } = await server.http
      .post('/v1/simulations')
      .send({ ...preset, webhook: { webhookId: 'none' } })
      .expect(404);
    expect(body).toMatchObject({ code: 'not-found', detail: expect.stringContaining('none') });
  });
});
