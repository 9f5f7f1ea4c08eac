import type { Cause } from '../results/result.js';

/** What it means that the packet is refused. */
export interface Refusal {
  readonly cause: Cause;
  /** `namespace/name`; null: nothing says. */
  readonly service: string | null;
}

export const BY_RULE: Refusal = { cause: 'rule', service: null };
export const IMPOSSIBLE_SOURCE: Refusal = { cause: 'impossible-source', service: null };
export const IMPOSSIBLE_DESTINATION: Refusal = { cause: 'impossible-destination', service: null };
