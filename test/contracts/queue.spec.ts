/** What a queue does with the jobs that wait: each once, in their order, in all places and no more, a fair share to everybody. */
import { expect, it, vi } from 'vitest';
import { type JobHandler, openBullQueue } from '#platform';
import { describeDatabases, emptiedDatabase } from './databases.js';
import { Bench, describeQueues, NEVER_MS } from './queues.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeQueues('a queue', (bench) => {
  it('does a job soon after the word, without looking for it', async () => {
    const { jobs, finish } = bench();
    const one = await bench().queue();
    const done = vi.fn<JobHandler>(finish);
    one.work(jobs, done, 1);
    await sleep(50);
    const began = performance.now();
    await bench().becomes(await bench().add(one), 'cancelled');
    expect(performance.now() - began).toBeLessThan(1000);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('finds a job of which nobody told it', async () => {
    const { jobs, finish } = bench();
    (await bench().queue(50)).work(jobs, finish, 1);
    await bench().becomes(await bench().add(), 'cancelled');
  });

  it('does each of 100 jobs once, between three workers that all look for them', async () => {
    const { jobs, finish, errors } = bench();
    const runs = new Map<string, number>();
    const count: JobHandler = async (lease) => {
      runs.set(lease.id, (runs.get(lease.id) ?? 0) + 1);
      await sleep(1);
      await finish(lease);
    };
    const ids = await Promise.all(Array.from({ length: 100 }, () => bench().add()));
    // On a busy machine a short lease is lost now and then, and its job begun again.
    for (let worker = 0; worker < 3; worker++) (await bench().queue(20, NEVER_MS)).work(jobs, count, 4);
    await bench().allEnd(100);
    expect(ids.map((id) => runs.get(id))).toEqual(ids.map(() => 1));
    expect(errors).toEqual([]);
  });

  it('never has more than its number of jobs under way', async () => {
    const { jobs, finish } = bench();
    let running = 0;
    let most = 0;
    for (let i = 0; i < 8; i++) await bench().add();
    (await bench().queue()).work(
      jobs,
      async (lease) => {
        most = Math.max(most, ++running);
        await sleep(50);
        running--;
        await finish(lease);
      },
      2,
    );
    await bench().allEnd(8);
    expect(most).toBe(2);
  });

  it('changes nothing when a finished job is announced again', async () => {
    const { jobs, finish } = bench();
    const done = vi.fn<JobHandler>(finish);
    const one = await bench().queue();
    one.work(jobs, done, 1);
    const id = await bench().add(one);
    await bench().becomes(id, 'cancelled');
    const before = await bench().find(id);
    one.announce(id);
    one.announce(id);
    await sleep(100);
    expect(done).toHaveBeenCalledTimes(1);
    expect(await bench().find(id)).toEqual(before);
  });

  it('begins a tenant’s only job soon, however many another has queued before it', async () => {
    const WORKERS = 3;
    const { jobs, finish } = bench();
    await Promise.all(Array.from({ length: 100 }, () => bench().add()));
    const order: string[] = [];
    const handler: JobHandler = async (lease) => {
      order.push(lease.id);
      await sleep(20);
      await finish(lease);
    };
    const all = await Promise.all(Array.from({ length: WORKERS }, () => bench().queue(1000, NEVER_MS)));
    for (const one of all) one.work(jobs, handler, 1);
    all[0]!.announce(...Array.from({ length: 100 }, (_, n) => String(n)));
    await vi.waitFor(() => expect(order.length).toBeGreaterThan(5), { timeout: 10_000, interval: 5 });
    const before = order.length;
    const only = await bench().add(all[0], 'others');
    await vi.waitFor(() => expect(order).toContain(only), { timeout: 20_000, interval: 5 });
    expect(order.indexOf(only) - before).toBeLessThanOrEqual(WORKERS + 1);
  }, 40_000);

  it('takes jobs in the order in which they came', async () => {
    const { jobs, finish } = bench();
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      ids.push(await bench().add());
      await sleep(2);
    }
    const order: string[] = [];
    const note: JobHandler = async (lease) => {
      order.push(lease.id);
      await finish(lease);
    };
    (await bench().queue()).work(jobs, note, 1);
    await bench().allEnd(10);
    expect(order).toEqual(ids);
  });
});

describeDatabases('a queue of BullMQ whose broker does not answer', (open) => {
  const database = emptiedDatabase(open);

  it('does what waits', async () => {
    const nowhere = { url: 'redis://127.0.0.1:1', onError: () => {} };
    const bench = new Bench(database.dataSource, (options) => openBullQueue({ ...options, ...nowhere }));
    try {
      const queue = await bench.queue(50, NEVER_MS);
      queue.work(bench.jobs, bench.finish, 1);
      for (let n = 0; n < 3; n++) await bench.add(queue);
      await bench.allEnd(3);
    } finally {
      await bench.stop();
    }
  });
});
