import { z } from 'zod';
import { SIMULATION_STATUSES } from '#platform';
import { Cursor, Limit } from '../http/paging.js';

/** Of experiments and of comparisons. */
export const ListQuery = z.strictObject({
  status: z.enum(SIMULATION_STATUSES).optional().describe('Only those that have it.'),
  limit: Limit,
  cursor: Cursor,
});
