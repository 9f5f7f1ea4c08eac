/** Postgres holds still or is gone: whoever asks hears so in time, and what comes after works as before. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataSourceOptions, isUnavailable, openDatabase } from '#platform';
import { canStartPostgres, type OwnService, startPostgres } from '../support/own-services.js';

/** As the pool has it, and nobody listens to it. */
interface Session {
  processID: number;
  once(event: 'end', listener: (value: unknown) => void): unknown;
}

const PATIENCE = { connectMs: 600, statementMs: 300, answerMs: 500 };

describe.skipIf(!canStartPostgres)('a database on Postgres', () => {
  let postgres: OwnService;
  let dataSource: Awaited<ReturnType<typeof openDatabase>>;

  beforeEach(async () => {
    postgres = await startPostgres();
    const options = dataSourceOptions({ type: 'postgres', url: postgres.url }, PATIENCE);
    // It listens a moment before it takes sessions.
    dataSource = await vi.waitFor(() => openDatabase(options), { timeout: 20_000, interval: 100 });
    await dataSource.query('CREATE TABLE notes (text varchar)');
  }, 60_000);
  afterEach(async () => {
    await dataSource.destroy().catch(() => undefined);
    await postgres.remove();
  });

  const note = (text: string) =>
    dataSource.transaction(async (manager) => {
      await manager.query('INSERT INTO notes VALUES ($1)', [text]);
    });
  const reasonOf = (asked: Promise<unknown>) =>
    asked.then(
      () => null,
      (error: unknown) => error,
    );

  it('that holds still is unavailable in time; no session is left in what it was asked meanwhile', async () => {
    postgres.freeze();
    const begun = performance.now();
    const asked = [...Array.from({ length: 12 }, (_, n) => note(`lost ${n}`)), dataSource.query('SELECT 1')];
    const reasons = await Promise.all(asked.map(reasonOf));
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(reasons.filter((reason) => !isUnavailable(reason))).toEqual([]);
    postgres.thaw();
    for (let n = 0; n < 30; n++) await note(`kept ${n}`);
    // Seen by another session: it is committed.
    const other = await openDatabase(dataSourceOptions({ type: 'postgres', url: postgres.url }));
    const rows = await other.query(`SELECT text FROM notes WHERE text LIKE 'kept%'`);
    await other.destroy();
    expect(rows).toHaveLength(30);
  });

  it('that ends a session which nobody asks anything ends no process', async () => {
    const driver = dataSource.driver as unknown as { obtainMasterConnection(): Promise<[Session, () => void]> };
    const [session, giveBack] = await driver.obtainMasterConnection();
    const gone = new Promise((resolve) => session.once('end', resolve));
    await dataSource.query('SELECT pg_terminate_backend($1)', [session.processID]);
    await gone;
    giveBack();
    for (let n = 0; n < 12; n++) await note(`kept ${n}`);
  });

  it('that is gone is unavailable, in the middle of a transaction too, and is found again', async () => {
    const inside = dataSource.transaction(async (manager) => {
      await manager.query('INSERT INTO notes VALUES ($1)', ['lost']);
      await postgres.kill();
      await manager.query('INSERT INTO notes VALUES ($1)', ['lost too']);
    });
    expect(await reasonOf(inside)).toSatisfy(isUnavailable);
    expect(await reasonOf(dataSource.query('SELECT 1'))).toSatisfy(isUnavailable);
    await postgres.start();
    await expect.poll(() => reasonOf(note('kept')), { timeout: 20_000 }).toBeNull();
    expect(await dataSource.query('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
  }, 30_000);

  it('ends a statement that takes too long', async () => {
    expect(await reasonOf(dataSource.query('SELECT pg_sleep(5)'))).toSatisfy(isUnavailable);
    expect(await reasonOf(dataSource.query('SELECT no_such_column'))).not.toSatisfy(isUnavailable);
  });
});
