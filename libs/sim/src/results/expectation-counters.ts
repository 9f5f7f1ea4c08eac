/** Counts, while a run goes on, how many of its requests meet each expectation of the scenario. */
import type { Expectation } from '../scenario.js';
import type { ChunkColumns } from './columns.js';
import { type ColumnReader, type CompiledFilter, compileFilter, matchingRows, type RequestFilter } from './filter.js';
import type { ChunkWatcher } from './recorder.js';
import type { Dictionaries, ExpectationResult, Outcome, SourceKind } from './result.js';

interface Counter {
  expectation: Expectation;
  wanted: RequestFilter;
  scope: RequestFilter;
  compiled: { wanted: CompiledFilter; scope: CompiledFilter } | null;
  matched: number;
  of: number;
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
    }));
  }

  sealing(columns: ChunkColumns, rows: number): void {
    const reader: ColumnReader = {
      rows,
      times: (name) => columns[name],
      codes: (name) => columns[name],
    };
    const grown = this.dictionariesGrew();
    for (const counter of this.counters) {
      if (grown || counter.compiled === null)
        counter.compiled = {
          wanted: compileFilter(counter.wanted, this.dictionaries),
          scope: compileFilter(counter.scope, this.dictionaries),
        };
      counter.matched += matchingRows(reader, counter.compiled.wanted).length;
      counter.of += matchingRows(reader, counter.compiled.scope).length;
    }
  }

  /** Of the chunks sealed until now. A share of no requests at all is null and meets no bound. */
  results(): ExpectationResult[] {
    return this.counters.map(({ expectation: { name, share, count }, matched, of }) => {
      const actual = of === 0 ? null : matched / of;
      return { name, passed: within(actual, share) && within(matched, count), matched, of, share: actual };
    });
  }

  private dictionariesGrew(): boolean {
    const { clients, targets, pods, sources } = this.dictionaries;
    const entries = clients.length + targets.length + pods.length + sources.length;
    const grew = entries !== this.entries;
    this.entries = entries;
    return grew;
  }
}

function filtersOf({ where }: Expectation): { wanted: RequestFilter; scope: RequestFilter } {
  const scope: RequestFilter = {};
  if (where.client !== undefined) scope.client = [where.client];
  if (where.service !== undefined) scope.service = [where.service];
  if (where.node !== undefined) scope.node = [where.node];
  if (where.pod !== undefined) scope.pod = [where.pod];
  const wanted: RequestFilter = { ...scope };
  if (where.outcome !== undefined) wanted.outcome = [where.outcome as Outcome];
  if (where.sourceKind !== undefined) wanted.sourceKind = [where.sourceKind as SourceKind];
  return { wanted, scope };
}

function within(value: number | null, bounds: { min: number | null; max: number | null } | null): boolean {
  if (bounds === null) return true;
  if (value === null) return false;
  return value >= (bounds.min ?? Number.NEGATIVE_INFINITY) && value <= (bounds.max ?? Number.POSITIVE_INFINITY);
}
