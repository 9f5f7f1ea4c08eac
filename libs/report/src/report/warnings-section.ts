import { fitted } from '../svg-text.js';
import { countText } from './figures.js';
import { esc, note, section } from './markup.js';
import type { ReportInput } from './report-input.js';

const WARNINGS_MAX = 40;

/** What of the scenario may not be as it was meant; empty where all of it is clear. */
export function warningsSection({ warnings }: ReportInput): string {
  if (warnings.length === 0) return '';
  const items = warnings.slice(0, WARNINGS_MAX).map(({ path, message, hint }) => {
    const place = path === '' ? '' : `<code>${esc(fitted(path, 120))}</code> `;
    return `<li>${place}${esc(fitted(message, 300))} <span class="soft">${esc(fitted(hint, 300))}</span></li>`;
  });
  const left = warnings.length - items.length;
  return section(
    'warnings',
    'Warnings',
    '<p>What of the scenario may not be as it was meant. It ran all the same.</p>',
    `<ul class="warnings">${items.join('\n')}</ul>`,
    left > 0 ? note(`${countText(left)} more are left out.`) : '',
  );
}
