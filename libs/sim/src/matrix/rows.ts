/** From lines to tables: senders that fare alike become one row, and what is the same in all variants can be left out. */
import type { Line, Matrix, MatrixLines } from './matrix.js';
import type { Sender } from './question.js';
import type { MatrixCell, MatrixOutcome, MatrixQuestion, MatrixRow, MatrixSource, MatrixTable } from './result.js';

export interface Tables {
  sources: MatrixSource[];
  tables: MatrixTable[];
  withoutAddress: string[];
  withoutDifference: string[];
}

/** Throws ModelError where even the folded tables are too large. */
export function tablesOf(matrix: Matrix, { onlyDifferences }: MatrixQuestion): Tables {
  const tables = matrix.tables.map((lines) => tableOf(lines, matrix.senders));
  const shown = onlyDifferences ? tables.map(differencesOf) : tables;
  const names = new Set(shown.map(({ service }) => service));
  const different = shown.filter(({ rows }) => rows.length > 0 || !onlyDifferences);
  const withDifference = new Set(different.map(({ service }) => service));
  return {
    sources: matrix.senders.map(({ from, ...source }) => source),
    tables: different,
    withoutAddress: matrix.withoutAddress,
    withoutDifference: onlyDifferences ? [...names].filter((name) => !withDifference.has(name)) : [],
  };
}

function tableOf({ frame, answers, lines }: MatrixLines, senders: readonly Sender[]): MatrixTable {
  const rows = new Map<string, MatrixRow>();
  const texts = new Map<Line, string>();
  const textOf = (line: Line): string => {
    const text = texts.get(line) ?? line.join();
    texts.set(line, text);
    return text;
  };
  for (const [index, { kind, node, hostNetwork }] of senders.entries()) {
    const own = lines.map((byVariant) => byVariant[index] as Line);
    const key = `${kind} ${node} ${hostNetwork} ${own.map(textOf).join('|')}`;
    const row = rows.get(key);
    if (row !== undefined) row.sources.push(index);
    else
      rows.set(key, {
        sources: [index],
        cells: frame.destinations.map((_, at) => own.map((line) => line[at] ?? null)),
      });
  }
  return { ...frame, endpoints: answers.endpoints, answers: answers.list, rows: [...rows.values()] };
}

/** Without rows and destinations that are the same in all variants; a cell that is so becomes null. */
function differencesOf(table: MatrixTable): MatrixTable {
  const texts = table.answers.map(essence);
  const differs = (cell: readonly MatrixCell[] | null): boolean =>
    cell !== null && new Set(cell.map((answer) => (answer === null ? null : texts[answer]))).size > 1;
  const kept = table.destinations.map((_, at) => table.rows.some(({ cells }) => differs(cells[at] ?? null)));
  const rows = table.rows.map(({ sources, cells }) => ({
    sources,
    cells: cells.map((cell) => (differs(cell) ? cell : null)).filter((_, at) => kept[at]),
  }));
  return {
    ...table,
    destinations: table.destinations.filter((_, at) => kept[at]),
    rows: rows.filter(({ cells }) => cells.some((cell) => cell !== null)),
  };
}

/** What somebody outside could tell apart: not which rule or mark did it. */
function essence(answer: readonly MatrixOutcome[]): string {
  const parts = new Map<string, { probability: number; endpoints: Set<number> }>();
  for (const { verdict, seen, itself, endpoints, probability } of answer) {
    const key = JSON.stringify([verdict, seen, itself]);
    const part = parts.get(key) ?? { probability: 0, endpoints: new Set() };
    part.probability += probability;
    for (const endpoint of endpoints) part.endpoints.add(endpoint);
    parts.set(key, part);
  }
  const told = [...parts].map(([key, { probability, endpoints }]) => [
    key,
    probability.toFixed(4),
    [...endpoints].sort((a, b) => a - b).join(),
  ]);
  return JSON.stringify(told.sort());
}
