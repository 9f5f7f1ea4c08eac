/** The timeline alone, as a picture that stands for itself: outcomes, lanes, events and what they were. */
import { escapeXml, fitted, wrapped } from '../svg-text.js';
import { FRAMES, text } from './chart-frame.js';
import { countText, timeText } from './figures.js';
import { headline } from './headline.js';
import { lossesOf } from './loss-text.js';
import { CHART_STYLE, customProperties, DARK, LIGHT, outcomeClass } from './palette.js';
import { timelineData } from './report-html.js';
import type { ReportInput } from './report-input.js';
import { runEvents } from './run-events.js';
import { outcomesOf, timelineChart } from './timeline-chart.js';

const MARGIN = 20;
const LINE = 18;
const EVENTS_MAX = 20;

const STYLE = `svg{${customProperties(LIGHT)}}
@media (prefers-color-scheme:dark){svg{${customProperties(DARK)}}}
${CHART_STYLE}
.chart .h{font-size:17px;font-weight:600;fill:var(--ink)}.chart .p{font-size:13px;fill:var(--ink)}`;

export function timelinePicture(input: ReportInput): string {
  const { scenario } = input;
  const frame = FRAMES[0]!;
  const { events, leftOut } = runEvents(input);
  const lead = headline(input, lossesOf(input), events);
  const chart = timelineChart(timelineData(input), frame);
  const leadLines = wrapped(lead, 145);
  const chartTop = 40 + leadLines.length * LINE + 22;
  const below = [...legend(input, chartTop + chart.height + 14)];
  let y = chartTop + chart.height + 14 + 24;
  const shown = events.slice(0, EVENTS_MAX);
  for (const { number, atMs, text: what, refused } of shown) {
    const line = `${timeText(atMs)}  ${what}${refused === null ? '' : ` (refused: ${refused})`}`;
    below.push(
      `<rect class="badge" y="${y - 12}" width="24" height="16" rx="8"/>${text(12, y, 'badgetext', String(number))}`,
      text(32, y, 'p', fitted(line, 130)),
    );
    y += LINE + 3;
  }
  const hidden = events.length - shown.length + leftOut;
  if (hidden > 0) {
    below.push(text(32, y, '', `and ${countText(hidden)} more`));
    y += LINE;
  }
  const width = frame.width + 2 * MARGIN;
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(scenario.name)}</title>`,
    `<desc id="desc">${escapeXml(lead)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="10"/>`,
    `<g transform="translate(${MARGIN} 0)">`,
    text(0, 34, 'h', fitted(scenario.name, 90)),
    ...leadLines.map((line, n) => text(0, 56 + n * LINE, 'p', line)),
    `<g transform="translate(0 ${chartTop})">`,
    ...chart.shapes,
    '</g>',
    ...below,
    '</g>',
    '</svg>',
  ].join('\n');
}

function legend({ overview }: ReportInput, y: number): string[] {
  let x = 0;
  return outcomesOf(overview.bins).map((name) => {
    const label = name === 'ok' ? 'answered' : name;
    const shape = `<rect class="${outcomeClass(name)}" x="${x}" y="${y - 10}" width="12" height="12" rx="2"/>${text(x + 18, y, 'p', label)}`;
    x += 40 + label.length * 7.5;
    return shape;
  });
}
