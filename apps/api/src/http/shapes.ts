import { z } from 'zod';

/** A whole number, 0 or more. */
export const Count = z.int().min(0);

/** One in a path or a query, where everything is text. */
export function WholeNumber(min: number, max?: number) {
  const number = z.coerce.number().int().min(min);
  return max === undefined ? number : number.max(max);
}

/** RFC 3339 in UTC. */
export const Timestamp = z.string().meta({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] });
