/** Stored scenarios: documents with a revision that guards against lost updates. A tenant sees its own. */
import type { DataSource } from 'typeorm';
import { AppError } from '../errors.js';
import { isConstraintViolation } from './constraint.js';
import { timeOrderedId } from './ids.js';
import { newestFirst, type Position } from './newest-first.js';
import { oneByOne } from './one-by-one.js';
import type { ScenarioRow } from './scenario.entity.js';

export interface ScenarioContent {
  name: string;
  digest: string;
  /** The document as JSON. */
  document: string;
}

export class ScenarioStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => number = Date.now,
    private readonly mostOfTenant = Number.POSITIVE_INFINITY,
  ) {}

  /** AppError `quota-exceeded`. */
  async add(tenant: string, content: ScenarioContent, id = timeOrderedId(this.now())): Promise<ScenarioRow> {
    const now = this.now();
    const row: ScenarioRow = { ...content, tenant, id, revision: 1, createdAtMs: now, updatedAtMs: now };
    await this.dataSource.transaction(async (manager) => {
      await oneByOne(manager, 'scenarios of', tenant);
      if ((await manager.countBy<ScenarioRow>('scenario', { tenant })) >= this.mostOfTenant)
        throw new AppError(
          'quota-exceeded',
          `At most ${this.mostOfTenant} scenarios can be stored (MAX_SCENARIOS); delete some.`,
        );
      await manager.insert<ScenarioRow>('scenario', row);
    });
    return row;
  }

  /** Under a given id; leaves alone what is stored there already. */
  async addOnce(tenant: string, content: ScenarioContent, id: string): Promise<void> {
    try {
      await this.add(tenant, content, id);
    } catch (error) {
      if (!isConstraintViolation(error)) throw error;
    }
  }

  find(tenant: string, id: string): Promise<ScenarioRow | null> {
    return this.dataSource.manager.findOneBy<ScenarioRow>('scenario', { tenant, id });
  }

  /** Newest first, without their documents. */
  list(tenant: string, position: Position | null, limit: number): Promise<Omit<ScenarioRow, 'document'>[]> {
    const query = this.dataSource.manager
      .createQueryBuilder<ScenarioRow>('scenario', 's')
      .select(['s.id', 's.tenant', 's.name', 's.revision', 's.digest', 's.createdAtMs', 's.updatedAtMs'])
      .where('s.tenant = :tenant', { tenant });
    return newestFirst(query, position, limit).getMany();
  }

  /** Null: it is not at that revision any more, or gone. */
  async replace(tenant: string, id: string, revision: number, content: ScenarioContent): Promise<ScenarioRow | null> {
    const result = await this.dataSource.manager.update<ScenarioRow>(
      'scenario',
      { tenant, id, revision },
      { ...content, revision: revision + 1, updatedAtMs: this.now() },
    );
    return result.affected === 1 ? this.find(tenant, id) : null;
  }

  /** Returns whether it was there at that revision. */
  async delete(tenant: string, id: string, revision: number): Promise<boolean> {
    const result = await this.dataSource.manager.delete<ScenarioRow>('scenario', { tenant, id, revision });
    return result.affected === 1;
  }
}
