import { Logger } from '@nestjs/common';
import type { Config } from '../config.js';
import type { BullQueue, BullQueueOptions } from './bull-queue.js';
import { EmbeddedQueue } from './embedded-queue.js';
import type { JobQueue } from './job-queue.js';

/** Each has a table of its own with the columns of a lease, and a queue. `trials`: runs of experiments and comparisons. */
export type JobKind = 'simulations' | 'trials' | 'deliveries';

/** How often a queue looks for rows that nobody has told it of. */
const POLL_MS = 1000;

/** The queue of one kind of job, by the driver that the configuration names. */
export async function openQueue(
  { queue, leaseMs }: Pick<Config, 'queue' | 'leaseMs'>,
  kind: JobKind,
): Promise<JobQueue> {
  const logger = new Logger(`Queue ${kind}`);
  const onError = (error: unknown) => logger.error(error instanceof Error ? error.stack : String(error));
  const options = { leaseMs, pollMs: POLL_MS, onError };
  if (queue.type === 'embedded') return new EmbeddedQueue(options);
  const name = kind === 'simulations' ? queue.name : `${queue.name}-${kind}`;
  return openBullQueue({ ...options, url: queue.url, name });
}

/** BullMQ is loaded where it is asked for: whoever needs no broker has its memory left. */
export async function openBullQueue(options: BullQueueOptions): Promise<BullQueue> {
  const { BullQueue } = await import('./bull-queue.js');
  return new BullQueue(options);
}
