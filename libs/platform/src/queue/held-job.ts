import { setTimeout as pause } from 'node:timers/promises';
import { isUnavailable } from '../store/unavailable.js';
import type { JobHandler, JobRows, Lease, StopReason } from './job-queue.js';

/** One job under way: the handler, its lease renewed in time, and the ways to stop it. Any driver runs its jobs so. */
export class HeldJob {
  private readonly controller = new AbortController();
  private readonly renewal: NodeJS.Timeout;
  /** Settles when the handler has ended and the lease is given back or used up; never rejects. */
  readonly ended: Promise<void>;

  constructor(
    private readonly rows: JobRows,
    readonly lease: Lease,
    handler: JobHandler,
    private readonly leaseMs: number,
    private readonly onError: (error: unknown) => void,
  ) {
    this.renewal = setInterval(() => void this.renew(), Math.max(50, leaseMs / 3));
    if (lease.cancelRequested) this.stop('cancelled');
    this.ended = this.run(handler);
  }

  stop(reason: StopReason): void {
    if (!this.controller.signal.aborted) this.controller.abort(reason);
  }

  private async run(handler: JobHandler): Promise<void> {
    try {
      await handler(this.lease, this.controller.signal);
      if (this.controller.signal.reason === 'shutting-down') await this.rows.giveBack(this.lease);
    } catch (error) {
      this.onError(error);
      if (isUnavailable(error)) await this.giveBackLater();
    } finally {
      clearInterval(this.renewal);
    }
  }

  /**
   * The database was away or full, of which the job knows nothing: that counts as no death of a worker. Its place stays
   * taken for a while, so that it is not claimed again at once; then until the database takes it, or somebody else has it.
   */
  private async giveBackLater(): Promise<void> {
    const { signal } = this.controller;
    // What is cancelled ends with whoever takes it next, however often it was taken.
    if (signal.aborted && signal.reason !== 'shutting-down') return;
    for (let given = false; !given; ) {
      // Ends early where the job is stopped.
      await pause(this.leaseMs / 3, undefined, { signal }).catch(() => {});
      given = await this.rows.giveBack(this.lease).then(
        () => true,
        (error: unknown) => {
          this.onError(error);
          return signal.aborted || !isUnavailable(error);
        },
      );
    }
  }

  /** A database that does not answer is no loss of the lease yet: the next renewal may still be in time. */
  private async renew(): Promise<void> {
    try {
      const state = await this.rows.renew(this.lease, this.leaseMs);
      if (state === 'lost') this.stop('lease-lost');
      if (state === 'cancel-requested') this.stop('cancelled');
    } catch (error) {
      this.onError(error);
    }
  }
}
