/** Limits of a tenant hold where many processes add to what it has at the same moment. */
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ApiKeyStore,
  AppError,
  DeliveryJobs,
  DeliveryStore,
  dataSourceOptions,
  ExperimentStore,
  openDatabase,
  ScenarioStore,
  SecretBox,
  SimulationJobs,
  SimulationStore,
  TrialJobs,
  WebhookStore,
} from '#platform';
import { createDatabase, postgresIsSkipped } from './databases.js';

const PROCESSES = 3;
const LEASE_MS = 60_000;
const HOUR_MS = 3_600_000;
const simulation = { name: 'n', scenarioId: null, preset: null, digest: 'a'.repeat(64), scenario: '{}', seed: 1 };
const experiment = (trials: number) => ({
  ...{ kind: 'experiment' as const, name: 'n', scenarioId: null, preset: null, seed: 1, seeds: 1, settings: '{}' },
  cells: [{ name: 'base', settings: '{}', digest: 'b'.repeat(64), warnings: '[]', scenario: '{}' }],
  trials: Array.from({ length: trials }, (_, seed) => ({ cell: 0, seed, seeds: 1 })),
});
const content = { url: 'https://hooks.example/a', description: '', events: ['*'], enabled: true };
const key = { name: 'n', scope: 'read' as const, createdBy: null, expiresAtMs: null };

describe.skipIf(postgresIsSkipped)('on Postgres a tenant that asks at several processes at once has no more', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let processes: DataSource[];

  beforeAll(async () => {
    database = await createDatabase();
    const options = dataSourceOptions({ type: 'postgres', url: database.url });
    processes = await Promise.all(Array.from({ length: PROCESSES }, () => openDatabase(options)));
    // Sessions are there before all begin.
    await atOnce(30, (dataSource) => dataSource.query('SELECT pg_sleep(0.1)'));
  });
  afterAll(async () => {
    await Promise.all(processes.map((dataSource) => dataSource.destroy()));
    await database.drop();
  });

  const atOnce = <Answer>(times: number, ask: (dataSource: DataSource) => Promise<Answer>) =>
    Promise.all(Array.from({ length: times }, (_, n) => ask(processes[n % PROCESSES]!)));

  /** How many of so many at once are taken; the others are refused for the limit. */
  async function taken(times: number, add: (dataSource: DataSource) => Promise<unknown>): Promise<number> {
    const answers = await atOnce(times, (dataSource) => add(dataSource).then(() => 'taken', codeOf));
    expect(new Set(answers)).toEqual(new Set(['taken', expect.stringMatching(/^(quota-exceeded|limit-reached)$/)]));
    return answers.filter((answer) => answer === 'taken').length;
  }
  const codeOf = (error: unknown) => (error instanceof AppError ? error.code : String(error));

  it('simulations, and two requests with one key are still one', async () => {
    const store = (dataSource: DataSource) => new SimulationStore(dataSource, HOUR_MS, Date.now, 2);
    expect(await taken(30, (dataSource) => store(dataSource).accept('a', simulation))).toBe(2);
    const claim = { key: 'k', requestHash: 'h' };
    const answers = await atOnce(9, (dataSource) => store(dataSource).accept('b', simulation, claim));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ row }) => row.id)).size).toBe(1);
  });

  it('experiments', async () => {
    const store = (dataSource: DataSource) => new ExperimentStore(dataSource, HOUR_MS, Date.now, 2);
    expect(await taken(30, (dataSource) => store(dataSource).accept('a', experiment(1)))).toBe(2);
  });

  it('scenarios', async () => {
    const store = (dataSource: DataSource) => new ScenarioStore(dataSource, Date.now, 2);
    const scenario = { name: 'n', digest: 'a'.repeat(64), document: '{}' };
    expect(await taken(30, (dataSource) => store(dataSource).add('a', scenario))).toBe(2);
  });

  it('keys', async () => {
    expect(await taken(150, (dataSource) => new ApiKeyStore(dataSource).add('a', key))).toBe(100);
  });

  it('webhooks, and deliveries of one that are to be sent', async () => {
    const store = (dataSource: DataSource) => new WebhookStore(dataSource, new SecretBox(['k'.repeat(32)]), 2);
    expect(await taken(30, (dataSource) => store(dataSource).add('a', content))).toBe(2);
    const [webhook] = await store(processes[0]!).list('a', null, 1);
    const deliveries = (dataSource: DataSource) => new DeliveryStore(dataSource, new DeliveryJobs(dataSource));
    expect(await taken(150, (dataSource) => deliveries(dataSource).addTest(webhook!))).toBe(100);
    const claims = await atOnce(30, (dataSource) => new DeliveryJobs(dataSource).claim(LEASE_MS));
    expect(claims.filter(Boolean)).toHaveLength(4);
  });

  it('runs and trials under way', async () => {
    const simulations = new SimulationStore(processes[0]!, HOUR_MS);
    for (let n = 0; n < 30; n++) await simulations.accept('c', simulation);
    await processes[0]!.query(`DELETE FROM "simulations" WHERE "tenant" <> 'c'`);
    const runs = await atOnce(30, (dataSource) => new SimulationJobs(dataSource, Date.now, 1).claim(LEASE_MS));
    expect(runs.filter(Boolean)).toHaveLength(1);

    await processes[0]!.query('DELETE FROM "experiments"');
    await new ExperimentStore(processes[0]!, HOUR_MS).accept('c', experiment(30));
    const trials = await atOnce(30, (dataSource) => new TrialJobs(dataSource, Date.now, 1).claim(LEASE_MS));
    expect(trials.filter(Boolean)).toHaveLength(1);
  });
});
