import { beforeEach, describe, expect, it } from 'vitest';
import {
  AppError,
  LeaseLost,
  type NewSimulation,
  ResultStore,
  ScenarioStore,
  SimulationJobs,
  SimulationStore,
} from '#platform';
import { describeDatabases, emptiedDatabase } from './databases.js';

const HOUR_MS = 3_600_000;
const TENANT = 'default';
const OTHER = 'other';
const digest = (letter: string) => letter.repeat(64);

const simulation = (more: Partial<NewSimulation> = {}): NewSimulation => ({
  name: 'a scenario',
  scenarioId: null,
  preset: 'source-ip-tutorial',
  digest: digest('a'),
  scenario: '{"name":"a scenario"}',
  seed: 7,
  ...more,
});

const chunk = (first: number, rows = 4) => ({
  first,
  rows,
  stats: '{"rows":4}',
  data: new Uint8Array(300).map((_, i) => (i * 7 + first) % 256),
});

const succeeded = {
  status: 'succeeded',
  modelVersion: '1',
  fingerprint: '0123456789abcdef',
  requests: 8,
  summary: '{"requests":8}',
  expectations: '[]',
  documents: { dictionaries: '{"nodes":[]}', healthz: '{}', transcript: '[]' },
} as const;

describeDatabases('the stores', (open) => {
  const database = emptiedDatabase(open);
  let nowMs: number;
  let scenarios: ScenarioStore;
  let simulations: SimulationStore;
  let jobs: SimulationJobs;
  let results: ResultStore;

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    scenarios = new ScenarioStore(database.dataSource, now, 30);
    simulations = new SimulationStore(database.dataSource, 24 * HOUR_MS, now, 30);
    jobs = new SimulationJobs(database.dataSource, now, 2);
    results = new ResultStore(database.dataSource, jobs, now);
  });

  describe('scenarios', () => {
    const content = { name: 'ünï – 名前', digest: digest('b'), document: '{"a":"\\u0000 and \\"quotes\\""}' };

    it('come back as they were stored', async () => {
      const stored = await scenarios.add(TENANT, content);
      expect(await scenarios.find(TENANT, stored.id)).toEqual({
        ...content,
        id: stored.id,
        tenant: TENANT,
        revision: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      });
    });

    it('are replaced at the revision that was read, and at no other', async () => {
      const { id } = await scenarios.add(TENANT, content);
      expect(await scenarios.replace(TENANT, id, 1, { ...content, name: 'second' })).toMatchObject({
        revision: 2,
        name: 'second',
      });
      expect(await scenarios.replace(TENANT, id, 1, { ...content, name: 'third' })).toBeNull();
      expect((await scenarios.find(TENANT, id))?.name).toBe('second');
      expect(await scenarios.delete(TENANT, id, 1)).toBe(false);
      expect(await scenarios.delete(TENANT, id, 2)).toBe(true);
    });

    it('are listed newest first in pages that neither repeat nor leave out one, also of one millisecond', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 25; i++) {
        if (i % 10 === 0) nowMs++;
        ids.push((await scenarios.add(TENANT, content)).id);
      }
      const seen: string[] = [];
      for (let position: { atMs: number; id: string } | null = null; ; ) {
        const page = await scenarios.list(TENANT, position, 7);
        if (page.length === 0) break;
        seen.push(...page.map((row) => row.id));
        position = { atMs: page.at(-1)!.createdAtMs, id: page.at(-1)!.id };
      }
      expect(seen).toHaveLength(25);
      expect(new Set(seen)).toEqual(new Set(ids));
      expect(seen.slice(0, 5).sort()).toEqual(ids.slice(20).sort());
    });
  });

  describe('simulations', () => {
    it('are accepted as queued, with the scenario that they will run', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      expect(await simulations.find(TENANT, row.id)).toEqual(row);
      expect(row).toMatchObject({ status: 'queued', progress: 0, attempt: 0, seed: 7 });
      expect(await simulations.scenario(TENANT, row.digest)).toBe('{"name":"a scenario"}');
    });

    it('share one copy of a scenario, which goes with the last of them', async () => {
      const first = await simulations.accept(TENANT, simulation());
      const second = await simulations.accept(TENANT, simulation());
      await simulations.delete(TENANT, first.row.id);
      await simulations.tidy();
      expect(await simulations.scenario(TENANT, digest('a'))).not.toBeNull();
      await simulations.delete(TENANT, second.row.id);
      await simulations.tidy();
      expect(await simulations.scenario(TENANT, digest('a'))).toBeNull();
    });

    it('are accepted once for one Idempotency-Key, also when it comes twenty times at once', async () => {
      const claim = { key: 'k-1', requestHash: digest('c') };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => simulations.accept(TENANT, simulation(), claim)),
      );
      expect(new Set(answers.map(({ row }) => row.id)).size).toBe(1);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await simulations.countByStatus()).toEqual({ queued: 1 });
    });

    it('refuse a key that was used for something else, until its time is over', async () => {
      await simulations.accept(TENANT, simulation(), { key: 'k-2', requestHash: digest('c') });
      const other = () => simulations.accept(TENANT, simulation(), { key: 'k-2', requestHash: digest('d') });
      await expect(other()).rejects.toThrow(AppError);
      nowMs += 25 * HOUR_MS;
      expect((await other()).replayed).toBe(false);
    });

    it('are cancelled at once while they wait, and on request while they run', async () => {
      const waiting = await simulations.accept(TENANT, simulation());
      expect(await simulations.requestCancel(TENANT, waiting.row.id)).toBe('cancelled');
      expect(await jobs.claim(1000)).toBeNull();
      const running = await simulations.accept(TENANT, simulation());
      const lease = await jobs.claim(1000);
      expect(await simulations.requestCancel(TENANT, running.row.id)).toBe('requested');
      expect(await jobs.renew(lease!, 1000)).toBe('cancel-requested');
      await results.finish(lease!, { status: 'cancelled' });
      expect(await simulations.requestCancel(TENANT, running.row.id)).toBe('finished');
      expect(await simulations.requestCancel(TENANT, 'no-such')).toBe('missing');
    });

    it('are deleted as ended only when they have', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      expect(await simulations.deleteEnded(TENANT, row.id)).toBe(false);
      const lease = (await jobs.claim(1000))!;
      expect(await simulations.deleteEnded(TENANT, row.id)).toBe(false);
      await results.finish(lease, succeeded);
      expect(await simulations.deleteEnded(TENANT, row.id)).toBe(true);
      expect(await results.document(row.id, 'healthz')).toBeNull();
      expect(await simulations.deleteEnded(TENANT, row.id)).toBe(false);
    });

    it('are listed by status and by scenario', async () => {
      const mine = await simulations.accept(TENANT, simulation({ scenarioId: 's-1', preset: null }));
      await simulations.accept(TENANT, simulation());
      expect((await simulations.list(TENANT, { scenarioId: 's-1' }, null, 10)).map((row) => row.id)).toEqual([
        mine.row.id,
      ]);
      expect(await simulations.list(TENANT, { status: 'running' }, null, 10)).toEqual([]);
    });
  });

  describe('of two tenants', () => {
    const content = { name: 'theirs', digest: digest('b'), document: '{}' };

    it('find, list, replace and delete their own scenarios alone', async () => {
      const { id } = await scenarios.add(TENANT, content);
      expect(await scenarios.find(OTHER, id)).toBeNull();
      expect(await scenarios.list(OTHER, null, 10)).toEqual([]);
      expect(await scenarios.replace(OTHER, id, 1, { ...content, name: 'taken' })).toBeNull();
      expect(await scenarios.delete(OTHER, id, 1)).toBe(false);
      expect((await scenarios.find(TENANT, id))?.name).toBe('theirs');
    });

    it('find, list, cancel and delete their own simulations alone', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      expect(await simulations.find(OTHER, row.id)).toBeNull();
      expect(await simulations.list(OTHER, {}, null, 10)).toEqual([]);
      expect(await simulations.requestCancel(OTHER, row.id)).toBe('missing');
      const lease = (await jobs.claim(1000))!;
      expect(await simulations.requestCancel(OTHER, row.id)).toBe('missing');
      await results.finish(lease, succeeded);
      expect(await simulations.deleteEnded(OTHER, row.id)).toBe(false);
      expect(await simulations.delete(OTHER, row.id)).toBe(false);
      expect(await simulations.find(TENANT, row.id)).toMatchObject({ status: 'succeeded', cancelRequested: false });
    });

    it('may use one Idempotency-Key, each for a simulation of its own', async () => {
      const claim = { key: 'k-3', requestHash: digest('c') };
      const theirs = await simulations.accept(TENANT, simulation(), claim);
      const others = await simulations.accept(OTHER, simulation({ seed: 8 }), { ...claim, requestHash: digest('d') });
      expect(others).toMatchObject({ replayed: false, row: { tenant: OTHER, seed: 8 } });
      expect((await simulations.accept(TENANT, simulation(), claim)).row.id).toBe(theirs.row.id);
    });

    it('share no snapshot, so that nobody can tell from an answer what another has run', async () => {
      await simulations.accept(TENANT, simulation());
      expect(await simulations.scenario(OTHER, digest('a'))).toBeNull();
      const others = await simulations.accept(OTHER, simulation());
      await simulations.delete(OTHER, others.row.id);
      await simulations.tidy();
      expect(await simulations.scenario(OTHER, digest('a'))).toBeNull();
      expect(await simulations.scenario(TENANT, digest('a'))).not.toBeNull();
    });
  });

  describe('have room', () => {
    const content = { name: 'one of many', digest: digest('b'), document: '{}' };

    it('for so many scenarios of a tenant, however many another has', async () => {
      for (let n = 0; n < 30; n++) await scenarios.add(TENANT, content);
      await expect(scenarios.add(TENANT, content)).rejects.toMatchObject({ code: 'quota-exceeded' });
      await scenarios.add(OTHER, content);
    });

    it('for so many simulations that wait or run; one that has ended makes room, and a repeated key needs none', async () => {
      const claim = { key: 'k-4', requestHash: digest('c') };
      const first = await simulations.accept(TENANT, simulation(), claim);
      for (let n = 1; n < 30; n++) await simulations.accept(TENANT, simulation());
      const refused = { code: 'quota-exceeded', headers: { 'retry-after': '10' } };
      await expect(simulations.accept(TENANT, simulation())).rejects.toMatchObject(refused);
      expect((await simulations.accept(TENANT, simulation(), claim)).replayed).toBe(true);
      await simulations.accept(OTHER, simulation());
      await simulations.requestCancel(TENANT, first.row.id);
      await simulations.accept(TENANT, simulation());
    });

    it('for so many runs of a tenant at a time, while those of another go on', async () => {
      for (let n = 0; n < 4; n++) await simulations.accept(TENANT, simulation());
      const others = await simulations.accept(OTHER, simulation());
      const claimed = [await jobs.claim(1000), await jobs.claim(1000), await jobs.claim(1000), await jobs.claim(1000)];
      const held = claimed.filter((lease) => lease !== null);
      expect(held).toHaveLength(3);
      expect(held.map(({ id }) => id)).toContain(others.row.id);
      await results.finish(held.find(({ id }) => id !== others.row.id)!, succeeded);
      expect(await jobs.claim(1000)).not.toBeNull();
    });
  });

  describe('results', () => {
    it('come back byte for byte', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      const lease = (await jobs.claim(1000))!;
      await results.addChunks(lease, [chunk(4), chunk(0)], 0.5);
      expect((await simulations.find(TENANT, row.id))?.progress).toBe(0.5);
      await results.finish(lease, succeeded);
      const stored = (await results.chunk(row.id, 4))!;
      expect(new Uint8Array(stored.data)).toEqual(chunk(4).data);
      expect(await results.outlines(row.id)).toEqual([0, 4].map((first) => ({ first, rows: 4, stats: '{"rows":4}' })));
      expect(await results.document(row.id, 'dictionaries')).toBe('{"nodes":[]}');
      expect(await simulations.find(TENANT, row.id)).toMatchObject({
        status: 'succeeded',
        progress: 1,
        requests: 8,
        fingerprint: '0123456789abcdef',
        finishedAtMs: nowMs,
        leaseToken: null,
      });
    });

    it('of an attempt that lost its lease are refused, whole', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      const first = (await jobs.claim(1000))!;
      await results.addChunks(first, [chunk(0)], 0.1);
      nowMs += 1001;
      const second = (await jobs.claim(1000))!;
      expect(second).toMatchObject({ id: row.id, attempt: 2 });
      await expect(results.addChunks(first, [chunk(4)], 0.2)).rejects.toThrow(LeaseLost);
      await expect(results.finish(first, succeeded)).rejects.toThrow(LeaseLost);
      expect(await results.outlines(row.id)).toHaveLength(1);
      await results.beginAttempt(second);
      expect(await results.outlines(row.id)).toEqual([]);
      await results.finish(second, succeeded);
      expect((await simulations.find(TENANT, row.id))?.status).toBe('succeeded');
    });

    it('of a run that failed or was cancelled are removed', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      const lease = (await jobs.claim(1000))!;
      await results.addChunks(lease, [chunk(0)], 0.1);
      await results.finish(lease, { status: 'failed', errorCode: 'model-crashed', errorMessage: 'why' });
      expect(await results.outlines(row.id)).toEqual([]);
      expect(await simulations.find(TENANT, row.id)).toMatchObject({ status: 'failed', errorCode: 'model-crashed' });
    });

    it('go with their simulation', async () => {
      const { row } = await simulations.accept(TENANT, simulation());
      const lease = (await jobs.claim(1000))!;
      await results.addChunks(lease, [chunk(0)], 0.1);
      await results.finish(lease, succeeded);
      expect(await simulations.delete(TENANT, row.id)).toBe(true);
      expect(await simulations.delete(TENANT, row.id)).toBe(false);
      expect(await results.chunk(row.id, 0)).toBeNull();
      expect(await results.document(row.id, 'healthz')).toBeNull();
    });
  });
});
