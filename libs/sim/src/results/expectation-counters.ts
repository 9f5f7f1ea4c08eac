/** Counts, while a run goes on, how many of its requests meet each expectation of the scenario, and which do not. */
import type { Bounds, Expectation } from '../scenario.js';
import type { ChunkColumns } from './columns.js';
import { type ColumnReader, type CompiledFilter, compileFilter, matchingRows, type RequestFilter } from './filter.js';
import { healthResult } from './health-expectations.js';
import { LatencyBounds } from './latency-bounds.js';
import type { ChunkWatcher } from './recorder.js';
import type { Cause, Dictionaries, ExpectationResult, HealthTimelines, Outcome, SourceKind } from './result.js';
import { SmallestNumbers } from './smallest-numbers.js';

/** Requests that are named as evidence. */
const MOST_NAMED = 5;

interface Counter {
  expectation: Expectation;
  wanted: RequestFilter;
  scope: RequestFilter;
  compiled: { wanted: CompiledFilter; scope: CompiledFilter; timed: CompiledFilter } | null;
  matched: number;
  of: number;
  /** The first that match, and the first in scope that do not. */
  matching: SmallestNumbers;
  others: SmallestNumbers;
  latency: LatencyBounds | null;
}

export class ExpectationCounters implements ChunkWatcher {
  private readonly counters: Counter[];
  private entries = 0;

  /** `dictionaries` may grow while the run goes on. */
  constructor(
    expectations: readonly Expectation[],
    private readonly dictionaries: Dictionaries,
  ) {
    this.counters = expectations.map((expectation) => ({
      expectation,
      ...filtersOf(expectation),
      compiled: null,
      matched: 0,
      of: 0,
      matching: new SmallestNumbers(MOST_NAMED),
      others: new SmallestNumbers(MOST_NAMED),
      latency: (expectation.latency ?? []).length > 0 ? new LatencyBounds(expectation.latency ?? []) : null,
    }));
  }

  sealing(columns: ChunkColumns, rows: number, first: number): void {
    const reader: ColumnReader = {
      rows,
      times: (name) => columns[name],
      codes: (name) => columns[name],
    };
    const grown = this.dictionariesGrew();
    for (const counter of this.counters) {
      if ((counter.expectation.health ?? null) !== null) continue;
      if (grown || counter.compiled === null) counter.compiled = this.compile(counter);
      const { wanted, scope, timed } = counter.compiled;
      const matching = matchingRows(reader, wanted);
      const inScope = matchingRows(reader, scope);
      counter.matched += matching.length;
      counter.of += inScope.length;
      counter.matching.addAscending(matching, first);
      if (counter.others.wants(first)) counter.others.addAscending(without(inScope, matching), first);
      counter.latency?.add(timed === wanted ? matching : matchingRows(reader, timed), columns.latencyNs, first);
    }
  }

  /** Of the chunks sealed until now. A share, or a latency, of no requests at all is null and meets no bound. */
  results(healthz: HealthTimelines = { nodes: [], loadBalancers: [] }): ExpectationResult[] {
    return this.counters.map((counter) => {
      const { name, health, window } = counter.expectation;
      return health ? healthResult(name, health, window ?? null, healthz) : resultOf(counter);
    });
  }

  private compile({ wanted, scope }: Counter): NonNullable<Counter['compiled']> {
    const compiled = compileFilter(wanted, this.dictionaries);
    const timed = wanted.outcome ? compiled : compileFilter({ ...wanted, outcome: ['ok'] }, this.dictionaries);
    return { wanted: compiled, scope: compileFilter(scope, this.dictionaries), timed };
  }

  private dictionariesGrew(): boolean {
    const { clients, targets, pods, sources, reasons } = this.dictionaries;
    const entries = clients.length + targets.length + pods.length + sources.length + reasons.length;
    const grew = entries !== this.entries;
    this.entries = entries;
    return grew;
  }
}

function resultOf(counter: Counter): ExpectationResult {
  const { expectation, matched, of } = counter;
  const { name, share, count } = expectation;
  const actual = of === 0 ? null : matched / of;
  const latency = counter.latency?.results() ?? [];
  const passed = within(actual, share) && within(matched, count) && latency.every((quantile) => quantile.passed);
  const evidence = { text: textOf(counter, actual), requests: passed ? [] : against(counter, actual) };
  return {
    name,
    passed,
    matched,
    of,
    share: actual,
    evidence: counter.latency === null ? evidence : { ...evidence, latency },
  };
}

/** Too many: those that match. Too few: the others. Too slow: those that are. */
function against({ expectation, matched, matching, others, latency }: Counter, share: number | null): number[] {
  const { share: shares, count } = expectation;
  const isAbove = (value: number | null, bounds: Bounds | null) =>
    value !== null && bounds !== null && bounds.max !== null && value > bounds.max;
  if (isAbove(share, shares) || isAbove(matched, count)) return matching.numbers;
  if (!within(share, shares) || !within(matched, count)) return others.numbers;
  return latency?.offenders ?? [];
}

function textOf({ expectation, matched, of, latency }: Counter, share: number | null): string {
  const { share: shares, count } = expectation;
  const parts = [`${matched} of ${of} requests`];
  if (shares !== null)
    parts.push(`a share of ${share === null ? 'nothing' : share.toFixed(4)}, wanted ${boundsText(shares)}`);
  if (count !== null) parts.push(`a number of ${matched}, wanted ${boundsText(count)}`);
  return [...parts, ...(latency?.texts() ?? [])].join('; ');
}

function boundsText({ min, max }: Bounds): string {
  const parts = [...(min === null ? [] : [`at least ${min}`]), ...(max === null ? [] : [`at most ${max}`])];
  return parts.join(' and ');
}

/** Both ascend, and `taken` is a part of `rows`. */
function without(rows: Int32Array, taken: Int32Array): Int32Array {
  const left = new Int32Array(rows.length - taken.length);
  let at = 0;
  let next = 0;
  for (let i = 0; i < rows.length; i++) {
    if (next < taken.length && taken[next] === rows[i]) next++;
    else left[at++] = rows[i]!;
  }
  return left;
}

function filtersOf({ where, window }: Expectation): { wanted: RequestFilter; scope: RequestFilter } {
  const scope: RequestFilter = {};
  if (where.client !== undefined) scope.client = [where.client];
  if (where.service !== undefined) scope.service = [where.service];
  if (where.node !== undefined) scope.node = [where.node];
  if (where.pod !== undefined) scope.pod = [where.pod];
  if (window) {
    scope.fromMs = window.fromNs / 1e6;
    if (window.toNs !== null) scope.toMs = window.toNs / 1e6;
  }
  const wanted: RequestFilter = { ...scope };
  if (where.outcome !== undefined) wanted.outcome = [where.outcome as Outcome];
  if (where.cause !== undefined) wanted.cause = [where.cause as Cause];
  if (where.sourceKind !== undefined) wanted.sourceKind = [where.sourceKind as SourceKind];
  if (where.sourceIp !== undefined) wanted.sourceIp = [where.sourceIp];
  return { wanted, scope };
}

function within(value: number | null, bounds: Bounds | null): boolean {
  if (bounds === null) return true;
  if (value === null) return false;
  return value >= (bounds.min ?? Number.NEGATIVE_INFINITY) && value <= (bounds.max ?? Number.POSITIVE_INFINITY);
}
