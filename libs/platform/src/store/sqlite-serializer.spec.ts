import { DataSource, EntitySchema } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serializeSqlite } from './sqlite-serializer.js';

interface Note {
  id: number;
}
const note = new EntitySchema<Note>({ name: 'note', columns: { id: { type: 'integer', primary: true } } });

async function open(): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [note],
    synchronize: true,
  });
  return dataSource.initialize();
}

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A transaction that writes, waits for the others to get a word in, and then fails. */
async function failingTransaction(dataSource: DataSource): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await manager.insert<Note>('note', { id: 1 });
    for (let turn = 0; turn < 5; turn++) await pause();
    throw new Error('on purpose');
  });
}

const ids = async (dataSource: DataSource) =>
  (await dataSource.manager.find<Note>('note', { order: { id: 'ASC' } })).map(({ id }) => id);

describe('concurrent work on one SQLite connection', () => {
  let dataSource: DataSource;
  beforeEach(async () => {
    dataSource = await open();
  });
  afterEach(() => dataSource.destroy());

  it('loses an insert that succeeded, without the serializer', async () => {
    const failing = failingTransaction(dataSource).catch(() => 'failed');
    await pause();
    await dataSource.manager.insert<Note>('note', { id: 2 });
    expect(await failing).toBe('failed');
    expect(await ids(dataSource), 'TypeORM has mended this: the serializer can go').toEqual([]);
  });

  it('keeps an insert beside a transaction that fails', async () => {
    serializeSqlite(dataSource);
    const failing = failingTransaction(dataSource).catch(() => 'failed');
    await pause();
    await dataSource.manager.insert<Note>('note', { id: 2 });
    expect(await failing).toBe('failed');
    expect(await ids(dataSource)).toEqual([2]);
  });

  it('prepares a statement once, whoever asks it', async () => {
    serializeSqlite(dataSource);
    const { databaseConnection } = dataSource.driver as unknown as {
      databaseConnection: { prepare(text: string): unknown };
    };
    const prepare = vi.spyOn(databaseConnection, 'prepare');
    for (let n = 0; n < 5; n++) await ids(dataSource);
    await dataSource.transaction((manager) => manager.find<Note>('note', { order: { id: 'ASC' } }));
    expect(prepare.mock.calls.filter(([text]) => text.startsWith('SELECT'))).toHaveLength(1);
  });

  it('gives every one of 1,000 concurrent callers what it was told', async () => {
    serializeSqlite(dataSource);
    const told = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => {
        const id = n + 10;
        if (n % 2 === 0) return dataSource.manager.insert<Note>('note', { id }).then(() => id);
        return dataSource
          .transaction(async (manager) => {
            await manager.insert<Note>('note', { id });
            await pause();
            if (n % 4 === 1) throw new Error('on purpose');
            return id;
          })
          .catch(() => null);
      }),
    );
    expect(await ids(dataSource)).toEqual(told.filter((id) => id !== null));
    expect(told.filter((id) => id === null)).toHaveLength(250);
  });

  it('lets a transaction nest, and rolls back the inner one alone', async () => {
    serializeSqlite(dataSource);
    await dataSource.transaction(async (manager) => {
      await manager.insert<Note>('note', { id: 1 });
      await manager
        .transaction(async (inner) => {
          await inner.insert<Note>('note', { id: 2 });
          throw new Error('on purpose');
        })
        .catch(() => undefined);
      await manager.insert<Note>('note', { id: 3 });
    });
    expect(await ids(dataSource)).toEqual([1, 3]);
  });
});
