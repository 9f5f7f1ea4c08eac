import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dataSourceOptions,
  ExperimentStore,
  openDatabase,
  ResultStore,
  Retention,
  SimulationJobs,
  SimulationStore,
} from '#platform';
import { describeDatabases } from './databases.js';

const TENANT = 'default';
const DAY_MS = 86_400_000;
const going = new AbortController().signal;

/** Runs with a chunk of 100 kB each or of `bytes`, ended at `now`. */
async function runs(dataSource: DataSource, now: () => number, count: number, bytes = 100_000): Promise<string[]> {
  const simulations = new SimulationStore(dataSource, DAY_MS, now);
  const jobs = new SimulationJobs(dataSource, now);
  const results = new ResultStore(dataSource, jobs, now);
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const content = { name: 'a run', scenarioId: null, preset: null, digest: 'a'.repeat(64), scenario: '{}', seed: n };
    const { row } = await simulations.accept(TENANT, content);
    const lease = (await jobs.claim(10_000))!;
    await results.addChunks(lease, [{ first: 0, rows: 1, stats: '{}', data: new Uint8Array(bytes).fill(n) }], 0.5);
    const documents = { dictionaries: '{}', healthz: '{}', transcript: '[]' };
    const sums = { modelVersion: '1', fingerprint: 'f'.repeat(16), requests: 1, summary: '{}', expectations: '[]' };
    await results.finish(lease, { status: 'succeeded', ...sums, documents });
    ids.push(row.id);
  }
  return ids;
}

describeDatabases('retention', (open) => {
  it('deletes what ended longer ago than it is kept, with its chunks, and nothing else', async () => {
    const { dataSource, close } = await open();
    let nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    const simulations = new SimulationStore(dataSource, DAY_MS, now);
    const old = await runs(dataSource, now, 25);
    const { row: waiting } = await simulations.accept(TENANT, {
      ...{ name: 'waits', scenarioId: null, preset: null, digest: 'a'.repeat(64), scenario: '{}', seed: 1 },
    });
    const experiments = new ExperimentStore(dataSource, DAY_MS, now);
    const cells = [{ name: 'base', settings: '{}', digest: 'b'.repeat(64), warnings: '[]', scenario: '{}' }];
    const settings = { name: 'n', scenarioId: null, preset: null, seed: 1, seeds: 1, settings: '{}' };
    const trials = [{ cell: 0, seed: 1, seeds: 1 }];
    const asked = { kind: 'experiment' as const, ...settings, cells, trials };
    const { row: ended } = await experiments.accept(TENANT, asked);
    await experiments.cancel(TENANT, 'experiment', ended.id);
    const { row: queued } = await experiments.accept(TENANT, asked);
    nowMs += 5 * DAY_MS;
    const young = await runs(dataSource, now, 3);
    nowMs += 5 * DAY_MS;

    expect(await new Retention(dataSource, null, now).expire(going)).toBe(0);
    expect(await new Retention(dataSource, 7 * DAY_MS, now).expire(going)).toBe(old.length + 1);
    expect((await experiments.list(TENANT, 'experiment', {}, null, 9)).map(({ id }) => id)).toEqual([queued.id]);
    const kept = (await simulations.list(TENANT, {}, null, 100)).map(({ id }) => id);
    expect(kept.sort()).toEqual([waiting.id, ...young].sort());
    const [{ n }] = await dataSource.query('SELECT COUNT(*) AS n FROM request_chunks');
    expect(Number(n)).toBe(young.length);
    await close();
  });
});

/** How long `work` takes, and for how long of that at most nothing else has its turn. */
async function withLongestGap(work: () => Promise<unknown>): Promise<{ tookMs: number; longestMs: number }> {
  const beganMs = performance.now();
  let longestMs = 0;
  let lastMs = beganMs;
  const look = () => {
    longestMs = Math.max(longestMs, performance.now() - lastMs);
    lastMs = performance.now();
  };
  const looking = setInterval(look, 1);
  await work();
  clearInterval(looking);
  look();
  return { tookMs: performance.now() - beganMs, longestMs };
}

describe('the file of SQLite', () => {
  let folder: string;
  let file: string;
  let dataSource: DataSource;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hairpin-retention-'));
    file = join(folder, 'hairpin.db');
    dataSource = await openDatabase(dataSourceOptions({ type: 'sqlite', file }));
  });
  afterEach(async () => {
    await dataSource.destroy();
    await rm(folder, { recursive: true });
  });

  it('gives back what was deleted', async () => {
    const size = async () => {
      await dataSource.query('PRAGMA wal_checkpoint(TRUNCATE)');
      return (await stat(file)).size;
    };
    const empty = await size();
    await runs(dataSource, () => 1_800_000_000_000, 60);
    const full = await size();
    const retention = new Retention(dataSource, DAY_MS, () => 1_800_000_000_000 + 2 * DAY_MS);
    await retention.expire(going);
    await retention.reclaim(going);
    const left = await size();
    expect(full - empty).toBeGreaterThan(5_900_000);
    expect(left - empty).toBeLessThan(100_000);
  });

  it('has requests answered while it deletes and gives back', async () => {
    await runs(dataSource, () => 1_800_000_000_000, 60, 1_000_000);
    const retention = new Retention(dataSource, DAY_MS, () => 1_800_000_000_000 + 2 * DAY_MS);
    const deleting = await withLongestGap(() => retention.expire(going));
    expect(deleting.longestMs).toBeLessThan(deleting.tookMs / 2);
    const givingBack = await withLongestGap(() => retention.reclaim(going));
    expect(givingBack.longestMs).toBeLessThan(givingBack.tookMs / 2);
  });
});
