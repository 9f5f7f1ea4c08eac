/** Which requests: the API's filters, and those of expectations, as sets of ids that whole columns are held against. */
import type { CodeColumn, TimeColumn } from './columns.js';
import { type Cause, type Dictionaries, OUTCOMES, type Outcome, type SourceKind } from './result.js';

/** A request must meet every field that is given, by any of its values. A name that nothing has matches nothing. */
export interface RequestFilter {
  outcome?: readonly Outcome[];
  sourceKind?: readonly SourceKind[];
  client?: readonly string[];
  /** `namespace/name`. */
  service?: readonly string[];
  /** The node of the pod that the request came to. */
  node?: readonly string[];
  /** `namespace/name`. */
  pod?: readonly string[];
  sourceIp?: readonly string[];
  cause?: readonly Cause[];
  /** Sent at or after. */
  fromMs?: number;
  /** Sent before. */
  toMs?: number;
}

/** `column` holds one of `ids`; `matches[id]` is 1 for these and 0 for the others. */
export interface Condition {
  column: CodeColumn;
  ids: Int32Array;
  matches: Uint8Array;
}

/** Good for one set of dictionaries, as they were when it was compiled. */
export interface CompiledFilter {
  fromNs: number;
  toNs: number;
  conditions: Condition[];
}

/** What a filter reads: a packed chunk, or columns as they are. */
export interface ColumnReader {
  readonly rows: number;
  times(name: TimeColumn): Float64Array;
  codes(name: CodeColumn): Int32Array;
}

export function compileFilter(filter: RequestFilter, dictionaries: Dictionaries): CompiledFilter {
  const { clients, targets, pods, sources } = dictionaries;
  const outcome = oneOf(filter.outcome);
  const client = oneOf(filter.client);
  const service = oneOf(filter.service);
  const node = oneOf(filter.node);
  const pod = oneOf(filter.pod);
  const kind = oneOf(filter.sourceKind);
  const ip = oneOf(filter.sourceIp);
  const conditions: Condition[] = [];
  if (filter.outcome) conditions.push(condition('outcome', OUTCOMES, 0, outcome));
  if (filter.client) conditions.push(condition('client', clients, 1, (entry) => client(entry.name)));
  if (filter.service) conditions.push(condition('target', targets, 1, (entry) => service(entry.service)));
  if (filter.node || filter.pod)
    conditions.push(condition('pod', pods, 1, (entry) => node(entry.node) && pod(entry.name)));
  if (filter.sourceKind || filter.sourceIp)
    conditions.push(condition('source', sources, 1, (entry) => kind(entry.kind) && ip(entry.ip)));
  if (filter.cause) conditions.push(condition('reason', dictionaries.causes ?? [], 1, oneOf(filter.cause)));
  return {
    // Rounded: 1234.567891 as it was read from a row must come out as the whole number that it was made of.
    fromNs: Math.round((filter.fromMs ?? Number.NEGATIVE_INFINITY) * 1e6),
    toNs: Math.round((filter.toMs ?? Number.POSITIVE_INFINITY) * 1e6),
    conditions,
  };
}

/** The rows that pass, ascending. */
export function matchingRows(reader: ColumnReader, { fromNs, toNs, conditions }: CompiledFilter): Int32Array {
  let selected = new Int32Array(reader.rows);
  for (let row = 0; row < selected.length; row++) selected[row] = row;
  if (fromNs > Number.NEGATIVE_INFINITY || toNs < Number.POSITIVE_INFINITY)
    selected = withinTimes(selected, reader.times('atNs'), fromNs, toNs);
  for (const { column, matches } of conditions) {
    if (selected.length === 0) return selected;
    selected = withCodes(selected, reader.codes(column), matches);
  }
  return selected;
}

function withinTimes(rows: Int32Array<ArrayBuffer>, atNs: Float64Array, fromNs: number, toNs: number) {
  let kept = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const at = atNs[row]!;
    rows[kept] = row;
    if (at >= fromNs && at < toNs) kept++;
  }
  return rows.subarray(0, kept);
}

function withCodes(rows: Int32Array<ArrayBuffer>, codes: Int32Array, matches: Uint8Array) {
  let kept = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    rows[kept] = row;
    kept += matches[codes[row]!] === 1 ? 1 : 0;
  }
  return rows.subarray(0, kept);
}

function oneOf(values: readonly string[] | undefined): (value: string | null) => boolean {
  if (values === undefined) return () => true;
  const wanted = new Set<string | null>(values);
  return (value) => wanted.has(value);
}

/** `first`: 1 for dictionaries, of which entry 0 stands for none. */
function condition<Entry>(
  column: CodeColumn,
  entries: readonly Entry[],
  first: 0 | 1,
  test: (entry: Entry) => boolean,
): Condition {
  const matches = Uint8Array.from(entries, (entry, id) => (id >= first && test(entry) ? 1 : 0));
  const ids = Int32Array.from(matches.keys()).filter((id) => matches[id] === 1);
  return { column, ids, matches };
}
