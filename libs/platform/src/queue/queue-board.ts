/**
 * Bull Board over the queues at the broker, to be looked at only: rows are the truth, and what is done to a word at the broker
 * would be undone by the next look into them.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import { BullQueue } from './bull-queue.js';
import type { JobQueue } from './job-queue.js';

/** Null: the queues have no broker. `path`: where it is mounted. */
export function queueBoard(queues: readonly JobQueue[], path: string): RequestHandler | null {
  const brokered = queues.filter((queue) => queue instanceof BullQueue);
  if (brokered.length === 0) return null;
  const serverAdapter = new ExpressAdapter().setBasePath(path);
  createBullBoard({
    queues: brokered.map(({ broker }) => new BullMQAdapter(broker, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Hairpin' } },
  });
  return serverAdapter.getRouter() as RequestHandler;
}
