/**
 * Rows and columns of a grid that need not be told apart: in each class everybody has the same value for every class of the
 * other side. Where both sides have a node, a value may hang on whether it is the same one.
 */

export interface Side {
  /** What it is; unlike kinds are never folded. */
  kind: string;
  node: string | null;
}

export interface Folded {
  /** Indices, in the order of the first of each class. */
  rows: number[][];
  columns: number[][];
}

export type Relation = 'same node' | 'another node' | 'any';

export function relationOf(row: Side, column: Side): Relation {
  if (row.node === null || column.node === null) return 'any';
  return row.node === column.node ? 'same node' : 'another node';
}

/** `value`: of row and column; equal texts are equal values. */
export function foldGrid(
  rows: readonly Side[],
  columns: readonly Side[],
  value: (row: number, column: number) => string,
): Folded {
  let rowClasses = classesOf(rows.map(({ kind }) => kind));
  let columnClasses = classesOf(columns.map(({ kind }) => kind));
  for (;;) {
    const before = sizeOf(rowClasses) + sizeOf(columnClasses);
    rowClasses = classesOf(
      rows.map((row, r) => {
        const seen = columns.map((column, c) => `${columnClasses[c]} ${relationOf(row, column)} ${value(r, c)}`);
        return `${rowClasses[r]}\n${distinct(seen)}`;
      }),
    );
    columnClasses = classesOf(
      columns.map((column, c) => {
        const seen = rows.map((row, r) => `${rowClasses[r]} ${relationOf(row, column)} ${value(r, c)}`);
        return `${columnClasses[c]}\n${distinct(seen)}`;
      }),
    );
    if (sizeOf(rowClasses) + sizeOf(columnClasses) > before) continue;
    const mixed = mixedColumns(rows, columns, rowClasses, columnClasses, value);
    if (mixed === null) return { rows: membersOf(rowClasses), columns: membersOf(columnClasses) };
    columnClasses = classesOf(columnClasses.map((own, c) => (own === mixed ? `${own} ${c}` : `${own}`)));
  }
}

/** A class of columns in which somebody sees several values, each in another column: it has to be taken apart. */
function mixedColumns(
  rows: readonly Side[],
  columns: readonly Side[],
  rowClasses: readonly number[],
  columnClasses: readonly number[],
  value: (row: number, column: number) => string,
): number | null {
  const values = new Map<string, string>();
  for (const [r, row] of rows.entries())
    for (const [c, column] of columns.entries()) {
      const key = `${rowClasses[r]} ${columnClasses[c]} ${relationOf(row, column)}`;
      const known = values.get(key);
      if (known !== undefined && known !== value(r, c)) return columnClasses[c] as number;
      values.set(key, value(r, c));
    }
  return null;
}

/** A number for each, the same where the texts are the same. */
function classesOf(texts: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return texts.map((text) => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
}

function sizeOf(classes: readonly number[]): number {
  return new Set(classes).size;
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join('\n');
}

function membersOf(classes: readonly number[]): number[][] {
  const members: number[][] = [];
  for (const [index, number] of classes.entries()) {
    members[number] ??= [];
    members[number].push(index);
  }
  return members;
}
