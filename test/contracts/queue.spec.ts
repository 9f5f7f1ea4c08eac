import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BullQueue,
  EmbeddedQueue,
  type JobHandler,
  type JobQueue,
  type JobRows,
  type Lease,
  type NewSimulation,
  ResultStore,
  SimulationJobs,
  SimulationStore,
} from '#platform';
import { type Broker, postgres, redis } from './brokers.js';
import { describeDatabases, type OpenDatabase } from './databases.js';

const LEASE_MS = 300;

interface Driver {
  name: string;
  skip: boolean;
  /** `shared`: names the queue, where a broker keeps several. `pollMs` long: only a word wakes it. */
  make(shared: string, pollMs: number, onError: (error: unknown) => void, leaseMs: number): JobQueue;
}

const onBroker = (name: string, broker: Broker): Driver => ({
  name,
  skip: broker.skip,
  make: (shared, pollMs, onError, leaseMs) =>
    new BullQueue({ url: broker.url, name: shared, leaseMs, pollMs, onError }),
});

/** Every driver must pass. */
const drivers: Driver[] = [
  {
    name: 'embedded',
    skip: false,
    make: (_shared, pollMs, onError, leaseMs) => new EmbeddedQueue({ leaseMs, pollMs, onError }),
  },
  onBroker('BullMQ on Redis', await redis()),
  onBroker('BullMQ on Postgres', await postgres()),
];

const job: NewSimulation = {
  name: 'n',
  scenarioId: null,
  preset: null,
  digest: 'a'.repeat(64),
  scenario: '{}',
  seed: 1,
};
const NEVER_MS = 3_600_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const untilAborted = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

describeDatabases('a queue', (open) => {
  describe.each(drivers.filter(({ skip }) => !skip))('driven by $name', ({ make }) => {
    let shared: string;
    let database: OpenDatabase;
    let simulations: SimulationStore;
    let jobs: SimulationJobs;
    let results: ResultStore;
    let queues: JobQueue[];
    let errors: unknown[];

    beforeEach(async () => {
      database = await open();
      simulations = new SimulationStore(database.dataSource, NEVER_MS);
      jobs = new SimulationJobs(database.dataSource);
      results = new ResultStore(database.dataSource, jobs);
      queues = [];
      shared = `test-${randomBytes(6).toString('hex')}`;
      errors = [];
    });
    afterEach(async () => {
      await Promise.all(queues.map((queue) => queue.stop()));
      await database.close();
    });

    const queue = (pollMs = NEVER_MS, leaseMs = LEASE_MS) => {
      const made = make(shared, pollMs, (error) => errors.push(error), leaseMs);
      queues.push(made);
      return made;
    };
    const finish = async (lease: Lease) => void (await results.finish(lease, { status: 'cancelled' }));
    const add = async (to?: JobQueue) => {
      const { row } = await simulations.accept('default', job);
      to?.announce(row.id);
      return row.id;
    };
    const status = async (id: string) => (await simulations.find('default', id))?.status;

    it('does a job soon after the word, without looking for it', async () => {
      const one = queue();
      const done = vi.fn<JobHandler>((lease) => finish(lease));
      one.work(jobs, done, 1);
      await sleep(50);
      const began = performance.now();
      const id = await add(one);
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'), { interval: 5 });
      expect(performance.now() - began).toBeLessThan(1000);
      expect(done).toHaveBeenCalledTimes(1);
    });

    it('finds a job of which nobody told it', async () => {
      queue(50).work(jobs, finish, 1);
      const id = await add();
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'));
    });

    it('does each of 200 jobs once, between three workers that all look for them', async () => {
      const runs = new Map<string, number>();
      const count: JobHandler = async (lease) => {
        runs.set(lease.id, (runs.get(lease.id) ?? 0) + 1);
        await sleep(1);
        await finish(lease);
      };
      const ids = await Promise.all(Array.from({ length: 200 }, () => add()));
      // On a busy machine a short lease is lost now and then, and its job begun again.
      for (let worker = 0; worker < 3; worker++) queue(20, NEVER_MS).work(jobs, count, 4);
      await vi.waitFor(async () => expect(await simulations.countByStatus()).toEqual({ cancelled: 200 }), {
        timeout: 15_000,
      });
      expect(ids.map((id) => runs.get(id))).toEqual(ids.map(() => 1));
      expect(errors).toEqual([]);
    });

    it('never has more than its number of jobs under way', async () => {
      let running = 0;
      let most = 0;
      for (let i = 0; i < 8; i++) await add();
      queue().work(
        jobs,
        async (lease) => {
          most = Math.max(most, ++running);
          await sleep(50);
          running--;
          await finish(lease);
        },
        2,
      );
      await vi.waitFor(async () => expect(await simulations.countByStatus()).toEqual({ cancelled: 8 }), {
        timeout: 10_000,
      });
      expect(most).toBe(2);
    });

    it('keeps a job that takes many times the length of a lease', async () => {
      const attempts: number[] = [];
      const slow: JobHandler = async (lease) => {
        attempts.push(lease.attempt);
        await sleep(LEASE_MS * 4);
        await finish(lease);
      };
      const one = queue(20);
      const two = queue(20);
      one.work(jobs, slow, 1);
      two.work(jobs, slow, 1);
      const id = await add(one);
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'), { timeout: 5000 });
      expect(attempts).toEqual([1]);
    });

    it('takes over a job whose worker has died, and lets the dead write nothing', async () => {
      const id = await add();
      const dead = (await jobs.claim(LEASE_MS))!;
      queue(50).work(jobs, finish, 1);
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'));
      await expect(results.addChunks(dead, [], 0.5)).rejects.toThrow('lease');
      expect((await simulations.find('default', id))?.attempt).toBe(2);
    });

    it('changes nothing when a finished job is announced again', async () => {
      const done = vi.fn<JobHandler>((lease) => finish(lease));
      const one = queue();
      one.work(jobs, done, 1);
      const id = await add(one);
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'));
      const before = await simulations.find('default', id);
      one.announce(id);
      one.announce(id);
      await sleep(100);
      expect(done).toHaveBeenCalledTimes(1);
      expect(await simulations.find('default', id)).toEqual(before);
    });

    it('tries a job again whose handler threw', async () => {
      let calls = 0;
      queue(50).work(
        jobs,
        async (lease) => {
          if (++calls === 1) throw new Error('on purpose');
          await finish(lease);
        },
        1,
      );
      const id = await add();
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'), { timeout: 5000 });
      expect(calls).toBe(2);
      expect(String(errors[0])).toContain('on purpose');
    });

    it('tells a handler at once that its job is cancelled here, and soon when it was elsewhere', async () => {
      const reasons: unknown[] = [];
      const one = queue();
      one.work(
        jobs,
        async (lease, signal) => {
          await untilAborted(signal);
          reasons.push(signal.reason);
          await finish(lease);
        },
        1,
      );
      const here = await add(one);
      await vi.waitFor(async () => expect(await status(here)).toBe('running'));
      one.cancel(here);
      await vi.waitFor(async () => expect(await status(here)).toBe('cancelled'));
      const elsewhere = await add(one);
      await vi.waitFor(async () => expect(await status(elsewhere)).toBe('running'));
      await simulations.requestCancel('default', elsewhere);
      await vi.waitFor(async () => expect(await status(elsewhere)).toBe('cancelled'));
      expect(reasons).toEqual(['cancelled', 'cancelled']);
    });

    it('tells a handler whose job is cancelled between its claim and its start', async () => {
      const reasons: unknown[] = [];
      const one = queue();
      const claim: JobRows['claim'] = async (leaseMs) => {
        const lease = await jobs.claim(leaseMs);
        if (lease) one.cancel(lease.id);
        return lease;
      };
      one.work(
        Object.assign(Object.create(jobs), { claim }),
        async (lease, signal) => {
          if (!signal.aborted) await untilAborted(signal);
          reasons.push(signal.reason);
          await finish(lease);
        },
        1,
      );
      const id = await add(one);
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'));
      expect(reasons).toEqual(['cancelled']);
    });

    it('gives back what runs when it stops, as if it had not been taken', async () => {
      const one = queue();
      one.work(jobs, async (_lease, signal) => void (await untilAborted(signal)), 1);
      const id = await add(one);
      await vi.waitFor(async () => expect(await status(id)).toBe('running'));
      await one.stop();
      expect(await simulations.find('default', id)).toMatchObject({ status: 'queued', attempt: 0, leaseToken: null });
    });

    it('begins a tenant’s only job soon, however many another has queued before it', async () => {
      const WORKERS = 3;
      for (let n = 0; n < 100; n++) await add();
      const order: string[] = [];
      const handler: JobHandler = async (lease) => {
        order.push(lease.id);
        await sleep(20);
        await finish(lease);
      };
      const all = Array.from({ length: WORKERS }, () => queue(1000, NEVER_MS));
      for (const one of all) one.work(jobs, handler, 1);
      all[0]!.announce(...Array.from({ length: 100 }, (_, n) => String(n)));
      await vi.waitFor(() => expect(order.length).toBeGreaterThan(5), { timeout: 10_000, interval: 5 });
      const { row } = await simulations.accept('others', job);
      const before = order.length;
      all[0]!.announce(row.id);
      await vi.waitFor(() => expect(order).toContain(row.id), { timeout: 20_000, interval: 5 });
      expect(order.indexOf(row.id) - before).toBeLessThanOrEqual(WORKERS + 1);
    }, 40_000);

    it('waits at its end for all that it runs, also for a job that it has taken over from itself', async () => {
      const begun: number[] = [];
      const ended: number[] = [];
      const claim: JobRows['claim'] = (leaseMs) => jobs.claim(begun.length === 0 ? -1 : leaseMs);
      // Nothing renews the first lease, which has run out when it is given.
      const one = queue(20, NEVER_MS);
      one.work(
        Object.assign(Object.create(jobs), { claim }),
        async (lease, signal) => {
          begun.push(lease.attempt);
          if (lease.attempt === 1) await untilAborted(signal);
          if (lease.attempt === 1) await sleep(100);
          else await finish(lease);
          ended.push(lease.attempt);
        },
        2,
      );
      const id = await add(one);
      await vi.waitFor(async () => expect(await status(id)).toBe('cancelled'), { timeout: 10_000 });
      await one.stop();
      expect(begun).toEqual([1, 2]);
      expect(ended.sort()).toEqual([1, 2]);
    });

    it('takes jobs in the order in which they came', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 10; i++) {
        ids.push(await add());
        await sleep(2);
      }
      const order: string[] = [];
      queue().work(
        jobs,
        async (lease) => {
          order.push(lease.id);
          await finish(lease);
        },
        1,
      );
      await vi.waitFor(() => expect(order).toHaveLength(10));
      expect(order).toEqual(ids);
    });
  });

  it('of BullMQ does what waits while its broker does not answer', async () => {
    const database = await open();
    const simulations = new SimulationStore(database.dataSource, NEVER_MS);
    const jobs = new SimulationJobs(database.dataSource);
    const results = new ResultStore(database.dataSource, jobs);
    const nowhere = { url: 'redis://127.0.0.1:1', name: 'test', onError: () => {} };
    const queue = new BullQueue({ ...nowhere, leaseMs: NEVER_MS, pollMs: 50 });
    try {
      queue.work(jobs, async (lease) => void (await results.finish(lease, { status: 'cancelled' })), 1);
      for (let n = 0; n < 3; n++) {
        const { row } = await simulations.accept('default', job);
        queue.announce(row.id);
      }
      await vi.waitFor(async () => expect(await simulations.countByStatus()).toEqual({ cancelled: 3 }), {
        timeout: 5000,
      });
    } finally {
      await queue.stop();
      await database.close();
    }
  }, 20_000);
});
