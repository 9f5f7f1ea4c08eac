/** Pieces of HTML. Every text that comes from a scenario or a run goes through `esc`. */
import { escapeXml } from '../svg-text.js';
import { FRAMES, type Frame } from './chart-frame.js';
import type { Picture } from './timeline-chart.js';

export const esc = escapeXml;

/**
 * Headers; those that begin with `#` stand over numbers. Cells are HTML. `cards`: where there is no room for columns, a
 * row stands as a list of its cells, each with its header; it stays a table for those who hear it.
 */
export function table(
  caption: string,
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  look: 'plain' | 'cards' = 'plain',
): string {
  return look === 'cards' ? cards(caption, headers, rows) : plainTable(caption, headers, rows);
}

function cards(caption: string, headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const names = headers.map((header) => esc(header.replace(/^#/, '')));
  const head = names.map((name) => `<th scope="col" role="columnheader">${name}</th>`).join('');
  const body = rows.map(
    (cells) =>
      `<tr role="row">${cells.map((cell, n) => `<td role="cell" data-name="${names[n]}"><div>${cell}</div></td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table class="cards ${esc(caption.toLowerCase())}" role="table"><caption>${esc(caption)}</caption><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${body.join('\n')}</tbody></table></div>`;
}

function plainTable(caption: string, headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = headers.map((header) => header.startsWith('#'));
  const look = (n: number) => (isNumber[n] ? ' class="num"' : '');
  const head = headers.map((header, n) => `<th scope="col"${look(n)}>${esc(header.replace(/^#/, ''))}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell, n) => `<td${look(n)}>${cell}</td>`).join('')}</tr>`);
  return `<div class="scroll" role="region" tabindex="0" aria-label="${esc(caption)}"><table><caption>${esc(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

/** A chart in each of its widths, of which one is shown. */
export function charts(draw: (frame: Frame) => Picture): string {
  return FRAMES.map((frame) => {
    const { width, height, shapes } = draw(frame);
    return `<svg class="chart ${frame.name}" viewBox="0 0 ${width} ${height}" data-left="${frame.left}" data-right="${frame.right}" aria-hidden="true" focusable="false">${shapes.join('')}<rect class="cursor" y="0" height="${height}" width="0"/></svg>`;
  }).join('\n');
}

export function section(id: string, title: string, ...content: string[]): string {
  return `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${esc(title)}</h2>\n${content.join('\n')}\n</section>`;
}

export function swatch(look: string): string {
  return `<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true" focusable="false"><rect class="${look}" width="12" height="12" rx="2"/></svg>`;
}

export function more(summary: string, ...content: string[]): string {
  return `<details class="more"><summary>${esc(summary)}</summary>\n${content.join('\n')}\n</details>`;
}

export function note(text: string): string {
  return `<p class="note">${esc(text)}</p>`;
}
