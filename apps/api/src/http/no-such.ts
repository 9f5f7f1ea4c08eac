import { AppError } from '#platform';

const OLD = 'deleted, or have ended longer ago than the server keeps what has ended (RETENTION_DAYS)';

/** Where they are listed, and what may have become of one. */
const KINDS = {
  simulation: ['/v1/simulations', OLD],
  experiment: ['/v1/experiments', OLD],
  comparison: ['/v1/comparisons', OLD],
  scenario: ['/v1/scenarios', 'deleted'],
  webhook: ['/v1/webhooks', 'deleted'],
  delivery: ['/v1/webhooks/{id}/deliveries', 'deleted, or be older than the server keeps its log (WEBHOOK_LOG_DAYS)'],
} as const;

/** An id that is not there. Another tenant's is told no differently, so the words are true of both. */
export function noSuch(kind: keyof typeof KINDS, id: string): AppError {
  const [list, gone] = KINDS[kind];
  const hint = `Look at its spelling: GET ${list} lists those that are there. It may have been ${gone}.`;
  return new AppError('not-found', `There is no ${kind} ${id}.`, { hint });
}
