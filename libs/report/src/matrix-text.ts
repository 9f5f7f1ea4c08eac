/** A matrix as plain text: each section with its table in columns, notes below it, and at the end what the words mean. */
import type { MatrixResult } from '#sim';
import { matrixIntro, matrixLegend, matrixRemarks } from './matrix-legend.js';
import { type Grid, type Lines, matrixSection, type Section } from './matrix-view.js';

/** Of a line; beyond that the columns go on in a second table. */
const MOST_WIDTH = 170;
const GAP = '  ';

export function matrixText(matrix: MatrixResult): string {
  const sections = matrix.tables.map((table) => matrixSection(matrix, table));
  const legend = matrixLegend(sections).map(([word, meaning]) => [[word], [meaning]]);
  const blocks = [
    matrixIntro(matrix),
    ...sections.flatMap(sectionBlocks),
    matrixRemarks(matrix),
    legend.length === 0 ? [] : tableLines(legend),
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function sectionBlocks({ title, details, grid, notes }: Section): string[][] {
  return [
    [title, ...details.map((line) => `  ${line}`)],
    ...narrowed(grid).map(({ head, rows }) => tableLines([head, ...flowing(rows)])),
    notes.map((note, n) => `  [${n + 1}] ${note}`),
  ];
}

/** Several grids with the same labels where one would be too wide. */
function narrowed({ labels, head, rows }: Grid): Grid[] {
  const widths = head.map((_, column) => widthOf([head, ...rows], column) + GAP.length);
  const first = Array.from({ length: labels }, (_, column) => column);
  const fixed = first.reduce((sum, column) => sum + (widths[column] ?? 0), 0);
  const groups: number[][] = [[]];
  let width = fixed;
  for (let column = labels; column < head.length; column++) {
    const own = widths[column] ?? 0;
    if (width > fixed && width + own > MOST_WIDTH) {
      groups.push([]);
      width = fixed;
    }
    width += own;
    groups.at(-1)?.push(column);
  }
  const chosen = (row: readonly Lines[], columns: readonly number[]) => [...first, ...columns].map((n) => row[n] ?? []);
  return groups.map((columns) => ({
    labels,
    head: chosen(head, columns),
    rows: rows.map((row) => chosen(row, columns)),
  }));
}

/** A label of several lines goes on before the next row where that has none. */
function flowing(rows: readonly Lines[][]): Lines[][] {
  let rest: Lines = [];
  return rows.map(([own = [], ...cells], n) => {
    const label = own.length > 0 ? own : rest;
    const height = Math.max(1, ...cells.map((lines) => lines.length));
    const goesOn = rows[n + 1]?.[0]?.length === 0;
    rest = goesOn ? label.slice(height) : [];
    return [goesOn ? label.slice(0, height) : label, ...cells];
  });
}

/** Cells may have several lines; nothing stands behind the last column. */
function tableLines(rows: readonly (readonly Lines[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => widthOf(rows, column));
  return rows.flatMap((row) => {
    const height = Math.max(1, ...row.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) =>
      widths
        .map((width, column) => (row[column]?.[line] ?? '').padEnd(width))
        .join(GAP)
        .trimEnd(),
    );
  });
}

function widthOf(rows: readonly (readonly Lines[])[], column: number): number {
  return rows.reduce((most, row) => Math.max(most, ...(row[column] ?? []).map((line) => line.length)), 0);
}
