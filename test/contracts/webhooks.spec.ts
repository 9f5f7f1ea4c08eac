/** Webhooks in the database: what is announced, what is to be delivered, and what becomes of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AppError,
  announceEnd,
  DeliveryJobs,
  DeliveryStore,
  type Exchange,
  ExperimentStore,
  type Lease,
  LeaseLost,
  newSecret,
  ResultStore,
  type RunOutcome,
  SecretBox,
  SecretUnreadable,
  SimulationJobs,
  SimulationStore,
  TrialJobs,
  TrialStore,
  type WebhookContent,
  type WebhookRow,
  WebhookStore,
} from '#platform';
import { describeDatabases, emptiedDatabase } from './databases.js';

const content = (more: Partial<WebhookContent> = {}): WebhookContent => ({
  url: 'https://hooks.example/a',
  description: 'ünï – 名前',
  events: ['*'],
  enabled: true,
  ...more,
});
const ended = (id: string) => ({ id, status: 'succeeded', links: { self: `/v1/simulations/${id}` } });
const answered = (status: number): Exchange => ({
  startedAtMs: 1,
  durationMs: 12.5,
  requestHeaders: { 'webhook-id': 'x' },
  response: { status, headers: { a: 'b' }, body: 'ünï', bodyBytes: 5, truncated: false },
  error: status < 300 ? null : { code: 'status', message: `Answered with ${status}.` },
});
const succeeded = {
  status: 'succeeded',
  modelVersion: '1',
  fingerprint: '0123456789abcdef',
  requests: 8,
  summary: JSON.stringify({ requests: 8, outcomes: { ok: 8 }, latencyUs: null, losses: [], events: 99 }),
  expectations: '[{"name":"a","passed":true},{"name":"b","passed":false}]',
  documents: { dictionaries: '{}', healthz: '{}', transcript: '[]' },
} as const;
const never = new AbortController().signal;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const simulation = {
  name: 'a scenario',
  scenarioId: null,
  preset: 'p',
  digest: 'a'.repeat(64),
  scenario: '{}',
  seed: 7,
};

describeDatabases('webhooks', (open) => {
  const database = emptiedDatabase(open);
  let nowMs: number;
  let webhooks: WebhookStore;
  let jobs: DeliveryJobs;
  let deliveries: DeliveryStore;
  let simulations: SimulationStore;
  let runs: SimulationJobs;
  let results: ResultStore;

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    const { dataSource } = database;
    webhooks = new WebhookStore(dataSource, new SecretBox(['k'.repeat(32)]), 3, now);
    jobs = new DeliveryJobs(dataSource, now);
    deliveries = new DeliveryStore(dataSource, jobs, now);
    simulations = new SimulationStore(dataSource, 3_600_000, now);
    runs = new SimulationJobs(dataSource, now);
    results = new ResultStore(dataSource, runs, now);
  });

  const announce = (tenant: string, id: string, type = 'simulation.succeeded' as const) =>
    database.dataSource.transaction((manager) => announceEnd(manager, tenant, type, ended(id), nowMs));
  const add = async (more: Partial<WebhookContent> = {}, tenant = 'a') =>
    (await webhooks.add(tenant, content(more))).row;
  const listed = async (webhookId: string, tenant = 'a') =>
    (await deliveries.list(tenant, { webhookId }, null, 100)).map(({ row }) => row);

  describe('subscriptions', () => {
    it('come back as they were stored, with a secret that only their store can read', async () => {
      const { row, secret } = await webhooks.add('a', content());
      const found = (await webhooks.find('a', row.id))!;
      expect(found).toEqual(row);
      expect(found).toMatchObject({ url: 'https://hooks.example/a', enabled: true, events: '["*"]' });
      expect(JSON.stringify(found)).not.toContain(secret.slice(6, 20));
      expect(webhooks.secretsOf(found)).toEqual([secret]);
    });

    it('are of their tenant alone', async () => {
      const { id } = await add();
      expect(await webhooks.find('b', id)).toBeNull();
      expect(await webhooks.list('b', null, 10)).toEqual([]);
      expect(await webhooks.change('b', id, { enabled: false })).toBeNull();
      expect(await webhooks.rotate('b', id, 0)).toBeNull();
      expect(await webhooks.delete('b', id)).toBe(false);
      expect((await webhooks.find('a', id))?.enabled).toBe(true);
    });

    it('are no more than there may be, for each tenant', async () => {
      for (let n = 0; n < 3; n++) await add();
      await expect(add()).rejects.toThrow(AppError);
      await expect(add()).rejects.toThrow(/MAX_WEBHOOKS/);
      expect((await add({}, 'b')).tenant).toBe('b');
    });

    it('keep the secret before the last for as long as it overlaps', async () => {
      const first = await webhooks.add('a', content());
      const second = (await webhooks.rotate('a', first.row.id, 60_000))!;
      expect(second.secret).not.toBe(first.secret);
      expect(webhooks.secretsOf(second.row)).toEqual([second.secret, first.secret]);
      nowMs += 60_001;
      expect(webhooks.secretsOf(second.row)).toEqual([second.secret]);
      await webhooks.tidy();
      expect(await webhooks.find('a', first.row.id)).toMatchObject({
        previousSecret: null,
        previousSecretUntilMs: null,
      });
      const third = (await webhooks.rotate('a', first.row.id, 0))!;
      expect(webhooks.secretsOf(third.row)).toEqual([third.secret]);
    });

    it('can be signed for while the secret before was encrypted with a key that is gone', async () => {
      const { row } = await webhooks.add('a', content());
      const later = new WebhookStore(database.dataSource, new SecretBox(['n'.repeat(32)]), 3, () => nowMs);
      expect(() => later.secretsOf(row)).toThrow(SecretUnreadable);
      const rotated = (await later.rotate('a', row.id, 60_000))!;
      expect(later.secretsOf(rotated.row)).toEqual([rotated.secret]);
    });

    it('are listed newest first, page by page', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 3; n++) {
        nowMs++;
        ids.unshift((await add()).id);
      }
      const [first, second] = await webhooks.list('a', null, 2);
      expect([first!.id, second!.id]).toEqual(ids.slice(0, 2));
      const rest = await webhooks.list('a', { atMs: second!.createdAtMs, id: second!.id }, 2);
      expect(rest.map(({ id }) => id)).toEqual(ids.slice(2));
    });
  });

  describe('the outbox', () => {
    it('has one delivery for every webhook of the tenant that wants to know', async () => {
      const all = await add();
      const some = await add({ events: ['simulation.failed', 'simulation.succeeded'] });
      await add({ events: ['experiment.*'] });
      const other = await add({}, 'b');
      const off = await add({ enabled: false }, 'c');
      expect(await announce('a', 's-1')).toHaveLength(2);
      const [row] = await listed(all.id);
      expect(row).toMatchObject({ type: 'simulation.succeeded', subjectId: 's-1', status: 'queued', dueAtMs: nowMs });
      expect(JSON.parse(row!.payload)).toEqual({
        type: 'simulation.succeeded',
        timestamp: new Date(nowMs).toISOString(),
        data: ended('s-1'),
      });
      expect(await listed(some.id)).toHaveLength(1);
      expect(await listed(other.id, 'b')).toEqual([]);
      expect(await announce('c', 's-2')).toEqual([]);
      expect(await listed(off.id, 'c')).toEqual([]);
    });

    it('has nothing of an end that was rolled back', async () => {
      const { id } = await add();
      await database.dataSource
        .transaction(async (manager) => {
          await announceEnd(manager, 'a', 'simulation.succeeded', ended('s-1'), nowMs);
          throw new Error('the commit fails');
        })
        .catch(() => undefined);
      expect(await listed(id)).toEqual([]);
    });

    it('is filled with the end of a simulation, whichever it is, and with nothing by who lost the lease', async () => {
      const { id } = await add();
      const accept = async () => (await simulations.accept('a', simulation)).row.id;
      const first = await accept();
      const stale = (await runs.claim(1000))!;
      nowMs += 1001;
      const lease = (await runs.claim(1000))!;
      await expect(results.finish(stale, succeeded)).rejects.toThrow(LeaseLost);
      expect(await listed(id)).toEqual([]);
      expect(await results.finish(lease, succeeded)).toHaveLength(1);
      await expect(results.finish(lease, succeeded)).rejects.toThrow(LeaseLost);
      const [row] = await listed(id);
      expect(JSON.parse(row!.payload).data).toMatchObject({
        id: first,
        status: 'succeeded',
        name: 'a scenario',
        preset: 'p',
        seed: 7,
        fingerprint: '0123456789abcdef',
        summary: { requests: 8, outcomes: { ok: 8 }, latencyUs: null },
        expectations: { passed: 1, failed: 1 },
        links: { self: `/v1/simulations/${first}`, report: `/v1/simulations/${first}/report` },
      });
      await accept();
      await results.finish((await runs.claim(1000))!, { status: 'failed', errorCode: 'too-long', errorMessage: 'why' });
      const waiting = await accept();
      expect(await simulations.requestCancel('a', waiting)).toBe('cancelled');
      expect(await simulations.requestCancel('a', waiting)).toBe('finished');
      await accept();
      await results.finish((await runs.claim(1000))!, { status: 'cancelled' });
      const types = (await listed(id)).map(({ type }) => type).sort();
      expect(types).toEqual(['cancelled', 'cancelled', 'failed', 'succeeded'].map((end) => `simulation.${end}`));
    });

    it("tells a simulation's own webhook, once, whatever that asks for otherwise", async () => {
      const subscription = await add({ events: ['experiment.*'] });
      const own = webhooks.newCall('a', 'https://hooks.example/own');
      await simulations.accept('a', { ...simulation, webhook: { webhookId: own.row.id, row: own.row } });
      expect(await results.finish((await runs.claim(1000))!, { status: 'cancelled' })).toHaveLength(1);
      expect(await listed(own.row.id)).toHaveLength(1);
      await simulations.accept('a', { ...simulation, webhook: { webhookId: subscription.id, row: null } });
      expect(await results.finish((await runs.claim(1000))!, { status: 'cancelled' })).toHaveLength(1);
      expect(await listed(subscription.id)).toHaveLength(1);
      expect((await webhooks.list('a', null, 10)).map(({ id }) => id)).toEqual([subscription.id]);
    });

    it('is filled with the end of an experiment, with its last trial or its cancel, once', async () => {
      const { id } = await add({ events: ['experiment.*', 'comparison.cancelled'] });
      const { dataSource } = database;
      const experiments = new ExperimentStore(dataSource, 3_600_000, () => nowMs);
      const trialJobs = new TrialJobs(dataSource, () => nowMs);
      const trials = new TrialStore(dataSource, trialJobs, () => nowMs);
      const accept = (kind: 'experiment' | 'comparison') =>
        experiments.accept('a', {
          ...{ kind, name: 'n', scenarioId: null, preset: 'p', seed: 1, seeds: 2, settings: '{}' },
          cells: [{ name: 'c', settings: '{}', digest: 'b'.repeat(64), warnings: '[]', scenario: '{}' }],
          trials: [1, 2].map((seed) => ({ cell: 0, seed, seeds: 1 })),
        });
      const finish = async () => {
        const lease = (await trialJobs.claim(1000))!;
        const outcome = { error: { code: 'too-long', message: 'why' } } as unknown as RunOutcome;
        await trials.finish(lease, (await trials.work(lease))!, [outcome], '1');
      };
      const first = await accept('experiment');
      await finish();
      expect(await listed(id)).toEqual([]);
      await finish();
      const [row] = await listed(id);
      expect(row).toMatchObject({ type: 'experiment.failed', subjectId: first.row.id });
      expect(JSON.parse(row!.payload).data).toMatchObject({
        runs: { all: 2, done: 2, failed: 2 },
        links: { self: `/v1/experiments/${first.row.id}` },
      });
      const second = await accept('comparison');
      await experiments.cancel('a', 'comparison', second.row.id);
      expect(await experiments.cancel('a', 'comparison', second.row.id)).toBeNull();
      expect((await listed(id)).map(({ type }) => type).sort()).toEqual(['comparison.cancelled', 'experiment.failed']);
    });

    it('refuses a simulation with a webhook that is not there, or is another tenant’s', async () => {
      const { id } = await add({}, 'b');
      for (const webhookId of [id, 'none'])
        await expect(simulations.accept('a', { ...simulation, webhook: { webhookId, row: null } })).rejects.toThrow(
          /no webhook/,
        );
      expect(await simulations.countByStatus()).toEqual({});
    });
  });

  describe('deliveries', () => {
    it('are taken when they are due, and no more than four at once of one webhook', async () => {
      const [slow, other] = [await add({ events: ['simulation.*'] }), await add({ events: ['experiment.*'] })];
      for (let n = 0; n < 6; n++) await announce('a', `s-${n}`);
      nowMs += 10;
      await database.dataSource.transaction((m) => announceEnd(m, 'a', 'experiment.failed', ended('e-1'), nowMs));
      const taken = [];
      for (let lease = await jobs.claim(1000); lease; lease = await jobs.claim(1000)) taken.push(lease);
      expect(taken).toHaveLength(5);
      const [last] = await listed(other.id);
      expect(taken.at(-1)!.id).toBe(last!.id);
      const held = (await deliveries.held(taken[0]!))!;
      await deliveries.settle(taken[0]!, held.delivery, answered(200), { status: 'succeeded' });
      expect((await jobs.claim(1000))?.id).toBe(
        (await deliveries.list('a', { webhookId: slow.id, status: 'running' }, null, 1))[0]!.row.id,
      );
    });

    it('are no more than its share of one tenant, however many webhooks it has, while others’ go on', async () => {
      const fair = new DeliveryJobs(database.dataSource, () => nowMs, 4);
      const busy = await Promise.all([1, 2, 3].map(() => add()));
      for (let n = 0; n < 3; n++) await announce('a', `s-${n}`);
      nowMs += 10;
      const { id } = await add({}, 'b');
      await announce('b', 's-9');
      const taken = [];
      for (let lease = await fair.claim(1000); lease; lease = await fair.claim(1000)) taken.push(lease);
      expect(taken).toHaveLength(5);
      expect(taken.at(-1)!.id).toBe((await listed(id, 'b'))[0]!.id);
      const { delivery } = (await deliveries.held(taken[0]!))!;
      await deliveries.settle(taken[0]!, delivery, answered(200), { status: 'succeeded' });
      const after = await fair.claim(1000);
      const ids = busy.map((webhook) => webhook.id);
      expect(ids).toContain((await deliveries.held(after!))!.webhook.id);
      expect(await fair.claim(1000), 'one has ended, one has begun').toBeNull();
    });

    it('are not asked for without end: a hundred of a webhook wait to be sent, those to be tried again aside', async () => {
      const webhook = await add();
      const [deliveryId] = await announce('a', 's-1');
      const lease = (await jobs.claim(1000))!;
      const { delivery } = (await deliveries.held(lease))!;
      await deliveries.settle(lease, delivery, answered(500), { status: 'queued', dueAtMs: nowMs + 5000 });
      for (let n = 0; n < 100; n++) await deliveries.addTest(webhook);
      const full = { code: 'quota-exceeded', headers: { 'retry-after': '10' } };
      await expect(deliveries.addTest(webhook)).rejects.toMatchObject(full);
      await expect(deliveries.redeliver('a', webhook.id, deliveryId!)).rejects.toMatchObject(full);
      expect(await listed(webhook.id)).toHaveLength(100);
      const test = (await jobs.claim(1000))!;
      await deliveries.settle(test, (await deliveries.held(test))!.delivery, answered(200), { status: 'succeeded' });
      expect(await deliveries.redeliver('a', webhook.id, deliveryId!)).toBe(true);
    });

    it('are tried again when it is time, with a log of every attempt', async () => {
      const { id } = await add();
      const [deliveryId] = await announce('a', 's-1');
      const first = (await jobs.claim(1000))!;
      const one = (await deliveries.held(first))!;
      await deliveries.settle(first, one.delivery, answered(500), { status: 'queued', dueAtMs: nowMs + 5000 });
      expect(await jobs.claim(1000)).toBeNull();
      nowMs += 5000;
      const second = (await jobs.claim(1000))!;
      expect(second).toMatchObject({ id: deliveryId, attempt: 2 });
      const two = (await deliveries.held(second))!;
      expect(two.delivery).toMatchObject({ attempts: 1, retries: 1, payload: one.delivery.payload });
      await deliveries.settle(second, two.delivery, answered(204), { status: 'succeeded' });
      const logged = (await deliveries.find('a', id, deliveryId!))!;
      expect(logged.row).toMatchObject({ status: 'succeeded', attempts: 2, finishedAtMs: nowMs, reason: null });
      expect(logged.log.map(({ number, status, errorCode }) => [number, status, errorCode])).toEqual([
        [1, 500, 'status'],
        [2, 204, null],
      ]);
      expect(logged.log[0]).toMatchObject({ durationMs: 12.5, responseBody: 'ünï', responseTruncated: false });
      expect((await webhooks.find('a', id))?.lastSuccessAtMs).toBe(nowMs);
      expect(await deliveries.find('b', id, deliveryId!)).toBeNull();
    });

    it('end while their webhook is deleted: nobody waits for ever for the other', async () => {
      for (let round = 0; round < 10; round++) {
        const { id } = await add();
        for (let n = 0; n < 4; n++) await announce('a', `s-${round}-${n}`);
        const leases = [];
        for (let lease = await jobs.claim(1000); lease; lease = await jobs.claim(1000)) leases.push(lease);
        expect(leases).toHaveLength(4);
        const held = await Promise.all(leases.map((lease) => deliveries.held(lease)));
        const ends = leases.map((lease, n) =>
          deliveries.settle(lease, held[n]!.delivery, answered(200), { status: 'succeeded' }).catch((error) => {
            if (!(error instanceof LeaseLost)) throw error;
          }),
        );
        expect((await Promise.all([webhooks.delete('a', id), ...ends]))[0]).toBe(true);
        expect(await listed(id)).toEqual([]);
      }
    });

    it('of an attempt that lost its lease leave nothing behind', async () => {
      const { id } = await add();
      await announce('a', 's-1');
      const first = (await jobs.claim(1000))!;
      const { delivery } = (await deliveries.held(first))!;
      nowMs += 1001;
      const second = (await jobs.claim(1000))!;
      expect(second.id).toBe(first.id);
      await expect(deliveries.settle(first, delivery, answered(200), { status: 'succeeded' })).rejects.toThrow(
        LeaseLost,
      );
      const [logged] = await deliveries.list('a', { webhookId: id }, null, 1);
      expect(logged).toMatchObject({ row: { status: 'running', attempts: 0 }, log: [] });
    });

    it('that fail for good disable their webhook with the reason, and end what waits for it', async () => {
      const { id } = await add();
      await announce('a', 's-1');
      await announce('a', 's-2');
      const lease = (await jobs.claim(1000))!;
      const { delivery } = (await deliveries.held(lease))!;
      await deliveries.settle(lease, delivery, answered(410), { status: 'failed', reason: 'Gone.', disable: 'Gone.' });
      expect(await webhooks.find('a', id)).toMatchObject({
        enabled: false,
        disabledReason: 'Gone.',
        disabledAtMs: nowMs,
      });
      expect((await listed(id)).map(({ status, reason }) => [status, reason]).sort()).toEqual([
        ['failed', 'Gone.'],
        ['failed', 'The webhook was disabled: Gone.'],
      ]);
      expect(await announce('a', 's-3')).toEqual([]);
      expect(await webhooks.change('a', id, { enabled: true })).toMatchObject({
        disabledReason: null,
        disabledAtMs: null,
      });
      expect(await announce('a', 's-4')).toHaveLength(1);
    });

    it('that are stored or end while their webhook is being disabled are not sent', async () => {
      const { id } = await add();
      await announce('a', 's1');
      const lease = (await jobs.claim(60_000))!;
      const { delivery } = (await deliveries.held(lease))!;
      const again = { status: 'queued', dueAtMs: nowMs } as const;
      const [settled, announced] = await database.dataSource
        .transaction(async (manager) => {
          await manager.update<WebhookRow>('webhook', { id }, { enabled: false });
          const both = Promise.all([deliveries.settle(lease, delivery, answered(500), again), announce('a', 's2')]);
          await Promise.race([both, sleep(300)]);
          return () => both;
        })
        .then((both) => both());
      expect(settled).toEqual({ status: 'failed', reason: 'The webhook is disabled.', disable: null });
      expect(announced).toEqual([]);

      await webhooks.change('a', id, { enabled: true });
      const disabling = await database.dataSource.transaction(async (manager) => {
        await announceEnd(manager, 'a', 'simulation.succeeded', ended('s3'), nowMs);
        const change = webhooks.change('a', id, { enabled: false });
        await Promise.race([change, sleep(300)]);
        return () => change;
      });
      await disabling();
      expect((await listed(id)).map(({ status, reason }) => [status, reason]).sort()).toEqual([
        ['failed', 'The webhook is disabled.'],
        ['failed', 'The webhook was disabled.'],
      ]);
    });

    it('are sent again under the same id when that is asked for; to a disabled webhook once', async () => {
      const { id } = await add();
      const [deliveryId] = await announce('a', 's-1');
      await webhooks.change('a', id, { enabled: false });
      expect((await listed(id))[0]).toMatchObject({ status: 'failed', reason: 'The webhook was disabled.' });
      expect(await deliveries.redeliver('b', id, deliveryId!)).toBe(false);
      expect(await deliveries.redeliver('a', id, 'none')).toBe(false);
      expect(await deliveries.redeliver('a', id, deliveryId!)).toBe(true);
      const lease = (await jobs.claim(1000))!;
      expect(lease.id).toBe(deliveryId);
      const { delivery } = (await deliveries.held(lease))!;
      const verdict = await deliveries.settle(lease, delivery, answered(500), { status: 'queued', dueAtMs: nowMs + 5 });
      expect(verdict).toMatchObject({ status: 'failed', reason: 'The webhook is disabled.' });
      expect(await deliveries.redeliver('a', id, deliveryId!)).toBe(true);
      const again = (await jobs.claim(1000))!;
      expect(again.attempt, 'one more than the log has').toBe(2);
      const held = (await deliveries.held(again))!;
      await deliveries.settle(again, held.delivery, answered(200), { status: 'succeeded' });
      const { row, log } = (await deliveries.find('a', id, deliveryId!))!;
      expect(row).toMatchObject({ status: 'succeeded', attempts: 2, reason: null });
      expect(log).toHaveLength(2);
    });

    it('keep the last fifty attempts', async () => {
      const { id } = await add();
      const [deliveryId] = await announce('a', 's-1');
      for (let n = 1; n <= 52; n++) {
        await deliveries.redeliver('a', id, deliveryId!);
        const lease = (await jobs.claim(1000))!;
        const { delivery } = (await deliveries.held(lease))!;
        await deliveries.settle(lease, delivery, answered(200), { status: 'succeeded' });
      }
      const { row, log } = (await deliveries.find('a', id, deliveryId!))!;
      expect(row.attempts).toBe(52);
      expect([log.length, log[0]!.number, log.at(-1)!.number]).toEqual([50, 3, 52]);
    });

    it('that have ended are no more than the newest of each webhook, whatever else waits', async () => {
      const [busy, quiet] = [(await add()).id, (await add({ events: ['experiment.*'] })).id];
      const end = async (lease: Lease) => {
        const { delivery } = (await deliveries.held(lease))!;
        await deliveries.settle(lease, delivery, answered(200), { status: 'succeeded' });
      };
      const [waiting] = await announce('a', 'waits');
      await database.dataSource.manager.update('webhook_delivery', { id: waiting }, { dueAtMs: nowMs + 1_000_000 });
      await announce('a', 'under way');
      const lease = (await jobs.claim(100_000))!;
      const ids: string[] = [];
      for (let n = 0; n < 6; n++) {
        // Three at the same moment each: their order is that of the log.
        nowMs += n % 3 === 0 ? 10 : 0;
        ids.push(...(await announce('a', `s-${n}`)));
        await end((await jobs.claim(1000))!);
      }
      const of = await database.dataSource.transaction((manager) =>
        announceEnd(manager, 'a', 'experiment.succeeded', ended('e-1'), nowMs),
      );
      for (const _ of of) await end((await jobs.claim(1000))!);
      const all = (await listed(busy)).map(({ id }) => id);
      expect(all).toHaveLength(9);

      await deliveries.tidy(1_000_000, never, 9);
      expect((await listed(busy)).map(({ id }) => id)).toEqual(all);
      await deliveries.tidy(1_000_000, never, 4);

      const open = [waiting, lease.id];
      const kept = all.filter((id) => !open.includes(id)).slice(0, 4);
      expect((await listed(busy)).map(({ id }) => id)).toEqual(all.filter((id) => [...kept, ...open].includes(id)));
      expect(await listed(quiet)).toHaveLength(1);
      expect(await database.dataSource.manager.count('webhook_attempt')).toBe(5);
      await end(lease);
      await deliveries.tidy(1_000_000, never, 4);
      expect((await listed(busy)).map(({ id }) => id)).toEqual(all.filter((id) => [...kept, waiting].includes(id)));
    });

    it('go with their time, with their webhook, and take the webhook of one simulation along', async () => {
      const own = webhooks.newCall('a', 'https://hooks.example/own', newSecret());
      await simulations.accept('a', { ...simulation, webhook: { webhookId: own.row.id, row: own.row } });
      await webhooks.tidy();
      expect(await webhooks.find('a', own.row.id), 'the simulation has not ended').not.toBeNull();
      await results.finish((await runs.claim(1000))!, { status: 'cancelled' });
      await deliveries.tidy(1000, never);
      await webhooks.tidy();
      const lease = (await jobs.claim(1000))!;
      const { delivery } = (await deliveries.held(lease))!;
      await deliveries.settle(lease, delivery, answered(200), { status: 'succeeded' });
      nowMs += 1001;
      await deliveries.tidy(1000, never);
      await webhooks.tidy();
      expect(await webhooks.find('a', own.row.id)).toBeNull();

      const { id } = await add();
      await announce('a', 's-1');
      expect(await deliveries.countByStatus()).toEqual({ queued: 1 });
      expect(await webhooks.delete('a', id)).toBe(true);
      expect(await deliveries.countByStatus()).toEqual({});
    });
  });
});
