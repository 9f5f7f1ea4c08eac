/**
 * The queue for many machines: BullMQ carries the word, on Redis or on Postgres. Whoever has a free place gets the next
 * job and claims its row; a row that is held or done cannot be claimed, so a word that comes twice changes nothing. Words
 * that were lost, and jobs whose worker died, are found in the rows every `pollMs` and said again.
 *
 * With the broker away nothing is lost and no request waits: rows are accepted, and run when it is back.
 */
import { createPostgresBackend, Queue, Worker, withBackend } from 'bullmq';
import { HeldJob } from './held-job.js';
import type { JobHandler, JobQueue, JobRows, WaitingJob } from './job-queue.js';

export interface BullQueueOptions {
  /** `redis://…`, `rediss://…` or `postgres://…`. */
  url: string;
  /** Of the queue: whoever shares it shares the work. */
  name: string;
  leaseMs: number;
  pollMs: number;
  onError: (error: unknown) => void;
}

interface Word {
  id: string;
}

/** So many waiting rows are looked at in one go. */
const SWEEP = 200;
/** A word that this process has said is not said again for so many sweeps. */
const SILENT_SWEEPS = 10;
/** While the broker is away, no more words than this wait for it; the rows keep the rest. */
const MOST_WORDS = 1000;
/** How long a broker that does not answer may hold up the end of the process. */
const FAREWELL_MS = 3000;
const ERROR_EVERY_MS = 5000;

export class BullQueue implements JobQueue {
  private readonly queue: Queue<Word>;
  private readonly running = new Map<string, HeldJob>();
  /** Being claimed, and cancelled meanwhile. */
  private readonly claiming = new Map<string, boolean>();
  private worker: Worker<Word> | null = null;
  private sweep: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | null = null;
  /** Words said lately, by the number of the sweep that may say them again. */
  private readonly said = new Map<string, number>();
  private sweeps = 0;
  private words = 0;
  private complainedMs = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(private readonly options: BullQueueOptions) {
    this.queue = this.openQueue();
    this.queue.on('error', (error) => this.complain(error));
  }

  /** At the broker, for those who look at it. */
  get broker(): Queue {
    return this.queue;
  }

  announce(...ids: string[]): void {
    this.send(ids.map((id) => ({ id, word: `${id}-0` })));
  }

  work(rows: JobRows, handler: JobHandler, concurrency: number): void {
    this.worker = this.openWorker((id, word) => this.take(rows, handler, id, word), concurrency);
    this.worker.on('error', (error) => this.complain(error));
    const look = () => {
      this.sweeping ??= this.lookFor(rows).finally(() => {
        this.sweeping = null;
      });
    };
    this.sweep = setInterval(look, this.options.pollMs);
    look();
  }

  cancel(id: string): void {
    const job = this.running.get(id);
    if (job) job.stop('cancelled');
    else if (this.claiming.has(id)) this.claiming.set(id, true);
  }

  async check(): Promise<void> {
    await this.queue.getWaitingCount();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.sweep);
    await this.sweeping;
    const paused = this.worker?.pause(true).catch((error) => this.complain(error));
    await soon(paused);
    const jobs = [...this.running.values()];
    for (const job of jobs) job.stop('shutting-down');
    await Promise.all(jobs.map((job) => job.ended));
    await soon(this.worker?.close().catch((error) => this.complain(error)));
    await soon(this.queue.close().catch((error) => this.complain(error)));
  }

  /** One job of the broker: done when the row's job has ended, or was not to be had. Never rejects. */
  private async take(rows: JobRows, handler: JobHandler, id: string, word: string): Promise<void> {
    if (this.stopped || this.claiming.has(id)) return;
    this.claiming.set(id, false);
    try {
      const lease = await rows.claim(this.options.leaseMs, id);
      if (lease === null) {
        // It may wait all the same, for others of its kind to end.
        this.said.delete(word);
        return;
      }
      const job = new HeldJob(rows, lease, handler, this.options.leaseMs, this.options.onError);
      this.running.set(id, job);
      if (this.claiming.get(id)) job.stop('cancelled');
      if (this.stopped) job.stop('shutting-down');
      await job.ended;
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.claiming.delete(id);
      this.running.delete(id);
    }
  }

  private async lookFor(rows: JobRows): Promise<void> {
    this.sweeps++;
    for (const [word, until] of this.said) if (until <= this.sweeps) this.said.delete(word);
    try {
      this.say(await rows.waiting(SWEEP));
    } catch (error) {
      this.complain(error);
    }
  }

  /** What was not said lately. */
  private say(jobs: readonly WaitingJob[]): void {
    const fresh = jobs
      .map(({ id, attempt }) => ({ id, word: `${id}-${attempt}` }))
      .filter(({ word }) => !this.said.has(word));
    for (const { word } of this.send(fresh)) this.said.set(word, this.sweeps + SILENT_SWEEPS);
  }

  /**
   * All at once, in their order, as far as there is room; returns those. A broker keeps one word for each attempt, however
   * often it is said.
   */
  private send(all: readonly { id: string; word: string }[]): readonly { id: string; word: string }[] {
    const fresh = all.slice(0, MOST_WORDS - this.words);
    if (this.stopped || fresh.length === 0) return [];
    this.words += fresh.length;
    this.queue
      .addBulk(
        fresh.map(({ id, word }) => ({
          name: 'run',
          data: { id },
          opts: { jobId: word, removeOnComplete: true, removeOnFail: true },
        })),
      )
      .catch((error) => {
        for (const { word } of fresh) this.said.delete(word);
        this.complain(error);
      })
      .finally(() => {
        this.words -= fresh.length;
      });
    return fresh;
  }

  private openQueue(): Queue<Word> {
    const { url, name } = this.options;
    if (!isPostgres(url)) return new Queue<Word>(name, { connection: { url } });
    const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
    return new PostgresQueue<Word>(name, { connection: postgres(url) }) as unknown as Queue<Word>;
  }

  private openWorker(take: (id: string, word: string) => Promise<void>, concurrency: number): Worker<Word> {
    const { url, name } = this.options;
    const process = ({ data, id = '' }: { data: Word; id?: string | undefined }): Promise<void> => take(data.id, id);
    if (!isPostgres(url))
      return new Worker<Word>(name, process, { connection: { url, maxRetriesPerRequest: null }, concurrency });
    const { Worker: PostgresWorker } = withBackend(createPostgresBackend);
    return new PostgresWorker<Word>(name, process, {
      connection: postgres(url),
      concurrency,
    }) as unknown as Worker<Word>;
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

/** In a schema of its own, which is made and brought up to date where it is missing. */
function postgres(url: string) {
  return { connectionString: url, schema: 'hairpin_queue', migrate: true };
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
