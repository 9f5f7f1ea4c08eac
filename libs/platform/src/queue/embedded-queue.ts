/**
 * The queue that needs no service: workers in this process claim rows by themselves. A word from the same process wakes
 * them at once; rows of other processes, and jobs whose worker died, are found by looking every `pollMs`.
 */
import { HeldJob } from './held-job.js';
import type { JobHandler, JobQueue, JobRows } from './job-queue.js';

export interface EmbeddedQueueOptions {
  leaseMs: number;
  pollMs: number;
  onError: (error: unknown) => void;
}

export class EmbeddedQueue implements JobQueue {
  private readonly running = new Map<string, HeldJob>();
  private worker: { rows: JobRows; handler: JobHandler; concurrency: number } | null = null;
  private poll: NodeJS.Timeout | undefined;
  private claiming: Promise<void> | null = null;
  /** A word came while a claim was under way: look once more. */
  private wokenMeanwhile = false;
  /** Cancelled between the claim of the row and the start of the job. */
  private readonly cancelledEarly = new Set<string>();
  private stopped = false;

  constructor(private readonly options: EmbeddedQueueOptions) {}

  announce(..._ids: string[]): void {
    this.wake();
  }

  work(rows: JobRows, handler: JobHandler, concurrency: number): void {
    this.worker = { rows, handler, concurrency };
    this.poll = setInterval(() => this.wake(), this.options.pollMs);
    this.wake();
  }

  cancel(id: string): void {
    const job = this.running.get(id);
    if (job) job.stop('cancelled');
    else if (this.claiming) this.cancelledEarly.add(id);
  }

  async check(): Promise<void> {}

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.poll);
    await this.claiming;
    const jobs = [...this.running.values()];
    for (const job of jobs) job.stop('shutting-down');
    await Promise.all(jobs.map((job) => job.ended));
  }

  private wake(): void {
    if (this.claiming) {
      this.wokenMeanwhile = true;
      return;
    }
    this.claiming = this.claimWhileFree().finally(() => {
      this.claiming = null;
      this.cancelledEarly.clear();
      if (this.wokenMeanwhile) {
        this.wokenMeanwhile = false;
        this.wake();
      }
    });
  }

  private async claimWhileFree(): Promise<void> {
    try {
      while (!this.stopped && this.worker && this.running.size < this.worker.concurrency) {
        const lease = await this.worker.rows.claim(this.options.leaseMs);
        if (!lease) return;
        this.start(this.worker, lease);
      }
    } catch (error) {
      this.options.onError(error);
    }
  }

  private start(worker: NonNullable<EmbeddedQueue['worker']>, lease: Parameters<JobHandler>[0]): void {
    const job = new HeldJob(worker.rows, lease, worker.handler, this.options.leaseMs, this.options.onError);
    this.running.set(lease.id, job);
    if (this.cancelledEarly.has(lease.id)) job.stop('cancelled');
    void job.ended.then(() => {
      this.running.delete(lease.id);
      this.wake();
    });
  }
}
