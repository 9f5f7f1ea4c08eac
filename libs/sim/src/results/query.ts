/** Questions over all requests of a run: counts and latencies by group, from whole columns. */

import type { CodeColumn } from './columns.js';
import { compileFilter, matchingRows, type RequestFilter } from './filter.js';
import { LatencyHistograms } from './latency-histograms.js';
import type { PackedChunk } from './packed-chunk.js';
import { type Dictionaries, OUTCOMES, type Outcome } from './result.js';

export const GROUPINGS = [
  'outcome',
  'client',
  'service',
  'node',
  'pod',
  'sourceIp',
  'sourceKind',
  'cause',
  'event',
] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface RequestGroup {
  /** Null: requests that have none. */
  key: string | null;
  requests: number;
  outcomes: Partial<Record<Outcome, number>>;
  /** Over requests with outcome `ok`; null without any. `quantiles` in the order asked for. */
  latencyUs: { mean: number; min: number; max: number; quantiles: number[] } | null;
}

export interface GroupedRequests {
  groups: RequestGroup[];
  /** Quantiles are off by at most this share of themselves; all else is exact. */
  quantileError: number;
}

const OK = OUTCOMES.indexOf('ok');
const KINDS = OUTCOMES.length;

/** One pass over the chunks of a run, in any order; asked for its answer at the end. */
export class GroupQuery {
  private readonly column: CodeColumn;
  private readonly groupOf: Int32Array;
  private readonly keys: (string | null)[];
  private readonly filter;
  /** By group, then outcome. */
  private readonly counts: Uint32Array;
  private readonly sumNs: Float64Array;
  private readonly leastNs: Float64Array;
  private readonly mostNs: Float64Array;
  private readonly histograms: LatencyHistograms;

  /** `quantiles`: 0 … 1. `dictionaries` must not grow any more. */
  constructor(
    by: Grouping,
    dictionaries: Dictionaries,
    private readonly quantiles: readonly number[] = [0.5, 0.9, 0.99],
    filter: RequestFilter = {},
  ) {
    const { column, names } = namesBy(by, dictionaries);
    const numbered = new Map<string | null, number>();
    this.column = column;
    this.groupOf = Int32Array.from(names, (name) => {
      if (!numbered.has(name)) numbered.set(name, numbered.size);
      return numbered.get(name)!;
    });
    this.keys = [...numbered.keys()];
    this.filter = compileFilter(filter, dictionaries);
    const groups = this.keys.length;
    this.counts = new Uint32Array(groups * KINDS);
    this.sumNs = new Float64Array(groups);
    this.leastNs = new Float64Array(groups).fill(Number.POSITIVE_INFINITY);
    this.mostNs = new Float64Array(groups).fill(Number.NEGATIVE_INFINITY);
    this.histograms = new LatencyHistograms(groups);
  }

  add(chunk: PackedChunk): void {
    const rows = matchingRows(chunk, this.filter);
    if (rows.length === 0) return;
    const groups = this.groupsOf(rows, chunk.codes(this.column));
    const answered = this.count(rows, groups, chunk.codes('outcome'));
    if (answered === 0) return;
    const latencyNs = chunk.times('latencyNs');
    const { least, most } = chunk.bounds('latencyNs');
    this.histograms.cover(least, most);
    this.measure(rows.subarray(0, answered), groups, latencyNs);
    this.histograms.add(rows.subarray(0, answered), groups, latencyNs);
  }

  /** Groups that have requests, the greatest first, equal ones by key. */
  answer(): GroupedRequests {
    const groups = this.keys.map((key, group) => this.groupAt(key, group)).filter(({ requests }) => requests > 0);
    groups.sort((a, b) => b.requests - a.requests || ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
    return { groups, quantileError: this.histograms.relativeError };
  }

  private groupsOf(rows: Int32Array, codes: Int32Array): Int32Array {
    const { groupOf } = this;
    const groups = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) groups[i] = groupOf[codes[rows[i]!]!]!;
    return groups;
  }

  /** Leaves the answered requests at the front of `rows` and `groups`, and returns their number. */
  private count(rows: Int32Array, groups: Int32Array, outcomes: Int32Array): number {
    const { counts } = this;
    let answered = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const group = groups[i]!;
      const outcome = outcomes[row]!;
      counts[group * KINDS + outcome]!++;
      rows[answered] = row;
      groups[answered] = group;
      answered += outcome === OK ? 1 : 0;
    }
    return answered;
  }

  private measure(rows: Int32Array, groups: Int32Array, latencyNs: Float64Array): void {
    const { sumNs, leastNs, mostNs } = this;
    for (let i = 0; i < rows.length; i++) {
      const ns = latencyNs[rows[i]!]!;
      const group = groups[i]!;
      sumNs[group]! += ns;
      if (ns < leastNs[group]!) leastNs[group] = ns;
      if (ns > mostNs[group]!) mostNs[group] = ns;
    }
  }

  private groupAt(key: string | null, group: number): RequestGroup {
    const counts = this.counts.subarray(group * KINDS, (group + 1) * KINDS);
    const occurred = OUTCOMES.map((name, i) => [name, counts[i]!] as const).filter(([, count]) => count > 0);
    const requests = counts.reduce((sum, count) => sum + count, 0);
    const outcomes = Object.fromEntries(occurred) as RequestGroup['outcomes'];
    return { key, requests, outcomes, latencyUs: counts[OK] === 0 ? null : this.latencyOf(group, counts[OK]!) };
  }

  private latencyOf(group: number, answered: number): RequestGroup['latencyUs'] {
    const min = this.leastNs[group]!;
    const max = this.mostNs[group]!;
    const quantile = (q: number) => Math.min(Math.max(this.histograms.quantile(group, q)!, min), max) / 1e3;
    return {
      mean: this.sumNs[group]! / answered / 1e3,
      min: min / 1e3,
      max: max / 1e3,
      quantiles: this.quantiles.map(quantile),
    };
  }
}

/** The column that decides the group, and the group's name for each of its codes. */
function namesBy(by: Grouping, dictionaries: Dictionaries): { column: CodeColumn; names: (string | null)[] } {
  const { clients, targets, pods, sources } = dictionaries;
  const named = <Entry>(column: CodeColumn, entries: readonly Entry[], name: (entry: Entry) => string | null) => ({
    column,
    names: entries.map((entry, id) => (id === 0 ? null : name(entry))),
  });
  switch (by) {
    case 'outcome':
      return { column: 'outcome', names: [...OUTCOMES] };
    case 'client':
      return named('client', clients, ({ name }) => name);
    case 'service':
      return named('target', targets, ({ service }) => service);
    case 'node':
      return named('pod', pods, ({ node }) => node);
    case 'pod':
      return named('pod', pods, ({ name }) => name);
    case 'sourceIp':
      return named('source', sources, ({ ip }) => ip);
    case 'sourceKind':
      return named('source', sources, ({ kind }) => kind);
    case 'cause':
      return { column: 'reason', names: dictionaries.reasons.map((_, id) => dictionaries.causes?.[id] ?? null) };
    case 'event':
      return { column: 'reason', names: dictionaries.reasons.map((_, id) => eventText(id, dictionaries)) };
  }
}

/** Results that were stored before events were noted have none. */
function eventText(reason: number, { reasonEvents, events }: Dictionaries): string | null {
  const event = reasonEvents?.[reason] ?? 0;
  return event === 0 ? null : (events[event]?.text ?? null);
}
