/** Lengths of time as nft writes them: `10800s`, `3h`, `1d2h30m`, `2h59m58s400ms`. */
import { LineProblem, shownWord } from '../iptables-text/problems.js';

const SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 };

/** A bare number is seconds. */
export function secondsOf(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  if (!/^(\d{1,10}(d|h|ms|m|s))+$/.test(text))
    throw new LineProblem('rules-unreadable', `${shownWord(text)} is no length of time`);
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[dhms])/g))
    sum += Number(count) * (SECONDS[unit as string] ?? 0);
  return sum;
}
