/** Normalised scenarios, stored once for all runs of a tenant. */
import type { EntityManager } from 'typeorm';
import type { SnapshotRow } from './snapshot.entity.js';

/** Stores those that are not there. In one order for all: who waits for another's insert holds nothing that the other wants. */
export async function keepSnapshots(
  manager: EntityManager,
  tenant: string,
  snapshots: readonly Pick<SnapshotRow, 'digest' | 'scenario'>[],
): Promise<void> {
  const scenarios = new Map(snapshots.map(({ digest, scenario }) => [digest, scenario]));
  for (const digest of [...scenarios.keys()].sort()) {
    if (await manager.existsBy<SnapshotRow>('scenario_snapshot', { tenant, digest })) continue;
    const scenario = scenarios.get(digest)!;
    await manager
      .createQueryBuilder()
      .insert()
      .into<SnapshotRow>('scenario_snapshot')
      .values({ tenant, digest, scenario })
      .orIgnore()
      .execute();
  }
}
