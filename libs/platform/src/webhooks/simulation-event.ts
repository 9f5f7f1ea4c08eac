/** What a webhook is told of a simulation that has ended. */
import type { EntityManager } from 'typeorm';
import type { ExpectationResult, RunSummary } from '#sim';
import type { SimulationRow } from '../store/simulation.entity.js';
import { announceEnd, type EventData } from './outbox.js';

/** Of a name, which may be as long as a document; a message is small. */
const NAME_CHARS = 200;
const ERROR_CHARS = 1000;

/** In the transaction in which a simulation has ended: what `announceEnd` does, with what its row says now. */
export async function announceSimulation(manager: EntityManager, id: string, nowMs: number): Promise<string[]> {
  const row = await manager.findOneByOrFail<SimulationRow>('simulation', { id });
  const { status } = row;
  if (status === 'queued' || status === 'running') throw new Error(`simulation ${id} has not ended`);
  return announceEnd(manager, row.tenant, `simulation.${status}`, simulationEvent(row), nowMs);
}

export function simulationEvent(row: SimulationRow): EventData {
  const self = `/v1/simulations/${row.id}`;
  const results = row.status === 'succeeded' ? ['requests', 'healthz', 'transcript', 'report'] : [];
  return {
    id: row.id,
    status: row.status,
    name: shortName(row.name),
    scenarioId: row.scenarioId,
    preset: row.preset,
    seed: row.seed,
    createdAt: timeOf(row.createdAtMs),
    startedAt: timeOf(row.startedAtMs),
    finishedAt: timeOf(row.finishedAtMs),
    error:
      row.errorCode === null ? null : { code: row.errorCode, message: (row.errorMessage ?? '').slice(0, ERROR_CHARS) },
    fingerprint: row.fingerprint,
    summary: row.summary === null ? null : figuresOf(JSON.parse(row.summary) as RunSummary),
    expectations: row.expectations === null ? null : tally(JSON.parse(row.expectations) as ExpectationResult[]),
    links: { self, ...Object.fromEntries(results.map((name) => [name, `${self}/${name}`])) },
  };
}

export function shortName(name: string): string {
  return name.slice(0, NAME_CHARS);
}

function figuresOf({ requests, outcomes, latencyUs }: RunSummary) {
  return { requests, outcomes, latencyUs };
}

function tally(expectations: readonly ExpectationResult[]) {
  const passed = expectations.filter((expectation) => expectation.passed).length;
  return { passed, failed: expectations.length - passed };
}

export const timeOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
