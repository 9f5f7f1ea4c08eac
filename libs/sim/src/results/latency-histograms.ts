/**
 * How latencies spread, for many groups at once, in bounded memory.
 *
 * A bucket is what doubles with the same exponent and the same leading bits of the fraction have in common, so buckets
 * grow with the values and a quantile is off by at most half a bucket: `relativeError` of it.
 */

/** Entries of all groups together, assuming latencies over 16 octaves (20 µs to 1.3 s): 64 MB. */
const ENTRIES_MAX = 2 ** 24;
const OCTAVES_ASSUMED = 16;

export class LatencyHistograms {
  readonly relativeError: number;
  /** How far the upper half of a double is shifted to be the number of its bucket. */
  private readonly shift: number;
  private lowest = 0;
  /** Buckets a group. */
  private width = 0;
  private counts = new Uint32Array(0);

  constructor(private readonly groups: number) {
    const fractionBits = Math.log2(ENTRIES_MAX / (OCTAVES_ASSUMED * Math.max(groups, 1)));
    const kept = Math.min(7, Math.max(2, Math.floor(fractionBits)));
    this.shift = 20 - kept;
    this.relativeError = 2 ** -(kept + 1);
  }

  /** Makes room for latencies in this range; must come before `add`. */
  cover(leastNs: number, mostNs: number): void {
    const from = this.bucketOf(leastNs);
    const to = this.bucketOf(mostNs) + 1;
    const lowest = this.width === 0 ? from : Math.min(from, this.lowest);
    const width = Math.max(to, this.lowest + this.width) - lowest;
    if (lowest === this.lowest && width === this.width) return;
    const counts = new Uint32Array(this.groups * width);
    for (let group = 0; group < this.groups; group++) {
      const old = this.counts.subarray(group * this.width, (group + 1) * this.width);
      counts.set(old, group * width + (this.width === 0 ? 0 : this.lowest - lowest));
    }
    this.lowest = lowest;
    this.width = width;
    this.counts = counts;
  }

  /** Adds the latency of each of `rows` to the group that stands beside it. */
  add(rows: Int32Array, groups: Int32Array, latencyNs: Float64Array): void {
    const { counts, shift, width, lowest } = this;
    const halves = new Int32Array(latencyNs.buffer, latencyNs.byteOffset, 2 * latencyNs.length);
    for (let i = 0; i < rows.length; i++) {
      // The upper half of a little-endian double: sign, exponent, the first 20 bits of the fraction.
      const half = halves[2 * rows[i]! + 1]!;
      const bucket = (half < UPPER_HALF_OF_ONE ? UPPER_HALF_OF_ONE : half) >> shift;
      counts[groups[i]! * width + bucket - lowest]!++;
    }
  }

  /** The least latency that at least the share `q` of the group does not exceed, in ns; null for an empty group. */
  quantile(group: number, q: number): number | null {
    const counts = this.counts.subarray(group * this.width, (group + 1) * this.width);
    let total = 0;
    for (const count of counts) total += count;
    if (total === 0) return null;
    const rank = Math.max(1, Math.ceil(q * total));
    let bucket = 0;
    for (let seen = counts[0]!; seen < rank; seen += counts[bucket]!) bucket++;
    return this.middleOf(this.lowest + bucket);
  }

  /** All groups together: every bucket from the first to the last that has any, each from `fromNs` up to `toNs`. */
  spread(): { fromNs: number; toNs: number; count: number }[] {
    const totals = new Float64Array(this.width);
    for (let at = 0; at < this.counts.length; at++) totals[at % this.width]! += this.counts[at]!;
    const buckets = Array.from(totals, (count, bucket) => ({
      fromNs: this.edgeOf(this.lowest + bucket),
      toNs: this.edgeOf(this.lowest + bucket + 1),
      count,
    }));
    const first = buckets.findIndex(({ count }) => count > 0);
    return first === -1 ? [] : buckets.slice(first, buckets.findLastIndex(({ count }) => count > 0) + 1);
  }

  /** Below 1 ns counts as 1 ns. */
  private bucketOf(ns: number): number {
    view.setFloat64(0, Math.max(ns, 1));
    return view.getInt32(0) >> this.shift;
  }

  private middleOf(bucket: number): number {
    return (this.edgeOf(bucket) + this.edgeOf(bucket + 1)) / 2;
  }

  private edgeOf(bucket: number): number {
    view.setInt32(0, bucket << this.shift);
    view.setInt32(4, 0);
    return view.getFloat64(0);
  }
}

const UPPER_HALF_OF_ONE = 0x3ff00000;
const view = new DataView(new ArrayBuffer(8));
