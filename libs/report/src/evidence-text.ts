import type { ExpectationResult } from '#sim';

/** The evidence in words, where counts do not say what was judged: latencies, and stretches of health answers. */
export function evidenceText({ evidence }: ExpectationResult): string | null {
  if (evidence === undefined) return null;
  return evidence.latency === undefined && evidence.segment === undefined ? null : evidence.text;
}
