/** Stored scenarios: documents with a revision that guards against lost updates. */
import type { DataSource } from 'typeorm';
import { isConstraintViolation } from './constraint.js';
import { timeOrderedId } from './ids.js';
import { newestFirst, type Position } from './newest-first.js';
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
  ) {}

  async add(content: ScenarioContent, id = timeOrderedId(this.now())): Promise<ScenarioRow> {
    const now = this.now();
    const row: ScenarioRow = { ...content, id, revision: 1, createdAtMs: now, updatedAtMs: now };
    await this.dataSource.manager.insert<ScenarioRow>('scenario', row);
    return row;
  }

  /** Under a given id; leaves alone what is stored there already. */
  async addOnce(content: ScenarioContent, id: string): Promise<void> {
    try {
      await this.add(content, id);
    } catch (error) {
      if (!isConstraintViolation(error)) throw error;
    }
  }

  find(id: string): Promise<ScenarioRow | null> {
    return this.dataSource.manager.findOneBy<ScenarioRow>('scenario', { id });
  }

  /** Newest first, without their documents. */
  list(position: Position | null, limit: number): Promise<Omit<ScenarioRow, 'document'>[]> {
    const query = this.dataSource.manager
      .createQueryBuilder<ScenarioRow>('scenario', 's')
      .select(['s.id', 's.name', 's.revision', 's.digest', 's.createdAtMs', 's.updatedAtMs']);
    return newestFirst(query, position, limit).getMany();
  }

  /** Null: it is not at that revision any more, or gone. */
  async replace(id: string, revision: number, content: ScenarioContent): Promise<ScenarioRow | null> {
    const result = await this.dataSource.manager.update<ScenarioRow>(
      'scenario',
      { id, revision },
      { ...content, revision: revision + 1, updatedAtMs: this.now() },
    );
    return result.affected === 1 ? this.find(id) : null;
  }

  /** Returns whether it was there at that revision. */
  async delete(id: string, revision: number): Promise<boolean> {
    const result = await this.dataSource.manager.delete<ScenarioRow>('scenario', { id, revision });
    return result.affected === 1;
  }
}
