/**
 * The queue for many machines: BullMQ carries the word, on Redis or on Postgres, to whoever has a free place. A word says
 * that there is work, not which: the place claims the row whose turn it is, and keeps the word, and with it its turn at the
 * broker, for as long as it finds more. A word too many finds nothing; one too few is made up for by looking.
 *
 * With the broker away nothing is lost and no request waits: places look for rows by themselves.
 */
import { createPostgresBackend, type Job, Queue, Worker, withBackend } from 'bullmq';
import { ImpatientClient } from '../store/impatient-client.js';
import type { JobHandler, JobQueue, JobRows } from './job-queue.js';
import { Places, type PlacesOptions } from './places.js';

export interface BullQueueOptions extends PlacesOptions {
  /** `redis://…`, `rediss://…` or `postgres://…`. */
  url: string;
  /** Of the queue: whoever shares it shares the work. */
  name: string;
}

/** For those who look at the broker: the job that was announced, and once a place has the word the one that it runs. */
interface Word {
  id: string;
}

/** What queues and workers of BullMQ have in common. */
interface Openable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** No more words than this wait at the broker, or for it while it is away; the rows keep the rest. */
const MOST_WORDS = 1000;
/** How long a broker that does not answer may hold up the end of the process. */
const FAREWELL_MS = 3000;
const ERROR_EVERY_MS = 5000;
const REOPEN_AFTER_MS = 1000;

export class BullQueue implements JobQueue {
  private queue!: Queue<Word>;
  private worker: Worker<Word> | null = null;
  private places: Places | null = null;
  private words = 0;
  private complainedMs = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(private readonly options: BullQueueOptions) {
    this.open(
      () => this.newQueue(),
      (queue) => {
        this.queue = queue;
      },
    );
  }

  /** At the broker, for those who look at it. */
  get broker(): Queue {
    return this.queue;
  }

  announce(...ids: string[]): void {
    const words = ids.slice(0, MOST_WORDS - this.words);
    if (this.stopped || words.length === 0) return;
    this.words += words.length;
    this.say(words)
      .catch((error) => this.complain(error))
      .finally(() => {
        this.words -= words.length;
      });
  }

  work(rows: JobRows, handler: JobHandler, concurrency: number): void {
    const places = new Places(rows, handler, concurrency, this.options);
    this.places = places;
    this.open(
      () => this.newWorker((word) => this.heed(word, places), concurrency),
      (worker) => {
        this.worker = worker;
      },
    );
  }

  cancel(id: string): void {
    this.places?.cancel(id);
  }

  async check(): Promise<void> {
    await this.queue.getWaitingCount();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    const paused = this.worker?.pause(true).catch((error) => this.complain(error));
    await Promise.all([soon(paused), this.places?.stop()]);
    await soon(this.worker?.close().catch((error) => this.complain(error)));
    await soon(this.queue.close().catch((error) => this.complain(error)));
  }

  /** Where many wait there is nothing to add: any of them has any row begun. */
  private async say(words: string[]): Promise<void> {
    const room = Math.max(0, MOST_WORDS - (await this.queue.getWaitingCount()));
    const opts = { removeOnComplete: true, removeOnFail: true };
    const jobs = words.slice(0, room).map((id) => ({ name: 'run', data: { id }, opts }));
    if (jobs.length > 0) await this.queue.addBulk(jobs);
  }

  /** One word of the broker: done when there is nothing more to do. Never rejects. */
  private async heed(word: Job<Word>, places: Places): Promise<void> {
    try {
      for (let job = await places.next(); job; job = await places.next()) {
        // To be looked at only: a broker that has lost the word meanwhile changes nothing.
        word.updateData({ id: job.lease.id }).catch(() => {});
        await job.ended;
      }
    } catch (error) {
      this.options.onError(error);
    }
  }

  /** BullMQ asks Postgres once for its tables, and takes a no for ever: another comes in its place. */
  private open<Opened extends Openable>(make: () => Opened, hold: (opened: Opened) => void): void {
    const opened = make();
    hold(opened);
    opened.on('error', (error) => this.complain(error));
    opened.waitUntilReady().catch((error: unknown) => {
      if (this.stopped) return;
      this.complain(error);
      opened.close().catch(() => {});
      setTimeout(() => this.stopped || this.open(make, hold), REOPEN_AFTER_MS).unref();
    });
  }

  private newQueue(): Queue<Word> {
    const { url, name } = this.options;
    if (!isPostgres(url)) return new Queue<Word>(name, { connection: { url } });
    const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
    return new PostgresQueue<Word>(name, { connection: postgres(url) }) as unknown as Queue<Word>;
  }

  private newWorker(heed: (word: Job<Word>) => Promise<void>, concurrency: number): Worker<Word> {
    const { url, name } = this.options;
    if (!isPostgres(url))
      return new Worker<Word>(name, heed, { connection: { url, maxRetriesPerRequest: null }, concurrency });
    const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
    const options = { connection: postgres(url), concurrency };
    return new PostgresWorker<Word>(name, heed as never, options) as unknown as Worker<Word>;
  }

  /** A broker that is away says so many times a second. */
  private complain(error: unknown): void {
    const now = performance.now();
    if (this.stopped || now - this.complainedMs < ERROR_EVERY_MS) return;
    this.complainedMs = now;
    this.options.onError(error);
  }
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/**
 * In a schema of its own, which is made and brought up to date where it is missing. Each queue and each worker has a pool:
 * words are few, and sessions too where many processes share a Postgres. A worker has one more session that listens.
 */
function postgres(url: string) {
  return { connectionString: url, schema: 'hairpin_queue', migrate: true, max: 1, Client: ImpatientClient };
}

/** Not longer than a farewell may take. */
async function soon(ended: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FAREWELL_MS);
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
}
