/** Simulations from the API's side: accepted, waited for, found, ended. */

import { Inject, Injectable } from '@nestjs/common';
import {
  type AcceptedSimulation,
  AppError,
  currentWork,
  type IdempotencyClaim,
  JOB_QUEUE,
  type JobQueue,
  Metrics,
  type PreparedCall,
  RunSignals,
  type SimulationRow,
  SimulationStore,
} from '#platform';
import { MODEL_VERSION } from '#sim';
import { noSuch } from '../http/no-such.js';
import { isOwnId, ownId } from '../scenarios/always-there.js';
import type { PreparedScenario } from '../scenarios/prepare-scenario.js';
import { EXAMPLE_ID, EXAMPLE_PRESET, type ScenarioChoice, ScenarioSource } from '../scenarios/scenario-source.js';
import { isOver, RunWatch } from './run-watch.js';

const EXAMPLE_WAIT_MS = 20_000;

@Injectable()
export class SimulationsService {
  constructor(
    private readonly simulations: SimulationStore,
    private readonly source: ScenarioSource,
    private readonly signals: RunSignals,
    private readonly metrics: Metrics,
    private readonly watch: RunWatch,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
  ) {}

  async accept(
    tenant: string,
    choice: ScenarioChoice,
    prepared: PreparedScenario,
    seed: number | undefined,
    idempotency: IdempotencyClaim | null,
    more: { id?: string; webhook?: PreparedCall } = {},
  ): Promise<AcceptedSimulation> {
    const { name, digest, scenario } = prepared;
    const warnings = JSON.stringify(prepared.warnings);
    const { scenarioId = null, preset = null } = choice;
    const accepted = await this.simulations.accept(
      tenant,
      {
        ...more,
        ...{ name, digest, scenario, scenarioId, preset, warnings },
        seed: seed ?? prepared.seed,
        trace: currentWork().trace ?? null,
      },
      idempotency,
    );
    if (!accepted.replayed) {
      this.metrics.accepted.inc();
      this.queue.announce(accepted.row.id);
    }
    return accepted;
  }

  /** AppError `not-found`. The example is made, and run, when it is first asked for. */
  async find(tenant: string, id: string): Promise<SimulationRow> {
    if (isOwnId(tenant, EXAMPLE_ID, id)) return this.example(tenant);
    const row = await this.simulations.find(tenant, id);
    if (!row) throw noSuch('simulation', id);
    return row;
  }

  /** AppError `not-finished` or `no-results` where there is nothing to read. */
  async findSucceeded(tenant: string, id: string): Promise<SimulationRow> {
    const row = await this.find(tenant, id);
    if (row.status === 'succeeded') return row;
    if (isOver(row))
      throw new AppError(
        'no-results',
        `Simulation ${id} ${row.status === 'failed' ? 'has failed' : 'was cancelled'}. ${row.errorMessage ?? ''}`.trim(),
      );
    throw new AppError('not-finished', `Simulation ${id} is ${row.status} (${Math.floor(row.progress * 100)} %).`, {
      hint: `Ask again in a moment, or follow it: GET /v1/simulations/${id}/events ends with it.`,
      headers: { 'retry-after': '1' },
    });
  }

  /** The row when the simulation has ended, or as it is after `forMs`, or when the process is about to end. */
  async waitForEnd(row: SimulationRow, forMs: number): Promise<SimulationRow> {
    const current = await this.watch.untilOver(row, forMs, () => this.simulations.find(row.tenant, row.id));
    if (!current) throw noSuch('simulation', row.id);
    return current;
  }

  /** Cancels what waits or runs, deletes what has ended. Null: it is deleted. */
  async end(tenant: string, id: string): Promise<SimulationRow | null> {
    for (;;) {
      const row = await this.find(tenant, id);
      const outcome = await this.simulations.requestCancel(tenant, row.id);
      if (outcome === 'finished' && (await this.simulations.deleteEnded(tenant, row.id))) return null;
      if (outcome === 'requested') this.queue.cancel(row.id);
      if (outcome === 'cancelled') this.signals.tell({ ...row, status: 'cancelled' });
      if (outcome === 'requested' || outcome === 'cancelled') return this.find(tenant, row.id);
      // A run that was given back, taken or deleted between two looks is looked at again.
    }
  }

  /** A run of the tutorial that has ended; made again when the preset or its results are not those of this version. */
  private async example(tenant: string): Promise<SimulationRow> {
    const id = ownId(tenant, EXAMPLE_ID);
    const prepared = await this.source.preset(EXAMPLE_PRESET);
    const current = await this.simulations.find(tenant, id);
    const isCurrent = current?.digest === prepared.digest && (current.modelVersion ?? MODEL_VERSION) === MODEL_VERSION;
    if (current && isCurrent) return this.waitForEnd(current, EXAMPLE_WAIT_MS);
    if (current) await this.simulations.delete(tenant, id);
    const accepted = await this.accept(tenant, { preset: EXAMPLE_PRESET }, prepared, undefined, null, { id }).catch(
      // Somebody else asked at the same moment and was first.
      async (error: unknown) => ({ row: (await this.simulations.find(tenant, id)) ?? Promise.reject(error) }),
    );
    return this.waitForEnd(await accepted.row, EXAMPLE_WAIT_MS);
  }
}
