/** Which simulation or trial a claim takes, and what that costs where many wait. */
import { beforeEach, expect, it } from 'vitest';
import {
  dataSourceOptions,
  ExperimentStore,
  openDatabase,
  SimulationJobs,
  SimulationStore,
  TrialJobs,
} from '#platform';
import { createDatabase, describeDatabases, emptiedDatabase, postgresIsSkipped } from './databases.js';

const LEASE_MS = 60_000;
const content = { name: 'n', scenarioId: null, preset: null, digest: 'a'.repeat(64), scenario: '{}', seed: 1 };
const COLUMNS = '"tenant", "status", "name", "digest", "seed", "progress", "attempt", "cancelRequested"';

describeDatabases('a claim', (open) => {
  const database = emptiedDatabase(open);
  let nowMs: number;
  let simulations: SimulationStore;
  let jobs: SimulationJobs;

  beforeEach(() => {
    nowMs = 1_800_000_000_000;
    simulations = new SimulationStore(database.dataSource, 1000, () => nowMs++);
    jobs = new SimulationJobs(database.dataSource);
  });
  const accept = async (tenant: string) => (await simulations.accept(tenant, content)).row.id;
  const claim = async () => (await jobs.claim(LEASE_MS))?.id;

  it('is of the tenant of which the fewest run, then of the one that has waited for longest, and of its oldest', async () => {
    const [b1, b2, b3] = [await accept('b'), await accept('b'), await accept('b')];
    const [c1, a1, a2] = [await accept('c'), await accept('a'), await accept('a')];
    const claimed: unknown[] = [];
    for (let n = 0; n < 7; n++) claimed.push(await claim());
    expect(claimed).toEqual([b1, c1, a1, b2, a2, b3, undefined]);
  });

  const soonest = async (claimNext: () => Promise<unknown> = claim) => {
    const tookMs: number[] = [];
    for (let n = 0; n < 5; n++) {
      const began = performance.now();
      expect(await claimNext()).toBeTruthy();
      tookMs.push(performance.now() - began);
    }
    return Math.min(...tookMs);
  };

  it('of a trial costs the same whether ten or fifty thousand wait', async () => {
    const experiments = new ExperimentStore(database.dataSource, 1000);
    const add = (trials: number) =>
      experiments.accept('a', {
        ...{ kind: 'experiment', name: 'n', scenarioId: null, preset: null, seed: 1, seeds: 1, settings: '{}' },
        cells: [{ name: 'base', settings: '{}', digest: 'b'.repeat(64), warnings: '[]', scenario: '{}' }],
        trials: Array.from({ length: trials }, (_, seed) => ({ cell: 0, seed, seeds: 1 })),
      });
    const trials = new TrialJobs(database.dataSource);
    const claimTrial = () => trials.claim(LEASE_MS);
    await add(10);
    const few = await soonest(claimTrial);
    for (let n = 0; n < 50; n++) await add(1000);
    await database.dataSource.query('ANALYZE');
    expect(await soonest(claimTrial)).toBeLessThan(5 + 2 * few);
  }, 60_000);

  it('costs the same whether ten or fifty thousand wait', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await accept('a'));
    const few = await soonest();
    await database.dataSource.query(`INSERT INTO "simulations" ("id", "createdAtMs", ${COLUMNS})
      WITH RECURSIVE "numbers"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "numbers" WHERE "n" < 50000)
      SELECT 'more-' || "n", ${nowMs} + "n", ${COLUMNS} FROM "numbers", "simulations" WHERE "id" = '${ids.at(-1)}'`);
    await database.dataSource.query('ANALYZE "simulations"');
    expect(await soonest()).toBeLessThan(5 + 2 * few);
  });
});

it.skipIf(postgresIsSkipped)('a claim takes another tenant’s where those of the first are being taken', async () => {
  const { url, drop } = await createDatabase();
  const dataSource = await openDatabase(dataSourceOptions({ type: 'postgres', url }));
  const simulations = new SimulationStore(dataSource, 1000);
  const jobs = new SimulationJobs(dataSource);
  const [first, second] = [await simulations.accept('a', content), await simulations.accept('b', content)];
  await dataSource.transaction(async (manager) => {
    await manager.query('SELECT 1 FROM "simulations" WHERE "id" = $1 FOR UPDATE', [first.row.id]);
    expect((await jobs.claim(LEASE_MS))?.id).toBe(second.row.id);
  });
  expect((await jobs.claim(LEASE_MS))?.id).toBe(first.row.id);
  await dataSource.destroy();
  await drop();
});
