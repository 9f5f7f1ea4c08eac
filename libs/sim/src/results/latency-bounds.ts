/**
 * Whether quantiles of latency keep within bounds, in bounded memory: the verdict by counting what is below each bound, which is
 * exact; the figure by a histogram.
 */
import type { Expectation } from '../scenario.js';
import { LatencyHistograms } from './latency-histograms.js';
import type { ExpectationEvidence } from './result.js';
import { SmallestNumbers } from './smallest-numbers.js';

type Wanted = NonNullable<Expectation['latency']>[number];
type Found = NonNullable<ExpectationEvidence['latency']>[number];

const MOST_NAMED = 5;

interface Tally {
  wanted: Wanted;
  /** Requests faster than the least, and no slower than the most that is allowed. */
  below: number;
  upTo: number;
  /** The first of those that are outside. */
  fast: SmallestNumbers;
  slow: SmallestNumbers;
}

export class LatencyBounds {
  private readonly tallies: Tally[];
  private readonly histogram = new LatencyHistograms(1);
  private count = 0;

  constructor(bounds: readonly Wanted[]) {
    this.tallies = bounds.map((wanted) => ({
      wanted,
      below: 0,
      upTo: 0,
      fast: new SmallestNumbers(MOST_NAMED),
      slow: new SmallestNumbers(MOST_NAMED),
    }));
  }

  /** `rows` ascend; the request of row 0 is `first`. */
  add(rows: Int32Array, latencyNs: Float64Array, first: number): void {
    if (rows.length === 0) return;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < rows.length; i++) {
      const ns = latencyNs[rows[i]!]!;
      if (ns < least) least = ns;
      if (ns > most) most = ns;
    }
    this.count += rows.length;
    for (const tally of this.tallies) this.tally(tally, rows, latencyNs, first);
    this.histogram.cover(least, most);
    this.histogram.add(rows, new Int32Array(rows.length), latencyNs);
  }

  results(): Found[] {
    return this.tallies.map((tally) => {
      const { quantile } = tally.wanted;
      const ns = this.histogram.quantile(0, quantile);
      const us = ns === null ? null : ns / 1e3;
      return { quantile, us, requests: this.count, error: this.histogram.relativeError, passed: this.passes(tally) };
    });
  }

  texts(): string[] {
    return this.results().map(({ quantile, us, requests }, n) => {
      const found = us === null ? 'no request' : `${(us / 1e3).toFixed(3)} ms of ${requests} requests`;
      return `latency at quantile ${quantile}: ${found}, wanted ${wantedText(this.tallies[n]!.wanted)}`;
    });
  }

  /** Of the first bound that is not met: those above what is allowed, or below. */
  get offenders(): number[] {
    const failed = this.tallies.find((tally) => !this.passes(tally));
    if (failed === undefined) return [];
    return this.isTooSlow(failed) ? failed.slow.numbers : failed.fast.numbers;
  }

  private tally(tally: Tally, rows: Int32Array, latencyNs: Float64Array, first: number): void {
    const minNs = tally.wanted.minNs ?? Number.NEGATIVE_INFINITY;
    const maxNs = tally.wanted.maxNs ?? Number.POSITIVE_INFINITY;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const ns = latencyNs[row]!;
      if (ns < minNs) {
        tally.below++;
        if (tally.fast.wants(first + row)) tally.fast.addAscending([row], first);
      }
      if (ns <= maxNs) tally.upTo++;
      else if (tally.slow.wants(first + row)) tally.slow.addAscending([row], first);
    }
  }

  private passes(tally: Tally): boolean {
    return this.count > 0 && !this.isTooSlow(tally) && tally.below < this.rank(tally);
  }

  private isTooSlow(tally: Tally): boolean {
    return tally.upTo < this.rank(tally);
  }

  /** Which of the requests, by latency, the quantile is. */
  private rank({ wanted }: Tally): number {
    return Math.max(1, Math.ceil(wanted.quantile * this.count));
  }
}

function wantedText({ minNs, maxNs }: Wanted): string {
  const parts = [
    ...(minNs === null ? [] : [`at least ${minNs / 1e6} ms`]),
    ...(maxNs === null ? [] : [`at most ${maxNs / 1e6} ms`]),
  ];
  return parts.join(' and ');
}
