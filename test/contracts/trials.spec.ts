/** Trials, a second kind of job beside simulations: the same drivers, another table, and an experiment that adds them up. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type ExperimentRow,
  ExperimentStore,
  type JobHandler,
  type JobRows,
  type Lease,
  LeaseLost,
  type NewExperiment,
  type RunOutcome,
  SimulationStore,
  TrialJobs,
  type TrialRow,
  TrialStore,
} from '#platform';
import { describeDatabases, emptiedDatabase } from './databases.js';
import { drivers, newQueueName } from './queues.js';

/** Longer than a busy machine holds up a renewal: whoever is to lose a lease is given one that has run out. */
const LEASE_MS = 60_000;
const RUN_OUT = -1;
const TENANT = 'team';

const experiment = (trials: number, more: Partial<NewExperiment> = {}): NewExperiment => ({
  ...{ kind: 'experiment', name: 'n', scenarioId: null, preset: null, seed: 5, seeds: trials, settings: '{}' },
  cells: [{ name: 'base', settings: '{}', digest: 'a'.repeat(64), warnings: '[]', scenario: '{"a":1}' }],
  trials: Array.from({ length: trials }, (_, n) => ({ cell: 0, seed: 5 + n, seeds: 1 })),
  ...more,
});
const outcome = (seed: number): RunOutcome => ({ seed, fingerprint: 'f', figures: [seed] });

describeDatabases('trials', (open) => {
  const database = emptiedDatabase(open);
  let experiments: ExperimentStore;
  let jobs: TrialJobs;
  let trials: TrialStore;

  beforeEach(() => {
    experiments = new ExperimentStore(database.dataSource, 3_600_000);
    jobs = new TrialJobs(database.dataSource);
    trials = new TrialStore(database.dataSource, jobs);
  });

  const find = (id: string) => experiments.find(TENANT, 'experiment', id) as Promise<ExperimentRow>;
  const finish: JobHandler = async (lease) => {
    const work = (await trials.work(lease))!;
    await trials.begin(work);
    await trials.finish(lease, work, [outcome(work.trial.seed)], '9');
  };

  const endOf = async (id: string) => {
    const row = await database.dataSource.manager.findOneByOrFail<TrialRow>('trial', { id });
    const lease = { id, token: row.leaseToken!, attempt: row.attempt, cancelRequested: false };
    return [lease, (await trials.work(lease))!, [outcome(row.seed)], '9'] as const;
  };

  describe.each(drivers)('driven by $name', ({ make }) => {
    const three = (pollMs: number, onError: (error: unknown) => void) => {
      const name = `${newQueueName()}-trials`;
      return Promise.all([1, 2, 3].map(() => make({ name, leaseMs: LEASE_MS, pollMs, onError })));
    };

    /** Three workers of four each do an experiment of 60 trials; gives what it has come to, by what it was accepted as. */
    const doneByThree = async (rows: JobRows, handler: JobHandler) => {
      const errors: unknown[] = [];
      const queues = await three(50, (error) => errors.push(error));
      try {
        for (const queue of queues) queue.work(rows, handler, 4);
        const accepted = await experiments.accept(TENANT, experiment(60));
        queues[0]!.announce(...accepted.trials);
        const { id } = accepted.row;
        await vi.waitFor(async () => expect((await find(id)).status).toBe('succeeded'), { timeout: 25_000 });
        const ended = { runs: 60, runsDone: 60, runsFailed: 0, openTrials: 0, modelVersion: '9' };
        expect(await find(id)).toMatchObject(ended);
        const stored = await experiments.results(TENANT, id);
        const seeds = stored.flatMap(({ result }) => (JSON.parse(result!) as RunOutcome[]).map(({ seed }) => seed));
        expect(seeds).toEqual(Array.from({ length: 60 }, (_, n) => 5 + n));
        expect(errors).toEqual([]);
        return accepted;
      } finally {
        await Promise.all(queues.map((queue) => queue.stop()));
      }
    };

    it('end once each, between three workers that end many at a time, and their experiment with the last', async () => {
      const begun: string[] = [];
      const accepted = await doneByThree(jobs, (lease, signal) => {
        begun.push(lease.id);
        return finish(lease, signal);
      });
      expect(begun.sort()).toEqual(accepted.trials);
    }, 30_000);

    it('count once, also those whose lease runs out while they run, and which another worker runs beside them', async () => {
      const attempts = new Map<string, number>();
      const lost: Lease[] = [];
      const refused: string[] = [];
      let toLose = 4;
      const claim: JobRows['claim'] = async (leaseMs) => {
        const runsOut = toLose > 0;
        if (runsOut) toLose--;
        const lease = await jobs.claim(runsOut ? RUN_OUT : leaseMs);
        if (runsOut && lease) lost.push(lease);
        else if (runsOut) toLose++;
        return lease;
      };
      await doneByThree(Object.assign(Object.create(jobs), { claim }), async (lease, signal) => {
        attempts.set(lease.id, Math.max(lease.attempt, attempts.get(lease.id) ?? 0));
        const overtaken = () => expect(attempts.get(lease.id)).toBeGreaterThan(lease.attempt);
        if (lost.includes(lease)) await vi.waitFor(overtaken, { timeout: 20_000, interval: 5 });
        await finish(lease, signal).catch((error: unknown) => {
          if (!(error instanceof LeaseLost)) throw error;
          refused.push(lease.token);
        });
      });
      expect(lost).toHaveLength(4);
      expect(refused.sort()).toEqual(lost.map(({ token }) => token).sort());
    }, 30_000);

    it('begin soon that are a tenant’s only ones, however many another has queued before them', async () => {
      const queues = await three(1000, () => {});
      const order: string[] = [];
      try {
        const large = await experiments.accept(TENANT, experiment(100));
        for (const queue of queues)
          queue.work(
            jobs,
            async (lease, signal) => {
              order.push(lease.id);
              await new Promise((resolve) => setTimeout(resolve, 20));
              await finish(lease, signal);
            },
            1,
          );
        queues[0]!.announce(...large.trials);
        await vi.waitFor(() => expect(order.length).toBeGreaterThan(5), { timeout: 10_000, interval: 5 });
        const [only] = (await experiments.accept('others', experiment(1))).trials;
        const before = order.length;
        queues[0]!.announce(only!);
        await vi.waitFor(() => expect(order).toContain(only), { timeout: 20_000, interval: 5 });
        expect(order.indexOf(only!) - before).toBeLessThanOrEqual(queues.length + 1);
      } finally {
        await Promise.all(queues.map((queue) => queue.stop()));
      }
    }, 40_000);
  });

  it('run so many of a tenant at a time (MAX_RUNNING), those of tenants with the fewest first, comparisons before experiments', async () => {
    const fair = new TrialJobs(database.dataSource, undefined, 2);
    const large = await experiments.accept(TENANT, experiment(4));
    const compared = await experiments.accept(TENANT, experiment(1, { kind: 'comparison' }));
    const other = await experiments.accept('others', experiment(1));
    const expected = [compared.trials[0], other.trials[0], large.trials[0]];
    const claimed: (string | undefined)[] = [];
    for (let lease = await fair.claim(60_000); lease; lease = await fair.claim(60_000)) claimed.push(lease.id);
    expect(claimed).toEqual(expected);
    await trials.finish(...(await endOf(compared.trials[0]!)));
    expect((await fair.claim(60_000))?.id).toBe(large.trials[1]);
  });

  it('are counted against what a tenant may have unfinished, experiments and comparisons together', async () => {
    const few = new ExperimentStore(database.dataSource, 3_600_000, Date.now, 2);
    await few.accept(TENANT, experiment(1));
    await few.accept(TENANT, experiment(1, { kind: 'comparison' }));
    for (const kind of ['experiment', 'comparison'] as const)
      await expect(few.accept(TENANT, experiment(1, { kind }))).rejects.toMatchObject({ code: 'quota-exceeded' });
    await few.accept('others', experiment(1));
  });

  it('go on where they were saved when they are taken over, and whoever had them writes no more', async () => {
    await experiments.accept(TENANT, experiment(1));
    const dead = (await jobs.claim(RUN_OUT))!;
    await jobs.saveProgress(dead, 0.5, [outcome(5)]);
    const next = (await jobs.claim(LEASE_MS))!;
    expect(next.attempt).toBe(2);
    const work = (await trials.work(next))!;
    expect(work.trial).toMatchObject({ progress: 0.5, result: JSON.stringify([outcome(5)]) });
    expect(work.cells).toEqual([{ cell: 0, name: 'base', digest: 'a'.repeat(64), scenario: '{"a":1}' }]);
    await expect(trials.finish(dead, work, [outcome(5)], '9')).rejects.toThrow('lease');
    expect(await find(work.experiment.id)).toMatchObject({ runsDone: 0, openTrials: 1 });
  });

  it('end their experiment as failed where not one run has come to its end', async () => {
    const failed: RunOutcome = { seed: 5, error: { code: 'too-long', message: 'm' } };
    const { row } = await experiments.accept(TENANT, experiment(2));
    for (const outcomes of [[failed], [failed]]) {
      const lease = (await jobs.claim(LEASE_MS))!;
      await trials.finish(lease, (await trials.work(lease))!, outcomes, '9');
    }
    expect(await find(row.id)).toMatchObject({ status: 'failed', runsDone: 2, runsFailed: 2 });
  });

  it('wait no longer when their experiment is cancelled, and nobody else finds or cancels it', async () => {
    const { row } = await experiments.accept(TENANT, experiment(3));
    const lease = (await jobs.claim(LEASE_MS))!;
    expect(await experiments.find('others', 'experiment', row.id)).toBeNull();
    expect(await experiments.cancel('others', 'experiment', row.id)).toBeNull();
    expect(await experiments.cancel(TENANT, 'experiment', row.id)).toEqual([lease.id]);
    expect(await jobs.renew(lease, LEASE_MS)).toBe('cancel-requested');
    expect(await jobs.claim(LEASE_MS)).toBeNull();
    await trials.cancel(lease);
    expect(await find(row.id)).toMatchObject({ status: 'cancelled', runsDone: 0 });
    expect(await experiments.deleteEnded('others', 'experiment', row.id)).toBe(false);
    expect(await experiments.deleteEnded(TENANT, 'experiment', row.id)).toBe(true);
    expect(await experiments.results(TENANT, row.id)).toEqual([]);
  });

  it('that are given back while their experiment is cancelled do not wait as if it were not', async () => {
    for (let round = 0; round < 15; round++) {
      const { row } = await experiments.accept(TENANT, experiment(12));
      const leases: Lease[] = [];
      for (let n = 0; n < 8; n++) leases.push((await jobs.claim(60_000))!);
      await Promise.all([
        ...leases.slice(0, 4).map((lease) => jobs.giveBack(lease)),
        experiments.cancel(TENANT, 'experiment', row.id),
        ...leases.slice(4).map((lease) => jobs.giveBack(lease)),
      ]);
      const { manager } = database.dataSource;
      const left = await manager.findBy<TrialRow>('trial', { experimentId: row.id, status: 'queued' });
      expect(left.filter(({ cancelRequested }) => !cancelRequested)).toEqual([]);
      for (let lease = await jobs.claim(60_000); lease; lease = await jobs.claim(60_000)) {
        expect(lease.cancelRequested).toBe(true);
        await trials.cancel(lease);
      }
    }
  });

  it('of many experiments with the same new snapshots in different orders are all accepted', async () => {
    const cells = Array.from({ length: 12 }, (_, n) => ({
      ...{ name: `c${n}`, settings: '{}', warnings: '[]', scenario: `{"n":${n}}` },
      digest: n.toString(16).repeat(64),
    }));
    for (let round = 0; round < 5; round++) {
      const own = cells.map((cell) => ({ ...cell, digest: `${round}${cell.digest.slice(1)}` }));
      const asked = Array.from({ length: 10 }, (_, n) =>
        experiments.accept(TENANT, experiment(1, { cells: n % 2 === 0 ? own : own.toReversed() })),
      );
      const accepted = await Promise.all(asked);
      for (const { row } of accepted) expect(await experiments.cells(TENANT, row.id)).toHaveLength(12);
    }
  });

  it('keep the trace of the request that made their experiment', async () => {
    const trace = { traceparent: `00-${'4b'.repeat(16)}-${'00f0'.repeat(4)}-01`, tracestate: 'rojo=1' };
    const { row } = await experiments.accept(TENANT, experiment(1, { trace }));
    expect(row).toMatchObject(trace);
    const lease = (await jobs.claim(LEASE_MS))!;
    expect((await trials.work(lease))!.experiment).toMatchObject(trace);
    const without = await experiments.accept(TENANT, experiment(1));
    expect(await find(without.row.id)).toMatchObject({ traceparent: null, tracestate: null });
  });

  it('are accepted once under one key, by kind', async () => {
    const claim = { key: 'k', requestHash: 'h' };
    const both = await Promise.all([1, 2].map(() => experiments.accept(TENANT, experiment(2), claim)));
    expect(new Set(both.map(({ row }) => row.id)).size).toBe(1);
    expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    await expect(experiments.accept(TENANT, experiment(2), { key: 'k', requestHash: 'i' })).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    const other = await experiments.accept(TENANT, experiment(1, { kind: 'comparison' }), claim);
    expect(other.replayed).toBe(false);
  });

  it('are not made anew under a key for its time, also when they are deleted, as simulations are not', async () => {
    let nowMs = 1_800_000_000_000;
    const timed = new ExperimentStore(database.dataSource, 3_600_000, () => nowMs);
    const simulations = new SimulationStore(database.dataSource, 3_600_000, () => nowMs);
    const claim = { key: 'k', requestHash: 'h' };
    for (const kind of ['experiment', 'comparison'] as const) {
      const make = () => timed.accept(TENANT, experiment(1, { kind }), claim);
      const { row } = await make();
      await timed.cancel(TENANT, kind, row.id);
      await timed.deleteEnded(TENANT, kind, row.id);
      const gone = { code: 'not-found', message: `The ${kind} ${row.id} of this Idempotency-Key was deleted.` };
      await expect(make()).rejects.toMatchObject(gone);
      await simulations.tidy();
      await expect(make()).rejects.toMatchObject(gone);
      nowMs += 3_600_001;
      expect((await make()).replayed).toBe(false);
      nowMs += 3_600_001;
      await simulations.tidy();
      expect(await database.dataSource.manager.count('idempotency_key')).toBe(0);
    }
  });
});
