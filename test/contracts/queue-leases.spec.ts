/** What a queue does with the jobs that it holds: they are kept, taken over, tried again, cancelled and given back. */
import { expect, it } from 'vitest';
import type { JobHandler, JobRows, Lease } from '#platform';
import { describeQueues, LEASE_MS, NEVER_MS } from './queues.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const untilAborted = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

describeQueues('a queue', (bench) => {
  /** The rows, claimed in another way. */
  const claimedBy = (claim: JobRows['claim']): JobRows => Object.assign(Object.create(bench().jobs), { claim });

  it('keeps a job that takes many times the length of a lease', async () => {
    const { jobs, finish } = bench();
    const attempts: number[] = [];
    const slow: JobHandler = async (lease) => {
      attempts.push(lease.attempt);
      await sleep(LEASE_MS * 4);
      await finish(lease);
    };
    const one = await bench().queue(20);
    const two = await bench().queue(20);
    one.work(jobs, slow, 1);
    two.work(jobs, slow, 1);
    await bench().becomes(await bench().add(one), 'cancelled');
    expect(attempts).toEqual([1]);
  });

  it('takes over a job whose worker has died, and lets the dead write nothing', async () => {
    const { jobs, results, finish } = bench();
    const id = await bench().add();
    const dead = (await jobs.claim(LEASE_MS))!;
    (await bench().queue(50)).work(jobs, finish, 1);
    await bench().becomes(id, 'cancelled');
    await expect(results.addChunks(dead, [], 0.5)).rejects.toThrow('lease');
    expect((await bench().find(id))?.attempt).toBe(2);
  });

  it('tries a job again whose handler threw', async () => {
    const { jobs, finish, errors } = bench();
    let calls = 0;
    const throwsOnce: JobHandler = async (lease) => {
      if (++calls === 1) throw new Error('on purpose');
      await finish(lease);
    };
    (await bench().queue(50)).work(jobs, throwsOnce, 1);
    await bench().becomes(await bench().add(), 'cancelled');
    expect(calls).toBe(2);
    expect(String(errors[0])).toContain('on purpose');
  });

  it('gives back a job whose handler met a database that is full or away, however often, as if it had not been taken', async () => {
    const { jobs, finish, errors } = bench();
    const attempts: number[] = [];
    const full = () => Object.assign(new Error('on purpose'), { code: attempts.length % 2 ? '53100' : 'SQLITE_FULL' });
    const rows = Object.assign(Object.create(jobs), {
      giveBack: async (lease: Lease) => {
        if (errors.length < 2) throw full();
        await jobs.giveBack(lease);
      },
    });
    const began = performance.now();
    (await bench().queue(20, 1500)).work(
      rows,
      async (lease) => {
        attempts.push(lease.attempt);
        if (attempts.length < 4) throw full();
        await finish(lease);
      },
      1,
    );
    await bench().becomes(await bench().add(), 'cancelled');
    expect(attempts).toEqual([1, 1, 1, 1]);
    // Twice after the first time, as it was not taken back at once.
    expect(performance.now() - began).toBeGreaterThan(4 * 500);
  });

  it('tells a handler at once that its job is cancelled here, and soon when it was elsewhere', async () => {
    const { jobs, simulations, finish } = bench();
    const reasons: unknown[] = [];
    const one = await bench().queue();
    one.work(
      jobs,
      async (lease, signal) => {
        await untilAborted(signal);
        reasons.push(signal.reason);
        await finish(lease);
      },
      1,
    );
    const here = await bench().add(one);
    await bench().becomes(here, 'running');
    one.cancel(here);
    await bench().becomes(here, 'cancelled');
    const elsewhere = await bench().add(one);
    await bench().becomes(elsewhere, 'running');
    await simulations.requestCancel('default', elsewhere);
    await bench().becomes(elsewhere, 'cancelled');
    expect(reasons).toEqual(['cancelled', 'cancelled']);
  });

  it('tells a handler whose job is cancelled between its claim and its start', async () => {
    const { jobs, finish } = bench();
    const reasons: unknown[] = [];
    const one = await bench().queue();
    const cancelled = claimedBy(async (leaseMs) => {
      const lease = await jobs.claim(leaseMs);
      if (lease) one.cancel(lease.id);
      return lease;
    });
    one.work(
      cancelled,
      async (lease, signal) => {
        if (!signal.aborted) await untilAborted(signal);
        reasons.push(signal.reason);
        await finish(lease);
      },
      1,
    );
    await bench().becomes(await bench().add(one), 'cancelled');
    expect(reasons).toEqual(['cancelled']);
  });

  it('gives back what runs when it stops, as if it had not been taken', async () => {
    const one = await bench().queue();
    one.work(bench().jobs, async (_lease, signal) => void (await untilAborted(signal)), 1);
    const id = await bench().add(one);
    await bench().becomes(id, 'running');
    await one.stop();
    expect(await bench().find(id)).toMatchObject({ status: 'queued', attempt: 0, leaseToken: null });
  });

  it('waits at its end for all that it runs, also for a job that it has taken over from itself', async () => {
    const { jobs, finish } = bench();
    const begun: number[] = [];
    const ended: number[] = [];
    // Nothing renews the first lease, which has run out when it is given.
    const runsOutOnce = claimedBy((leaseMs) => jobs.claim(begun.length === 0 ? -1 : leaseMs));
    const one = await bench().queue(20, NEVER_MS);
    one.work(
      runsOutOnce,
      async (lease, signal) => {
        begun.push(lease.attempt);
        if (lease.attempt === 1) await untilAborted(signal);
        if (lease.attempt === 1) await sleep(100);
        else await finish(lease);
        ended.push(lease.attempt);
      },
      2,
    );
    await bench().becomes(await bench().add(one), 'cancelled');
    await one.stop();
    expect(begun).toEqual([1, 2]);
    expect(ended.sort()).toEqual([1, 2]);
  });
});
