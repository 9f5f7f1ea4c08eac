/**
 * Bull Board over the queues at the broker, to be looked at only: rows are the truth, and what is done to a word at the broker
 * would be undone by the next look into them.
 */
import type { RequestHandler } from 'express';
import type { JobQueue } from './job-queue.js';

/** Null: the queues have no broker. `path`: where it is mounted. Loads what it needs, as the queues do. */
export async function queueBoard(queues: readonly JobQueue[], path: string): Promise<RequestHandler | null> {
  const { BullQueue } = await import('./bull-queue.js');
  const brokered = queues.filter((queue) => queue instanceof BullQueue);
  if (brokered.length === 0) return null;
  const { createBullBoard } = await import('@bull-board/api');
  const { BullMQAdapter } = await import('@bull-board/api/bullMQAdapter');
  const { ExpressAdapter } = await import('@bull-board/express');
  const serverAdapter = new ExpressAdapter().setBasePath(path);
  const board = createBullBoard({ queues: [], serverAdapter, options: { uiConfig: { boardTitle: 'Hairpin' } } });
  const router = serverAdapter.getRouter() as RequestHandler;
  return (request, response, next) => {
    // A queue that could not be opened has another one at the broker by now.
    board.setQueues(brokered.map(({ broker }) => new BullMQAdapter(broker, { readOnlyMode: true })));
    return router(request, response, next);
  };
}
