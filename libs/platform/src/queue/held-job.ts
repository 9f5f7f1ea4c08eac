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
    } finally {
      clearInterval(this.renewal);
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
