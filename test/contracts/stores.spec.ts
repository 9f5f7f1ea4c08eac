import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AppError,
  LeaseLost,
  type NewSimulation,
  ResultStore,
  ScenarioStore,
  SimulationJobs,
  SimulationStore,
} from '#platform';
import { describeDatabases, type OpenDatabase } from './databases.js';

const HOUR_MS = 3_600_000;
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
  let database: OpenDatabase;
  let nowMs: number;
  let scenarios: ScenarioStore;
  let simulations: SimulationStore;
  let jobs: SimulationJobs;
  let results: ResultStore;

  beforeEach(async () => {
    database = await open();
    nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    scenarios = new ScenarioStore(database.dataSource, now);
    simulations = new SimulationStore(database.dataSource, 24 * HOUR_MS, now);
    jobs = new SimulationJobs(database.dataSource, now);
    results = new ResultStore(database.dataSource, jobs, now);
  });
  afterEach(() => database.close());

  describe('scenarios', () => {
    const content = { name: 'ünï – 名前', digest: digest('b'), document: '{"a":"\\u0000 and \\"quotes\\""}' };

    it('come back as they were stored', async () => {
      const stored = await scenarios.add(content);
      expect(await scenarios.find(stored.id)).toEqual({
        ...content,
        id: stored.id,
        revision: 1,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      });
    });

    it('are replaced at the revision that was read, and at no other', async () => {
      const { id } = await scenarios.add(content);
      expect(await scenarios.replace(id, 1, { ...content, name: 'second' })).toMatchObject({
        revision: 2,
        name: 'second',
      });
      expect(await scenarios.replace(id, 1, { ...content, name: 'third' })).toBeNull();
      expect((await scenarios.find(id))?.name).toBe('second');
      expect(await scenarios.delete(id, 1)).toBe(false);
      expect(await scenarios.delete(id, 2)).toBe(true);
    });

    it('are listed newest first in pages that neither repeat nor leave out one, also of one millisecond', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 25; i++) {
        if (i % 10 === 0) nowMs++;
        ids.push((await scenarios.add(content)).id);
      }
      const seen: string[] = [];
      for (let position: { atMs: number; id: string } | null = null; ; ) {
        const page = await scenarios.list(position, 7);
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
      const { row } = await simulations.accept(simulation());
      expect(await simulations.find(row.id)).toEqual(row);
      expect(row).toMatchObject({ status: 'queued', progress: 0, attempt: 0, seed: 7 });
      expect(await simulations.scenario(row.digest)).toBe('{"name":"a scenario"}');
    });

    it('share one copy of a scenario, which goes with the last of them', async () => {
      const first = await simulations.accept(simulation());
      const second = await simulations.accept(simulation());
      await simulations.delete(first.row.id);
      await simulations.tidy();
      expect(await simulations.scenario(digest('a'))).not.toBeNull();
      await simulations.delete(second.row.id);
      await simulations.tidy();
      expect(await simulations.scenario(digest('a'))).toBeNull();
    });

    it('are accepted once for one Idempotency-Key, also when it comes twenty times at once', async () => {
      const claim = { key: 'k-1', requestHash: digest('c') };
      const answers = await Promise.all(Array.from({ length: 20 }, () => simulations.accept(simulation(), claim)));
      expect(new Set(answers.map(({ row }) => row.id)).size).toBe(1);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await simulations.countByStatus()).toEqual({ queued: 1 });
    });

    it('refuse a key that was used for something else, until its time is over', async () => {
      await simulations.accept(simulation(), { key: 'k-2', requestHash: digest('c') });
      const other = () => simulations.accept(simulation(), { key: 'k-2', requestHash: digest('d') });
      await expect(other()).rejects.toThrow(AppError);
      nowMs += 25 * HOUR_MS;
      expect((await other()).replayed).toBe(false);
    });

    it('are cancelled at once while they wait, and on request while they run', async () => {
      const waiting = await simulations.accept(simulation());
      expect(await simulations.requestCancel(waiting.row.id)).toBe('cancelled');
      expect(await jobs.claim(1000)).toBeNull();
      const running = await simulations.accept(simulation());
      const lease = await jobs.claim(1000);
      expect(await simulations.requestCancel(running.row.id)).toBe('requested');
      expect(await jobs.renew(lease!, 1000)).toBe('cancel-requested');
      await results.finish(lease!, { status: 'cancelled' });
      expect(await simulations.requestCancel(running.row.id)).toBe('finished');
      expect(await simulations.requestCancel('no-such')).toBe('missing');
    });

    it('are deleted as ended only when they have', async () => {
      const { row } = await simulations.accept(simulation());
      expect(await simulations.deleteEnded(row.id)).toBe(false);
      const lease = (await jobs.claim(1000))!;
      expect(await simulations.deleteEnded(row.id)).toBe(false);
      await results.finish(lease, succeeded);
      expect(await simulations.deleteEnded(row.id)).toBe(true);
      expect(await results.document(row.id, 'healthz')).toBeNull();
      expect(await simulations.deleteEnded(row.id)).toBe(false);
    });

    it('are listed by status and by scenario', async () => {
      const mine = await simulations.accept(simulation({ scenarioId: 's-1', preset: null }));
      await simulations.accept(simulation());
      expect((await simulations.list({ scenarioId: 's-1' }, null, 10)).map((row) => row.id)).toEqual([mine.row.id]);
      expect(await simulations.list({ status: 'running' }, null, 10)).toEqual([]);
    });
  });

  describe('results', () => {
    it('come back byte for byte', async () => {
      const { row } = await simulations.accept(simulation());
      const lease = (await jobs.claim(1000))!;
      await results.addChunks(lease, [chunk(4), chunk(0)], 0.5);
      expect((await simulations.find(row.id))?.progress).toBe(0.5);
      await results.finish(lease, succeeded);
      const stored = (await results.chunk(row.id, 4))!;
      expect(new Uint8Array(stored.data)).toEqual(chunk(4).data);
      expect(await results.outlines(row.id)).toEqual([0, 4].map((first) => ({ first, rows: 4, stats: '{"rows":4}' })));
      expect(await results.document(row.id, 'dictionaries')).toBe('{"nodes":[]}');
      expect(await simulations.find(row.id)).toMatchObject({
        status: 'succeeded',
        progress: 1,
        requests: 8,
        fingerprint: '0123456789abcdef',
        finishedAtMs: nowMs,
        leaseToken: null,
      });
    });

    it('of an attempt that lost its lease are refused, whole', async () => {
      const { row } = await simulations.accept(simulation());
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
      expect((await simulations.find(row.id))?.status).toBe('succeeded');
    });

    it('of a run that failed or was cancelled are removed', async () => {
      const { row } = await simulations.accept(simulation());
      const lease = (await jobs.claim(1000))!;
      await results.addChunks(lease, [chunk(0)], 0.1);
      await results.finish(lease, { status: 'failed', errorCode: 'model-crashed', errorMessage: 'why' });
      expect(await results.outlines(row.id)).toEqual([]);
      expect(await simulations.find(row.id)).toMatchObject({ status: 'failed', errorCode: 'model-crashed' });
    });

    it('go with their simulation', async () => {
      const { row } = await simulations.accept(simulation());
      const lease = (await jobs.claim(1000))!;
      await results.addChunks(lease, [chunk(0)], 0.1);
      await results.finish(lease, succeeded);
      expect(await simulations.delete(row.id)).toBe(true);
      expect(await simulations.delete(row.id)).toBe(false);
      expect(await results.chunk(row.id, 0)).toBeNull();
      expect(await results.document(row.id, 'healthz')).toBeNull();
    });
  });
});
