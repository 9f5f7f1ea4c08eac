/** The queues that the contract suites run: embedded always, BullMQ on the brokers that answer. */
import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import {
  EmbeddedQueue,
  type JobQueue,
  type Lease,
  type NewSimulation,
  openBullQueue,
  ResultStore,
  SimulationJobs,
  SimulationStore,
} from '#platform';
import { postgres, redis } from './brokers.js';
import { describeDatabases, emptiedDatabase } from './databases.js';

interface QueueOptions {
  leaseMs: number;
  /** Long: only a word wakes it. */
  pollMs: number;
  onError: (error: unknown) => void;
  /** Of the queue, where a broker keeps several. */
  name: string;
}

export interface Driver {
  name: string;
  make(options: QueueOptions): Promise<JobQueue>;
}

const brokers = [
  { name: 'Redis', ...(await redis()) },
  { name: 'Postgres', ...(await postgres()) },
];

/** Every driver must pass. */
export const drivers: Driver[] = [
  { name: 'embedded', make: async (options) => new EmbeddedQueue(options) },
  ...brokers
    .filter(({ skip }) => !skip)
    .map(({ name, url }) => ({
      name: `BullMQ on ${name}`,
      make: (options: QueueOptions) => openBullQueue({ ...options, url }),
    })),
];

export const newQueueName = () => `test-${randomBytes(6).toString('hex')}`;

export const LEASE_MS = 300;
export const NEVER_MS = 3_600_000;

const job: NewSimulation = {
  name: 'n',
  scenarioId: null,
  preset: null,
  digest: 'a'.repeat(64),
  scenario: '{}',
  seed: 1,
};

/** Simulations that wait in a database, and queues of one name that do them. What ends is cancelled. */
export class Bench {
  readonly simulations: SimulationStore;
  readonly jobs: SimulationJobs;
  readonly results: ResultStore;
  readonly errors: unknown[] = [];
  private readonly queues: JobQueue[] = [];
  private readonly name = newQueueName();

  constructor(
    dataSource: DataSource,
    private readonly make: Driver['make'],
  ) {
    this.simulations = new SimulationStore(dataSource, NEVER_MS);
    this.jobs = new SimulationJobs(dataSource);
    this.results = new ResultStore(dataSource, this.jobs);
  }

  async queue(pollMs = NEVER_MS, leaseMs = LEASE_MS): Promise<JobQueue> {
    const onError = (error: unknown) => this.errors.push(error);
    const made = await this.make({ name: this.name, pollMs, leaseMs, onError });
    this.queues.push(made);
    return made;
  }

  /** A job, and its word. */
  async add(to?: JobQueue, tenant = 'default'): Promise<string> {
    const { row } = await this.simulations.accept(tenant, job);
    to?.announce(row.id);
    return row.id;
  }

  readonly finish = async (lease: Lease): Promise<void> => {
    await this.results.finish(lease, { status: 'cancelled' });
  };

  find(id: string) {
    return this.simulations.find('default', id);
  }

  async becomes(id: string, status: 'running' | 'cancelled'): Promise<void> {
    const patience = { timeout: 10_000, interval: 5 };
    await vi.waitFor(async () => expect((await this.find(id))?.status).toBe(status), patience);
  }

  async allEnd(count: number): Promise<void> {
    const patience = { timeout: 15_000, interval: 20 };
    await vi.waitFor(
      async () => expect(await this.simulations.countByStatus()).toEqual({ cancelled: count }),
      patience,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.queues.map((queue) => queue.stop()));
  }
}

/** `describe`, for every driver on every database. `bench`: of the test that runs. */
export function describeQueues(title: string, suite: (bench: () => Bench) => void): void {
  describeDatabases(title, (open) => {
    const database = emptiedDatabase(open);
    describe.each(drivers)('driven by $name', ({ make }) => {
      let bench: Bench;
      beforeEach(() => {
        bench = new Bench(database.dataSource, make);
      });
      afterEach(() => bench.stop());
      suite(() => bench);
    });
  });
}
