import { EntitySchema, Table } from 'typeorm';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type LeasedRow, LeasedRows } from '#platform';
import { describeDatabases, emptiedDatabase } from './databases.js';

/** A kind of job that waits for its time. */
interface Errand extends LeasedRow {
  dueAtMs: number;
  note: string;
}

const wide = (name: string) => ({ name, type: 'bigint', isNullable: true });
const columns = [
  { name: 'id', type: 'varchar', isPrimary: true },
  { name: 'status', type: 'varchar' },
  { name: 'note', type: 'varchar' },
  { name: 'leaseToken', type: 'varchar', isNullable: true },
  { name: 'attempt', type: 'integer' },
  { name: 'cancelRequested', type: 'boolean' },
  ...['createdAtMs', 'dueAtMs', 'leaseUntilMs'].map(wide),
];
const errands = new EntitySchema<Errand>({
  name: 'errand',
  tableName: 'errands',
  columns: Object.fromEntries(
    columns.map(({ name, type, ...more }) => [
      name,
      { type, primary: 'isPrimary' in more, nullable: 'isNullable' in more },
    ]),
  ) as never,
});

const START = 1_800_000_000_000;
const LEASE_MS = 1000;

describeDatabases('the rows of any kind of job', (open) => {
  const database = emptiedDatabase(open, [errands as EntitySchema<never>]);
  let nowMs: number;
  let jobs: LeasedRows<Errand>;

  beforeAll(async () => {
    const runner = database.dataSource.createQueryRunner();
    await runner.createTable(new Table({ name: 'errands', columns }));
    await runner.release();
  });
  beforeEach(() => {
    nowMs = START;
    const table = { entity: 'errand', due: true, atClaim: `"note" = 'claimed'`, atReturn: { note: 'returned' } };
    jobs = new LeasedRows<Errand>(database.dataSource, table, () => nowMs);
  });

  const add = (id: string, dueInMs: number) =>
    database.dataSource.manager.insert<Errand>('errand', {
      ...{ id, status: 'queued', note: '', createdAtMs: nowMs, dueAtMs: nowMs + dueInMs },
      ...{ attempt: 0, leaseToken: null, leaseUntilMs: null, cancelRequested: false },
    });
  const read = (id: string) => database.dataSource.manager.findOneBy<Errand>('errand', { id });

  it('are not to be had before they are due, by anybody', async () => {
    await add('a', 500);
    expect(await jobs.claim(LEASE_MS)).toBeNull();
    nowMs += 500;
    expect(await jobs.claim(LEASE_MS)).toMatchObject({ id: 'a', attempt: 1 });
    expect(await jobs.claim(LEASE_MS)).toBeNull();
  });

  it('come in the order in which they are due', async () => {
    await add('first', 300);
    await add('second', 100);
    await add('third', 200);
    nowMs += 400;
    const claimed = [await jobs.claim(LEASE_MS), await jobs.claim(LEASE_MS), await jobs.claim(LEASE_MS)];
    expect(claimed.map((lease) => lease?.id)).toEqual(['second', 'third', 'first']);
  });

  it('wait also while others of their kind keep them from being claimed, but not before they are due', async () => {
    const table = { entity: 'errand', due: true, claimable: '1 = 0' };
    const held = new LeasedRows<Errand>(database.dataSource, table, () => nowMs);
    await add('a', 0);
    await add('b', 100);
    await add('later', 900);
    nowMs += 500;
    expect(await held.claim(LEASE_MS)).toBeNull();
    expect(await held.backlog()).toEqual({ waiting: 2, running: 0, oldestMs: 500 });
  });

  it('are taken over from whoever has not been heard of, who can then write nothing', async () => {
    await add('a', 0);
    const dead = (await jobs.claim(LEASE_MS))!;
    expect(await jobs.renew(dead, LEASE_MS)).toBe('held');
    nowMs += LEASE_MS + 1;
    const next = await jobs.claim(LEASE_MS);
    expect(next).toMatchObject({ id: 'a', attempt: 2 });
    expect(await jobs.renew(dead, LEASE_MS)).toBe('lost');
    await expect(jobs.mustHold(database.dataSource.manager, dead, { note: 'late' })).rejects.toThrow(
      'the lease on errand a is lost',
    );
    expect((await read('a'))?.note).toBe('claimed');
  });

  it('are put back as they were before, and hear of a cancel', async () => {
    await add('a', 0);
    const lease = (await jobs.claim(LEASE_MS))!;
    await database.dataSource.manager.update<Errand>('errand', { id: 'a' }, { cancelRequested: true });
    expect(await jobs.renew(lease, LEASE_MS)).toBe('cancel-requested');
    await jobs.giveBack(lease);
    expect(await read('a')).toMatchObject({ status: 'queued', attempt: 0, leaseToken: null, note: 'returned' });
    expect(await jobs.claim(LEASE_MS)).toMatchObject({ attempt: 1, cancelRequested: true });
  });
});
