/** A matrix as Markdown: each section with its table and notes, and at the end what the words mean. */
import type { MatrixResult } from '#sim';
import { matrixIntro, matrixLegend, matrixRemarks } from './matrix-legend.js';
import { type Lines, matrixSection, type Section } from './matrix-view.js';

export function matrixMarkdown(matrix: MatrixResult): string {
  const sections = matrix.tables.map((table) => matrixSection(matrix, table));
  const legend = matrixLegend(sections).map(([word, meaning]) => `- **${word}**: ${meaning}`);
  const blocks = [
    ['# Who reaches what'],
    matrixIntro(matrix),
    ...sections.flatMap(sectionBlocks),
    matrixRemarks(matrix),
    legend,
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function sectionBlocks({ title, details, grid, notes }: Section): string[][] {
  const { head, rows } = grid;
  return [
    [`## ${title}`],
    [details.join('. ')],
    [tableRow(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(tableRow)],
    notes.map((note, n) => `- [${n + 1}] ${note.startsWith('-t ') ? `\`${note}\`` : note}`),
  ];
}

function tableRow(cells: readonly Lines[]): string {
  return `| ${cells.map((lines) => lines.map(escaped).join('<br>')).join(' | ')} |`;
}

/** What would end the cell or start markup. */
function escaped(text: string): string {
  return text.replace(/[\\|<>*_`[\]]/g, '\\$&');
}
