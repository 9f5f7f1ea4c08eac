/**
 * Keeps concurrent transactions on SQLite apart.
 *
 * TypeORM gives every caller of a better-sqlite3 data source the same query runner on the same connection. A plain
 * insert that runs while somebody else's transaction is open then belongs to that transaction and is rolled back with
 * it, although its caller was told that it succeeded (typeorm/typeorm#1884, open). Here every caller gets a query
 * runner of its own, and the runners take turns: a transaction holds the connection from its start to its end, a
 * statement outside of one for as long as it runs.
 *
 * Inside `dataSource.transaction(manager => …)` only `manager` may be used: a call on the data source from inside would
 * wait for itself for ever. This reaches into the driver, so TypeORM is pinned to its minor version, and
 * `sqlite-serializer.spec.ts` shows the loss without it.
 */
import type { DataSource } from 'typeorm';

type Method = (...args: unknown[]) => Promise<unknown>;

/** What is used of TypeORM's query runner and driver. */
interface RunnerInternals {
  query: Method;
  startTransaction: Method;
  commitTransaction: Method;
  rollbackTransaction: Method;
  release?: Method;
  /** Prepared, by their text. */
  stmtCache: Map<string, unknown>;
}
interface DriverInternals {
  queryRunner: RunnerInternals | undefined;
  createQueryRunner(mode: string): RunnerInternals;
}

/** A first-come-first-served lock: at most one owner. */
class Turns {
  private owner: RunnerInternals | null = null;
  private readonly waiting: [RunnerInternals, () => void][] = [];

  take(runner: RunnerInternals): Promise<void> | undefined {
    if (this.owner === null) {
      this.owner = runner;
      return undefined;
    }
    return new Promise((resolve) => this.waiting.push([runner, resolve]));
  }

  pass(): void {
    const next = this.waiting.shift();
    this.owner = next ? next[0] : null;
    next?.[1]();
  }
}

/** Call once, right after `initialize()`, on a better-sqlite3 data source. */
export function serializeSqlite(dataSource: DataSource): void {
  const driver = dataSource.driver as unknown as DriverInternals;
  const create = driver.createQueryRunner.bind(driver);
  const turns = new Turns();
  // Of the connection, which they share: what one runner has prepared is prepared for the next.
  const statements = new Map<string, unknown>();
  driver.createQueryRunner = (mode) => {
    driver.queryRunner = undefined;
    const runner = create(mode);
    driver.queryRunner = undefined;
    runner.stmtCache = statements;
    return takingTurns(runner, turns);
  };
}

function takingTurns(runner: RunnerInternals, turns: Turns): RunnerInternals {
  const { query, startTransaction, commitTransaction, rollbackTransaction, release } = runner;
  /** Depth of nested transactions; the connection is ours while it is above 0. */
  let depth = 0;
  const leave = () => {
    if (depth > 0 && --depth === 0) turns.pass();
  };

  runner.query = async (...args) => {
    if (depth > 0) return query.apply(runner, args);
    await turns.take(runner);
    try {
      return await query.apply(runner, args);
    } finally {
      turns.pass();
    }
  };
  runner.startTransaction = async (...args) => {
    if (depth === 0) await turns.take(runner);
    depth++;
    try {
      return await startTransaction.apply(runner, args);
    } catch (error) {
      leave();
      throw error;
    }
  };
  // A commit that fails leaves the transaction open: the rollback that follows ends it.
  runner.commitTransaction = async (...args) => {
    const result = await commitTransaction.apply(runner, args);
    leave();
    return result;
  };
  runner.rollbackTransaction = async (...args) => {
    try {
      return await rollbackTransaction.apply(runner, args);
    } finally {
      leave();
    }
  };
  runner.release = async () => {
    if (depth > 0) {
      await rollbackTransaction.apply(runner, []).catch(() => undefined);
      depth = 0;
      turns.pass();
    }
    return release?.apply(runner, []);
  };
  return runner;
}
