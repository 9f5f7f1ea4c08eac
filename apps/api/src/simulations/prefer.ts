/** `Prefer: wait=10` (RFC 7240): the client would rather wait for the answer than ask again. */

const LONGEST_WAIT_S = 60;

/** Seconds to wait, at most 60; 0 for `respond-async` alone; null without the preference or with one that says nothing. */
export function preferredWait(prefer: string | undefined): number | null {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?(?=$|[,;\s])/i.exec(prefer ?? '')?.[1];
  if (wait !== undefined) return Math.min(Number(wait), LONGEST_WAIT_S);
  return /(?:^|[,;\s])respond-async(?=$|[,;\s])/i.test(prefer ?? '') ? 0 : null;
}
