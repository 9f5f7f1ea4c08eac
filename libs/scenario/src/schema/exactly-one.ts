import type { z } from 'zod';
import { problem } from './problem.js';

/** A refinement: exactly one of some optional fields is given. */
export function exactlyOne<T extends z.ZodObject>(schema: T, keys: readonly string[]): T {
  return schema
    .refine(
      (value) => keys.filter((key) => (value as Record<string, unknown>)[key] !== undefined).length === 1,
      problem('bad-value', `Exactly one of ${keys.join(', ')} must be given.`),
    )
    .meta({ description: `Exactly one of ${keys.join(', ')}.` });
}
