/** Results go when they are past their time, one at a time, and the file of SQLite gives back what they took. */
import { setImmediate as othersTurn } from 'node:timers/promises';
import { type DataSource, In, LessThan, Not } from 'typeorm';
import { dialectOf } from './data-source.js';
import type { SimulationRow } from './simulation.entity.js';

/** With all that hangs on them: chunks, documents, cells, trials. */
const EXPIRING = ['simulation', 'experiment'];
type Ended = Pick<SimulationRow, 'id' | 'status' | 'finishedAtMs'>;

/** Looked up in one go, and then deleted one by one: each may have hundreds of chunks. */
const LOOKED_UP = 100;
/** Of 4 KiB. SQLite works in the thread that answers requests: a few milliseconds, then these have their turn. */
const PAGES_AT_ONCE = 200;

export class Retention {
  /** `keptMs`: after its end; null: for ever. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly keptMs: number | null,
    private readonly now: () => number = Date.now,
  ) {}

  /** Deletes the simulations, experiments and comparisons that ended longer ago than they are kept; resolves with their number. */
  async expire(signal: AbortSignal): Promise<number> {
    if (this.keptMs === null) return 0;
    let gone = 0;
    for (const entity of EXPIRING) gone += await this.expireOf(entity, this.now() - this.keptMs, signal);
    return gone;
  }

  private async expireOf(entity: string, beforeMs: number, signal: AbortSignal): Promise<number> {
    const { manager } = this.dataSource;
    const past = { status: Not(In(['queued', 'running'])), finishedAtMs: LessThan(beforeMs) };
    for (let gone = 0; ; ) {
      const rows = await manager.find<Ended>(entity, { select: { id: true }, where: past, take: LOOKED_UP });
      for (const { id } of rows) {
        if (signal.aborted) return gone;
        gone += (await manager.delete<Ended>(entity, { ...past, id })).affected ?? 0;
        await othersTurn();
      }
      if (rows.length === 0) return gone;
    }
  }

  /** Postgres does so by itself (autovacuum). */
  async reclaim(signal: AbortSignal): Promise<void> {
    if (dialectOf(this.dataSource) === 'postgres') return;
    const free = async () => Number((await this.dataSource.query('PRAGMA freelist_count'))[0].freelist_count);
    for (let left = await free(), before = left + 1; left > 0 && left < before && !signal.aborted; ) {
      await this.dataSource.query(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
      await othersTurn();
      before = left;
      left = await free();
    }
  }
}
