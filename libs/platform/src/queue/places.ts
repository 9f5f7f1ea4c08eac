/**
 * The places of one process for one kind of job. Whoever drives them says when there may be work; a free place takes the
 * job whose turn it is, whichever that is. Rows that nobody spoke of, and jobs whose worker died, are found by looking
 * every `pollMs`.
 */
import { HeldJob } from './held-job.js';
import type { JobHandler, JobRows } from './job-queue.js';

export interface PlacesOptions {
  leaseMs: number;
  pollMs: number;
  onError: (error: unknown) => void;
}

export class Places {
  /** A job whose lease ran out may be here twice: taken over by another place of the same process. */
  private readonly jobs = new Set<HeldJob>();
  private readonly claims = new Set<Promise<HeldJob | null>>();
  /** Those that wait for a place. */
  private readonly line: (() => void)[] = [];
  /** Cancelled between the claim of the row and the start of the job. */
  private readonly cancelledEarly = new Set<string>();
  private readonly poll: NodeJS.Timeout;
  private filling = false;
  /** Asked to fill while it does: it looks once more. */
  private asked = false;
  private stopped = false;

  constructor(
    private readonly rows: JobRows,
    private readonly handler: JobHandler,
    private readonly size: number,
    private readonly options: PlacesOptions,
  ) {
    this.poll = setInterval(() => this.fill(), options.pollMs);
    this.fill();
  }

  /** Begins jobs until no place is free or none waits, and again whenever one of those has ended. */
  fill(): void {
    this.asked = true;
    if (!this.filling) void this.fillNow();
  }

  /** Begins the next job as soon as there is a place for it. Null: none waits, or the places are closed. */
  async next(): Promise<HeldJob | null> {
    while (!this.stopped && this.free <= 0) await new Promise<void>((resolve) => this.line.push(resolve));
    if (this.stopped) return null;
    const claim = this.claim();
    this.claims.add(claim);
    try {
      return await claim;
    } finally {
      this.claims.delete(claim);
      if (this.claims.size === 0) this.cancelledEarly.clear();
      this.line.shift()?.();
    }
  }

  cancel(id: string): void {
    for (const job of this.jobs) if (job.lease.id === id) job.stop('cancelled');
    if (this.claims.size > 0) this.cancelledEarly.add(id);
  }

  /** Begins no more, and gives back what runs. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.poll);
    for (const pass of this.line.splice(0)) pass();
    for (const job of this.jobs) job.stop('shutting-down');
    await Promise.allSettled(this.claims);
    await Promise.all([...this.jobs].map((job) => job.ended));
  }

  private get free(): number {
    return this.size - this.jobs.size - this.claims.size;
  }

  private async fillNow(): Promise<void> {
    this.filling = true;
    try {
      while (this.asked) {
        this.asked = false;
        while (!this.stopped && this.free > 0) {
          const job = await this.next();
          if (!job) break;
          void job.ended.then(() => this.fill());
        }
      }
    } catch (error) {
      this.options.onError(error);
    } finally {
      this.filling = false;
    }
  }

  private async claim(): Promise<HeldJob | null> {
    const { rows, handler, options } = this;
    const lease = await rows.claim(options.leaseMs);
    if (!lease) return null;
    const job = new HeldJob(rows, lease, handler, options.leaseMs, options.onError);
    this.jobs.add(job);
    void job.ended.then(() => {
      this.jobs.delete(job);
      this.line.shift()?.();
    });
    if (this.cancelledEarly.has(lease.id)) job.stop('cancelled');
    if (this.stopped) job.stop('shutting-down');
    return job;
  }
}
