/**
 * Whoever counts what a tenant has before adding to it must see what others add at the same moment. On Postgres they take
 * turns by an advisory lock; on SQLite transactions do so anyway.
 */
import type { EntityManager } from 'typeorm';
import { dialectOf } from './data-source.js';

/**
 * Nobody else who calls it for the same `what` gets on before the transaction of `manager` has ended. Call it before the
 * transaction writes anything, and once: who waits here must hold nothing that the one before needs.
 */
export async function oneByOne(manager: EntityManager, ...what: readonly string[]): Promise<void> {
  if (dialectOf(manager.dataSource) === 'postgres')
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [what.join(' ')]);
}
