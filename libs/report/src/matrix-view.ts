/** A matrix as a person reads it: a section for each port of a service, with a grid of no more rows and columns than it needs. */
import type { MatrixResult, MatrixSource, MatrixTable } from '#sim';
import { type Cell, cellKey, cellLines, cellOf, endpointName } from './matrix-cells.js';
import { foldGrid, type Relation, relationOf, type Side } from './matrix-fold.js';
import { destinationLabel, destinationLine, nodesText, senderLabel, variantLabel } from './matrix-labels.js';

/** Line by line. */
export type Lines = readonly string[];

export interface Grid {
  /** Columns that say whose the others are. */
  labels: number;
  head: Lines[];
  rows: Lines[][];
}

export interface Section {
  title: string;
  details: string[];
  grid: Grid;
  /** Marked in cells as `[1]`, `[2]`, … */
  notes: string[];
}

/** A table up to this size is shown with every address; beyond it what is alike on several nodes becomes one. */
const MOST_ROWS = 10;
const MOST_COLUMNS = 5;
const MOST_ENDPOINTS = 4;

export function matrixSection(matrix: MatrixResult, table: MatrixTable): Section {
  const view = new TableView(matrix, table);
  return {
    title: titleOf(table),
    details: [policiesOf(matrix, table), endpointsOf(table)],
    grid: matrix.variants.length > 1 ? view.variantGrid() : view.plainGrid(),
    notes: view.notes,
  };
}

function titleOf({ service, port, portName, protocol, ipFamily }: MatrixTable): string {
  const name = portName === null || portName === '' ? '' : ` (${portName})`;
  return `${service}  ${port}/${protocol}${name}${ipFamily === 'IPv6' ? '  IPv6' : ''}`;
}

/** Without what is varied, and without what is no surprise. */
function policiesOf({ variants }: MatrixResult, table: MatrixTable): string {
  const { type, externalTrafficPolicy: external, internalTrafficPolicy: internal } = table;
  const isVaried = (setting: string) => variants.some(({ settings }) => setting in settings);
  const policies = [
    ...(external === null || isVaried('externalTrafficPolicy') ? [] : [`externalTrafficPolicy ${external}`]),
    ...(internal !== 'Local' || isVaried('internalTrafficPolicy') ? [] : ['internalTrafficPolicy Local']),
  ];
  return [type, ...policies].join(', ');
}

function endpointsOf({ endpoints }: MatrixTable): string {
  if (endpoints.length === 0) return 'Nobody reaches an endpoint';
  const nodes = new Set(endpoints.map(({ node }) => node));
  if (endpoints.length > MOST_ENDPOINTS) return `${endpoints.length} endpoints on ${nodesText([...nodes])}`;
  const names = endpoints.map(
    (endpoint) => endpointName(endpoint) + (endpoint.node === null ? '' : ` on ${endpoint.node}`),
  );
  return `Endpoint${endpoints.length > 1 ? 's' : ''}: ${names.join(', ')}`;
}

/** What stands at the crossing of a class of rows and a class of columns. */
interface Crossing {
  relation: Relation;
  /** By variant. */
  cells: Cell[];
}

class TableView {
  readonly notes: string[] = [];
  private readonly relative: boolean;
  private readonly rowSides: Side[];
  private readonly columnSides: Side[];
  private readonly rowClasses: number[][];
  private readonly columnClasses: number[][];
  private readonly known = new Map<string, Cell>();

  constructor(
    private readonly matrix: MatrixResult,
    private readonly table: MatrixTable,
  ) {
    const { rows, destinations } = table;
    this.relative = rows.length > MOST_ROWS || destinations.length > MOST_COLUMNS;
    // Where every address is told, it does not matter whether two nodes are the same.
    const nodeOf = (node: string | null) => (this.relative ? node : null);
    this.rowSides = rows.map((_, r) => {
      const { kind, node, hostNetwork } = this.senderOf(r);
      return { kind: hostNetwork === true ? 'host-network pod' : kind, node: nodeOf(node) };
    });
    this.columnSides = destinations.map(({ via, node }) => ({ kind: via, node: nodeOf(node) }));
    const folded = foldGrid(this.rowSides, this.columnSides, (r, c) => this.foldKey(r, c));
    this.rowClasses = folded.rows;
    this.columnClasses = folded.columns;
  }

  plainGrid(): Grid {
    return {
      labels: 1,
      head: [['FROM'], ...this.columnClasses.map((columns) => destinationLabel(this.destinations(columns)))],
      rows: this.rowClasses.map((rows) => [
        this.label(rows),
        ...this.columnClasses.map((columns) => this.plainCell(this.crossings(rows, columns))),
      ]),
    };
  }

  /** Who to where in each row, and a column for all variants that read the same in every row. */
  variantGrid(): Grid {
    const lines = this.rowClasses.flatMap((rows) => this.variantLines(rows));
    const keys = this.matrix.variants.map((_, v) => lines.map(({ cells }) => cellKey(cells[v] as Cell)).join('\n'));
    const starts = keys.flatMap((key, v) => (key === keys[v - 1] ? [] : [v]));
    const names = starts.map((start, n) => this.matrix.variants.slice(start, starts[n + 1]));
    return {
      labels: 2,
      head: [['FROM'], ['TO'], ...names.map(variantLabel)],
      rows: lines.map(({ from, to, cells }) => [from, to, ...starts.map((start) => this.words(cells[start] as Cell))]),
    };
  }

  /** The label stands before the first of them. */
  private variantLines(rows: readonly number[]): { from: Lines; to: Lines; cells: Cell[] }[] {
    const crossings = this.columnClasses.flatMap((columns) =>
      this.crossings(rows, columns).map(({ relation, cells }) => ({
        to: destinationLine(this.destinations(columns), relation),
        cells,
      })),
    );
    return crossings.map((crossing, n) => ({ from: n === 0 ? this.label(rows) : [], ...crossing }));
  }

  private plainCell(crossings: readonly Crossing[]): Lines {
    const [first] = crossings;
    if (first === undefined) return [];
    if (crossings.length === 1) return this.words(first.cells[0] as Cell);
    return crossings.flatMap(({ relation, cells }) => {
      const lines = this.words(cells[0] as Cell);
      return lines.length === 1 ? [`${relation}: ${lines[0]}`] : [`${relation}:`, ...lines.map((line) => `  ${line}`)];
    });
  }

  /** One where it makes no difference whether sender and destination are on the same node; none where there is nothing to tell. */
  private crossings(rows: readonly number[], columns: readonly number[]): Crossing[] {
    const members = new Map<Relation, [r: number, c: number][]>();
    for (const r of rows)
      for (const c of columns) {
        if (this.table.rows[r]?.cells[c] == null) continue;
        const relation = relationOf(this.rowSides[r] as Side, this.columnSides[c] as Side);
        const known = members.get(relation) ?? [];
        members.set(relation, known);
        known.push([r, c]);
      }
    const alone = rows.reduce((sum, r) => sum + (this.table.rows[r]?.sources.length ?? 0), 0) === 1;
    const crossings = [...members].map(([relation, all]) => ({ relation, cells: this.common(all, alone) }));
    const isOne = new Set(crossings.map(({ cells }) => cells.map(cellKey).join('\n'))).size === 1;
    return isOne ? crossings.slice(0, 1).map(({ cells }) => ({ relation: 'any', cells })) : crossings;
  }

  /** What all of them read: every address, where it is the same for all; otherwise in relation to the node. */
  private common(members: readonly [r: number, c: number][], alone: boolean): Cell[] {
    const [[r, c]] = members as [[number, number]];
    const literal = this.cells(r, c, alone, false) ?? [];
    const key = literal.map(cellKey).join('\n');
    const isCommon = members.every(
      ([row, column]) => this.cells(row, column, alone, false)?.map(cellKey).join('\n') === key,
    );
    return isCommon ? literal : (this.cells(r, c, alone, true) ?? []);
  }

  private foldKey(r: number, c: number): string {
    const alone = !this.relative && this.table.rows[r]?.sources.length === 1;
    return this.cells(r, c, alone, this.relative)?.map(cellKey).join('\n') ?? '';
  }

  private cells(r: number, c: number, alone: boolean, relative: boolean): Cell[] | null {
    const cell = this.table.rows[r]?.cells[c] ?? null;
    return cell === null ? null : cell.map((answer) => this.cell(answer, r, alone, relative));
  }

  private cell(answer: number | null, r: number, alone: boolean, relative: boolean): Cell {
    const key = `${answer} ${r} ${alone} ${relative}`;
    let cell = this.known.get(key);
    if (cell === undefined) {
      const outcomes = answer === null ? null : (this.table.answers[answer] ?? null);
      cell = cellOf(outcomes, this.table, { sender: this.senderOf(r), alone, relative });
      this.known.set(key, cell);
    }
    return cell;
  }

  private words(cell: Cell): string[] {
    return cellLines(cell, (reason) => {
      const index = this.notes.indexOf(reason);
      return `[${index < 0 ? this.notes.push(reason) : index + 1}]`;
    });
  }

  private senderOf(r: number): MatrixSource {
    return this.matrix.sources[this.table.rows[r]?.sources[0] ?? 0] as MatrixSource;
  }

  private label(rows: readonly number[]): Lines {
    const sources = rows.flatMap((r) => this.table.rows[r]?.sources ?? []);
    const senders = sources.map((n) => this.matrix.sources[n] as MatrixSource);
    return senderLabel(senders, this.table, this.matrix.sources);
  }

  private destinations(columns: readonly number[]): MatrixTable['destinations'] {
    return columns.map((c) => this.table.destinations[c] as MatrixTable['destinations'][number]);
  }
}
