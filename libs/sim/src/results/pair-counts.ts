/** How many requests each pod had from each of something: exact sums by pod, and as many pairs as fit. */

/** Pairs that are told apart; what comes after that many counts as "other". */
const PAIRS_MAX = 2 ** 17;
const DENSE_MAX = 2 ** 20;
const ROWS_MAX = 30;
const COLUMNS_MAX = 8;

export interface PairRow {
  pod: string;
  node: string;
  requests: number;
  /** By column. */
  cells: number[];
  /** What came from none of the columns. */
  other: number;
}

/** The rows and columns with most requests. */
export interface PairTable {
  /** Null: requests that have none. */
  columns: (string | null)[];
  rows: PairRow[];
  /** Pods and columns that have requests and are not there. */
  rowsLeftOut: number;
  columnsLeftOut: number;
}

export class PairCounts {
  private readonly names: (string | null)[];
  /** Of each id: the place of its name. Several addresses of one client are one column. */
  private readonly columnOf: Int32Array;
  private readonly totals: Float64Array;
  private readonly dense: Uint32Array | null;
  private readonly sparse = new Map<number, number>();

  /** `columns`: by id; entry 0 stands for none. */
  constructor(
    private readonly pods: readonly { name: string; node: string }[],
    columns: readonly string[],
  ) {
    const places = new Map<string | null, number>();
    this.columnOf = Int32Array.from(columns, (name, id) => {
      const key = id === 0 ? null : name;
      if (!places.has(key)) places.set(key, places.size);
      return places.get(key)!;
    });
    this.names = [...places.keys()];
    this.totals = new Float64Array(pods.length);
    const pairs = pods.length * this.names.length;
    this.dense = pairs <= DENSE_MAX ? new Uint32Array(pairs) : null;
  }

  add(pod: number, id: number): void {
    this.totals[pod]!++;
    const pair = pod * this.names.length + this.columnOf[id]!;
    if (this.dense) {
      this.dense[pair]!++;
      return;
    }
    const count = this.sparse.get(pair);
    if (count !== undefined || this.sparse.size < PAIRS_MAX) this.sparse.set(pair, (count ?? 0) + 1);
  }

  table(): PairTable {
    const columnTotals = this.columnTotals();
    const columns = greatest(columnTotals).slice(0, COLUMNS_MAX);
    const rows = greatest(this.totals).slice(0, ROWS_MAX);
    return {
      columns: columns.map((column) => this.names[column]!),
      rows: rows.map((pod) => this.rowOf(pod, columns)),
      rowsLeftOut: this.totals.reduce((sum, total) => sum + (total > 0 ? 1 : 0), 0) - rows.length,
      columnsLeftOut: columnTotals.reduce((sum, total) => sum + (total > 0 ? 1 : 0), 0) - columns.length,
    };
  }

  private rowOf(pod: number, columns: number[]): PairRow {
    const requests = this.totals[pod]!;
    const cells = columns.map((column) => this.countOf(pod * this.names.length + column));
    const { name, node } = this.pods[pod]!;
    return { pod: name, node, requests, cells, other: requests - cells.reduce((sum, count) => sum + count, 0) };
  }

  private countOf(pair: number): number {
    return (this.dense ? this.dense[pair] : this.sparse.get(pair)) ?? 0;
  }

  private columnTotals(): Float64Array {
    const width = this.names.length;
    const totals = new Float64Array(width);
    this.dense?.forEach((count, pair) => {
      totals[pair % width]! += count;
    });
    for (const [pair, count] of this.sparse) totals[pair % width]! += count;
    return totals;
  }
}

/** The places of what is above zero, the greatest first, equal ones in their order. */
function greatest(totals: Float64Array): number[] {
  const places = [...totals.keys()].filter((place) => totals[place]! > 0);
  return places.sort((a, b) => totals[b]! - totals[a]! || a - b);
}
