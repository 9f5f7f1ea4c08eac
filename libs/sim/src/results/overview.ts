/**
 * What a report shows of a run, from one pass over its chunks: outcomes and latencies by bins of time, the sources that
 * pods saw, where their traffic came from, and a sample of rows. Chunks come in any order but should ascend, so
 * that "first" means it; memory is bounded by the dictionaries and the limits below, whatever the number of requests.
 */
import { LatencyHistograms } from './latency-histograms.js';
import { PairCounts, type PairTable } from './pair-counts.js';
import { type NumberedChunk, readRows } from './reader.js';
import { type Dictionaries, OUTCOMES, type RequestRow, SOURCE_KINDS, type SourceKind } from './result.js';
import { SampleChoice } from './sample-choice.js';

const BINS_MAX = 120;
const SOURCES_MAX = 40;
const QUANTILES = [0.5, 0.9, 0.99] as const;
const KINDS = OUTCOMES.length;
const OK = OUTCOMES.indexOf('ok');
/** Widths of bins that people read easily, in ms; above the last: whole days. */
const NICE_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3,
  7200e3, 14_400e3, 28_800e3,
];
const DAY_MS = 86_400e3;

export interface LatencyFigures {
  /** In the order 0.5, 0.9, 0.99. */
  quantiles: [number, number, number];
  max: number;
}

export interface OverviewBin {
  fromMs: number;
  toMs: number;
  requests: number;
  /** By index into OUTCOMES. */
  outcomes: number[];
  /** In µs, of requests with outcome `ok`; null without any. */
  latencyUs: LatencyFigures | null;
}

export interface SourceSeen {
  kind: SourceKind;
  ip: string;
  requests: number;
}

/** Requests stand in the bin of the time at which they began. Plain data. */
export interface Overview {
  requests: number;
  binMs: number;
  bins: OverviewBin[];
  latencyUs: (LatencyFigures & { min: number }) | null;
  /** Quantiles are off by at most this share of themselves; all else is exact. */
  quantileError: number;
  /** Answered requests by latency, in µs, ascending and without gaps, from the fastest to the slowest. */
  spread: { fromUs: number; toUs: number; count: number }[];
  /** The addresses that pods saw most, the most frequent first. */
  sources: SourceSeen[];
  /** All addresses together, by kind, and how many addresses there were of it. */
  sourceKinds: { kind: SourceKind; requests: number; addresses: number }[];
  /** By pod: through which node its requests came in, and from whom they were. */
  byEntry: PairTable;
  byClient: PairTable;
  /** Ascending by number. */
  samples: RequestRow[];
}

/** The width of a bin, so that a run of this length has at most 120. */
export function binWidthMs(virtualMs: number): number {
  const least = virtualMs / BINS_MAX;
  return NICE_MS.find((width) => width >= least) ?? Math.ceil(least / DAY_MS) * DAY_MS;
}

/** One pass over the chunks of a run; asked for its answer at the end. `dictionaries` must not grow any more. */
export class OverviewQuery {
  private readonly binMs: number;
  private readonly bins: number;
  /** By bin, then outcome. */
  private readonly counts: Uint32Array;
  private readonly mostNs: Float64Array;
  private leastNs = Number.POSITIVE_INFINITY;
  private readonly bySource: Float64Array;
  private readonly byEntry: PairCounts;
  private readonly byClient: PairCounts;
  private readonly samples: SampleChoice;
  private readonly histograms: LatencyHistograms;

  /** `requests` and `virtualMs`: as the summary of the run has them. */
  constructor(
    private readonly dictionaries: Dictionaries,
    { requests, virtualMs }: { requests: number; virtualMs: number },
  ) {
    this.binMs = binWidthMs(virtualMs);
    this.bins = Math.max(1, Math.ceil(virtualMs / this.binMs));
    this.counts = new Uint32Array(this.bins * KINDS);
    this.mostNs = new Float64Array(this.bins);
    this.bySource = new Float64Array(dictionaries.sources.length);
    this.byEntry = new PairCounts(dictionaries.pods, dictionaries.nodes);
    const clients = dictionaries.clients.map(({ name }) => name);
    this.byClient = new PairCounts(dictionaries.pods, clients);
    this.samples = new SampleChoice(requests, this.bins, dictionaries);
    this.histograms = new LatencyHistograms(this.bins);
  }

  add(numbered: NumberedChunk): void {
    const { chunk } = numbered;
    const atNs = chunk.times('atNs');
    const outcomes = chunk.codes('outcome');
    const bins = this.binsOf(atNs);
    this.count(bins, outcomes);
    this.countPairs(numbered, chunk.codes('pod'));
    const reasons = chunk.codes('reason');
    const places = this.samples.choose(bins, outcomes, reasons, chunk.codes('target'));
    if (places.length > 0) this.samples.keep(readRows(numbered, places, this.dictionaries));
    this.measure(numbered, bins, outcomes);
  }

  answer(): Overview {
    const spread = this.histograms.spread();
    const bins = Array.from({ length: this.bins }, (_, bin) => this.binAt(bin));
    return {
      requests: bins.reduce((sum, { requests }) => sum + requests, 0),
      binMs: this.binMs,
      bins,
      latencyUs: this.latencyOfAll(spread),
      quantileError: this.histograms.relativeError,
      spread: spread.map(({ fromNs, toNs, count }) => ({ fromUs: fromNs / 1e3, toUs: toNs / 1e3, count })),
      ...this.sources(),
      byEntry: this.byEntry.table(),
      byClient: this.byClient.table(),
      samples: this.samples.answer(),
    };
  }

  private binsOf(atNs: Float64Array): Int32Array {
    const widthNs = this.binMs * 1e6;
    const last = this.bins - 1;
    const bins = new Int32Array(atNs.length);
    for (let i = 0; i < atNs.length; i++) {
      const bin = Math.floor(atNs[i]! / widthNs);
      bins[i] = bin > last ? last : bin;
    }
    return bins;
  }

  private count(bins: Int32Array, outcomes: Int32Array): void {
    const { counts } = this;
    for (let i = 0; i < bins.length; i++) counts[bins[i]! * KINDS + outcomes[i]!]!++;
  }

  /** What pods saw: requests that came to none are not counted. */
  private countPairs({ chunk }: NumberedChunk, pods: Int32Array): void {
    const { bySource, byEntry, byClient } = this;
    const sources = chunk.codes('source');
    const entries = chunk.codes('entryNode');
    const clients = chunk.codes('client');
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      if (source === 0) continue;
      bySource[source]!++;
      byEntry.add(pods[i]!, entries[i]!);
      byClient.add(pods[i]!, clients[i]!);
    }
  }

  private measure({ chunk }: NumberedChunk, bins: Int32Array, outcomes: Int32Array): void {
    const rows = new Int32Array(bins.length);
    let answered = 0;
    for (let i = 0; i < outcomes.length; i++) {
      if (outcomes[i] !== OK) continue;
      rows[answered] = i;
      bins[answered++] = bins[i]!;
    }
    if (answered === 0) return;
    const latencyNs = chunk.times('latencyNs');
    const { least, most } = chunk.bounds('latencyNs');
    this.histograms.cover(least, most);
    this.histograms.add(rows.subarray(0, answered), bins, latencyNs);
    for (let i = 0; i < answered; i++) {
      const ns = latencyNs[rows[i]!]!;
      if (ns > this.mostNs[bins[i]!]!) this.mostNs[bins[i]!] = ns;
      if (ns < this.leastNs) this.leastNs = ns;
    }
  }

  private binAt(bin: number): OverviewBin {
    const outcomes = [...this.counts.subarray(bin * KINDS, (bin + 1) * KINDS)];
    const max = this.mostNs[bin]!;
    const quantile = (q: number) => Math.min(this.histograms.quantile(bin, q)!, max) / 1e3;
    return {
      fromMs: bin * this.binMs,
      toMs: (bin + 1) * this.binMs,
      requests: outcomes.reduce((sum, count) => sum + count, 0),
      outcomes,
      latencyUs:
        outcomes[OK] === 0
          ? null
          : { quantiles: QUANTILES.map(quantile) as LatencyFigures['quantiles'], max: max / 1e3 },
    };
  }

  private latencyOfAll(spread: { fromNs: number; toNs: number; count: number }[]): Overview['latencyUs'] {
    const total = spread.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return null;
    const max = this.mostNs.reduce((most, ns) => Math.max(most, ns), 0);
    const quantile = (q: number) => {
      const rank = Math.max(1, Math.ceil(q * total));
      let at = 0;
      for (let seen = spread[0]!.count; seen < rank; seen += spread[at]!.count) at++;
      const bucket = spread[at]!;
      return Math.min(Math.max((bucket.fromNs + bucket.toNs) / 2, this.leastNs), max) / 1e3;
    };
    const quantiles = QUANTILES.map(quantile) as LatencyFigures['quantiles'];
    return { quantiles, min: this.leastNs / 1e3, max: max / 1e3 };
  }

  private sources(): Pick<Overview, 'sources' | 'sourceKinds'> {
    const seen = this.dictionaries.sources
      .map(({ kind, ip }, id) => ({ kind, ip, requests: this.bySource[id]! }))
      .filter(({ requests }) => requests > 0);
    const sourceKinds = SOURCE_KINDS.map((kind) => {
      const ofKind = seen.filter((source) => source.kind === kind);
      return { kind, requests: ofKind.reduce((sum, { requests }) => sum + requests, 0), addresses: ofKind.length };
    }).filter(({ addresses }) => addresses > 0);
    seen.sort((a, b) => b.requests - a.requests || (a.ip < b.ip ? -1 : 1));
    return { sources: seen.slice(0, SOURCES_MAX), sourceKinds };
  }
}
