/** Results go when they are past their time, a few at a time, and the file of SQLite gives back what they took. */
import { type DataSource, In, LessThan, Not } from 'typeorm';
import { dialectOf } from './data-source.js';
import type { SimulationRow } from './simulation.entity.js';

/** With all that hangs on them: chunks, documents, cells, trials. */
const EXPIRING = ['simulation', 'experiment'];
type Ended = Pick<SimulationRow, 'id' | 'status' | 'finishedAtMs'>;

/** A run may have hundreds of chunks: so many runs are gone in one transaction. */
const RUNS_AT_ONCE = 20;
/** Of 4 KiB; others get their turn in between. */
const PAGES_AT_ONCE = 1000;

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
    let gone = 0;
    while (!signal.aborted) {
      const rows = await manager.find<Ended>(entity, { select: { id: true }, where: past, take: RUNS_AT_ONCE });
      if (rows.length === 0) return gone;
      await manager.delete<Ended>(entity, { ...past, id: In(rows.map(({ id }) => id)) });
      gone += rows.length;
    }
    return gone;
  }

  /** Postgres does so by itself (autovacuum). */
  async reclaim(signal: AbortSignal): Promise<void> {
    if (dialectOf(this.dataSource) === 'postgres') return;
    const free = async () => Number((await this.dataSource.query('PRAGMA freelist_count'))[0].freelist_count);
    for (let left = await free(), before = left + 1; left > 0 && left < before && !signal.aborted; ) {
      await this.dataSource.query(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
      before = left;
      left = await free();
    }
  }
}
