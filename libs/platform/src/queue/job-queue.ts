/**
 * The port between those who have work and those who do it.
 *
 * Rows are the truth, a queue only carries the word that one waits. A job is in the row the moment its insert commits;
 * whoever works claims the row whose turn it is with a lease that it must renew, and writes only under that lease. So a word
 * that is lost, late or said twice changes nothing: polling finds the row, and one that is held or done cannot be claimed.
 */

/** This process holds a job until it finishes it, gives it back or its lease runs out. */
export interface Lease {
  readonly id: string;
  /** Every write for the job shows it; a worker whose lease was taken over can write nothing more. */
  readonly token: string;
  /** 1 for the first worker that takes the job. */
  readonly attempt: number;
  readonly cancelRequested: boolean;
}

export type LeaseState = 'held' | 'cancel-requested' | 'lost';

/** How much there is to do: those that could be claimed now, since when the first of them could, and those that are held. */
export interface Backlog {
  readonly waiting: number;
  /** 0: none waits. */
  readonly oldestMs: number;
  readonly running: number;
}

/** What a queue needs of the rows. */
export interface JobRows {
  /**
   * Takes the job whose turn it is of those that wait or whose lease has run out, in one statement: two workers never get the
   * same one. Null: there is none.
   */
  claim(leaseMs: number): Promise<Lease | null>;
  renew(lease: Lease, leaseMs: number): Promise<LeaseState>;
  /** Puts the job back as if it had not been taken: this attempt does not count. */
  giveBack(lease: Lease): Promise<void>;
}

/** Why a job must stop: its `AbortSignal`'s reason. */
export type StopReason = 'cancelled' | 'lease-lost' | 'shutting-down';

/**
 * Does the job and writes its end under the lease. Stops soon after `signal` aborts; with `lease-lost` nothing more
 * can be written. May throw: the lease then runs out and the job is taken again, which counts as another attempt unless
 * it was the database that could not take something.
 */
export type JobHandler = (lease: Lease, signal: AbortSignal) => Promise<void>;

/** Injection tokens of the JobQueues: of simulations, of the runs of experiments and comparisons, of webhooks' deliveries. */
export const JOB_QUEUE = 'JobQueue';
export const TRIAL_QUEUE = 'TrialQueue';
export const DELIVERY_QUEUE = 'DeliveryQueue';

export interface JobQueue {
  /** Says that rows wait. Returns at once and never throws, so that no request waits for a queue. */
  announce(...ids: string[]): void;
  /** Begins to take jobs, at most `concurrency` at a time. Once per queue. */
  work(rows: JobRows, handler: JobHandler, concurrency: number): void;
  /** Asks the handler of a job that runs in this process to stop. */
  cancel(id: string): void;
  /** Rejects where the broker does not answer; without one there is nothing to ask. */
  check(): Promise<void>;
  /** Takes no further jobs, stops those that run and gives them back. */
  stop(): Promise<void>;
}
