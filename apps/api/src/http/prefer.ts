/**
 * `Prefer: wait=10` (RFC 7240): the client would rather wait for the answer than ask again. A server does not refuse a
 * preference that it cannot heed (section 2), so `Preference-Applied` tells what came of each.
 */

export const LONGEST_WAIT_S = 60;

/** In the description of an operation that waits; `whenNot`: what happens without the preference. */
export function preferHeader(whenNot: string, example: string) {
  const description = `wait=SECONDS, a whole number; more than ${LONGEST_WAIT_S} is ${LONGEST_WAIT_S}. Without it, or with what is no such number: ${whenNot}. respond-async: the answer comes at once`;
  return { Prefer: { description, example } };
}

export const APPLIED_HEADER = {
  'Preference-Applied': 'Where Prefer has wait or respond-async: how long the answer waited at most, as wait=SECONDS',
};

export interface Waiting {
  waitS: number;
  /** For `Preference-Applied`; null where no preference is about waiting. */
  applied: string | null;
}

const WAIT = /(?:^|[,;\s])wait(?:\s*=\s*("[^"]*"|[^\s,;]*))?(?=$|[,;\s])/i;
const ASYNC = /(?:^|[,;\s])respond-async(?=$|[,;\s])/i;

export function preferredWait(prefer = '', defaultS = 0): Waiting {
  const isAsync = ASYNC.test(prefer);
  const unasked = isAsync ? 0 : defaultS;
  const wait = WAIT.exec(prefer);
  if (wait === null) return { waitS: unasked, applied: isAsync ? 'respond-async' : null };
  const [, seconds] = /^"?(\d+)"?$/.exec(wait[1] ?? '') ?? [];
  const waitS = seconds === undefined ? unasked : Math.min(Number(seconds), LONGEST_WAIT_S);
  return { waitS, applied: `wait=${waitS}` };
}
