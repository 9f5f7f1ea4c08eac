/** What a webhook is told of an experiment or a comparison that has ended. */
import type { EntityManager } from 'typeorm';
import type { ExperimentRow } from '../store/experiment.entity.js';
import { announceEnd, type EventData } from './outbox.js';
import { shortName, timeOf } from './simulation-event.js';

/** In the transaction in which it has ended: what `announceEnd` does, with what its row says now. */
export async function announceExperiment(manager: EntityManager, row: ExperimentRow, nowMs: number): Promise<string[]> {
  const { kind, status, id } = row;
  if (status === 'queued' || status === 'running') throw new Error(`${kind} ${id} has not ended`);
  return announceEnd(manager, row.tenant, `${kind}.${status}`, experimentEvent(row), nowMs);
}

function experimentEvent(row: ExperimentRow): EventData {
  return {
    id: row.id,
    status: row.status,
    name: shortName(row.name),
    scenarioId: row.scenarioId,
    preset: row.preset,
    seed: row.seed,
    seeds: row.seeds,
    createdAt: timeOf(row.createdAtMs),
    startedAt: timeOf(row.startedAtMs),
    finishedAt: timeOf(row.finishedAtMs),
    runs: { all: row.runs, done: row.runsDone, failed: row.runsFailed },
    links: { self: `/v1/${row.kind}s/${row.id}` },
  };
}
