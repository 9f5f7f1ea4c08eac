/** Trials from the worker's side: what to run, and what has come of it, written under the lease. */
import type { DataSource } from 'typeorm';
import type { Lease } from '../queue/job-queue.js';
import { announceExperiment } from '../webhooks/experiment-event.js';
import type { ExperimentCellRow, ExperimentRow } from './experiment.entity.js';
import { BUSY_OF_TENANT, besideOfTenant, LeasedRows } from './leased-rows.js';
import type { RunOutcome, TrialRow } from './trial.entity.js';

const BESIDE = `${besideOfTenant('trials')}
  LEFT JOIN (SELECT "id" AS "ofExperiment", "kind" FROM "experiments") AS "whole" ON "ofExperiment" = "experimentId"`;

/** A person waits for a comparison. */
const KIND = `CASE "kind" WHEN 'comparison' THEN 0 ELSE 1 END`;

/**
 * In SQL: the experiment of which a trial is next. Looks at those that have not ended (`ix_experiments_open`), and not at all
 * of their trials.
 */
const NEXT_EXPERIMENT = `(SELECT "open"."id" FROM "experiments" AS "open" ${besideOfTenant('trials', '"open"."tenant"')}
  WHERE "open"."finishedAtMs" IS NULL
    AND EXISTS (SELECT 1 FROM "trials" AS "t" WHERE "t"."experimentId" = "open"."id" AND "t"."status" = 'queued')
  ORDER BY ${BUSY_OF_TENANT}, ${KIND}, "open"."createdAtMs", "open"."id" LIMIT 1)`;

export class TrialJobs extends LeasedRows<TrialRow> {
  /** `mostOfTenant`: that run at a time; 0: any number. The next is of the tenant of which the fewest run. */
  constructor(dataSource: DataSource, now?: () => number, mostOfTenant = 0) {
    const table = {
      entity: 'trial',
      beside: BESIDE,
      ...(mostOfTenant > 0 ? { claimable: `${BUSY_OF_TENANT} < ${mostOfTenant}` } : {}),
      first: `"experimentId" = ${NEXT_EXPERIMENT}`,
      turn: `${BUSY_OF_TENANT}, ${KIND}`,
    };
    super(dataSource, table, now);
  }

  /** Of those runs that have ended; whoever takes the trial over does only the others. */
  async saveProgress(lease: Lease, progress: number, outcomes: readonly RunOutcome[]): Promise<void> {
    await this.writeUnderLease(this.dataSource.manager, lease, { progress, result: JSON.stringify(outcomes) });
  }
}

export interface TrialWork {
  trial: TrialRow;
  experiment: ExperimentRow;
  /** Of an experiment the trial's own, of a comparison all of them. `scenario`: normalised, as JSON. */
  cells: { cell: number; name: string; digest: string; scenario: string }[];
}

export class TrialStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: TrialJobs,
    private readonly now: () => number = Date.now,
  ) {}

  /** Null: it was deleted. */
  async work({ id }: Pick<Lease, 'id'>): Promise<TrialWork | null> {
    const { manager } = this.dataSource;
    const trial = await manager.findOneBy<TrialRow>('trial', { id });
    const experiment = trial && (await manager.findOneBy<ExperimentRow>('experiment', { id: trial.experimentId }));
    if (!experiment) return null;
    const query = manager
      .createQueryBuilder<ExperimentCellRow>('experiment_cell', 'c')
      .innerJoin('scenario_snapshot', 's', 's.tenant = c.tenant AND s.digest = c.digest')
      .select(['c.cell AS "cell"', 'c.name AS "name"', 'c.digest AS "digest"', 's.scenario AS "scenario"'])
      .where('c.experimentId = :id', { id: experiment.id })
      .orderBy('c.cell');
    if (experiment.kind === 'experiment') query.andWhere('c.cell = :cell', { cell: trial.cell });
    return { trial, experiment, cells: await query.getRawMany() };
  }

  /** The first trial that is begun begins the experiment; returns whether it was this one. */
  async begin({ experiment: { id } }: TrialWork): Promise<boolean> {
    const begun = await this.dataSource.manager.update<ExperimentRow>(
      'experiment',
      { id, status: 'queued' },
      { status: 'running', startedAtMs: this.now() },
    );
    return begun.affected === 1;
  }

  /**
   * The end of a trial, and with the last one that of its experiment, which is given as it is then: whole or not at all.
   * Throws LeaseLost.
   */
  async finish(
    lease: Lease,
    { experiment: { id } }: TrialWork,
    outcomes: readonly RunOutcome[],
    modelVersion: string,
  ): Promise<ExperimentRow> {
    const now = this.now();
    const failed = outcomes.filter((outcome) => 'error' in outcome).length;
    return this.dataSource.transaction(async (manager) => {
      await this.jobs.mustHold(manager, lease, {
        status: 'succeeded',
        progress: 1,
        result: JSON.stringify(outcomes),
        leaseToken: null,
        leaseUntilMs: null,
      });
      // One statement: of two trials that end at once, the second sees what the first has counted.
      const [statement, parameters] = this.dataSource.driver.escapeQueryWithParameters(FINISH, {
        id,
        done: outcomes.length,
        failed,
        modelVersion,
        now,
      });
      await manager.query(statement, parameters);
      const row = await manager.findOneByOrFail<ExperimentRow>('experiment', { id });
      if (row.openTrials === 0 && row.status !== 'cancelled') await announceExperiment(manager, row, now);
      return row;
    });
  }

  /** Its experiment was cancelled. Throws LeaseLost. */
  async cancel(lease: Lease): Promise<void> {
    await this.jobs.mustHold(this.dataSource.manager, lease, {
      status: 'cancelled',
      leaseToken: null,
      leaseUntilMs: null,
    });
  }
}

const FINISH = `UPDATE "experiments"
  SET "runsDone" = "runsDone" + :done, "runsFailed" = "runsFailed" + :failed, "openTrials" = "openTrials" - 1,
      "modelVersion" = :modelVersion,
      "finishedAtMs" = CASE WHEN "status" IN ('queued', 'running') AND "openTrials" = 1 THEN :now ELSE "finishedAtMs" END,
      "status" = CASE WHEN "status" NOT IN ('queued', 'running') OR "openTrials" > 1 THEN "status"
                      WHEN "runsFailed" + :failed >= "runs" THEN 'failed' ELSE 'succeeded' END
  WHERE "id" = :id`;
