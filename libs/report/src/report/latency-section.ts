import type { Overview } from '#sim';
import { countText, latencyShort, shareText } from './figures.js';
import { latencyChart, QUANTILE_NAMES, spreadBars, spreadChart } from './latency-charts.js';
import { charts, esc, more, note, section, table } from './markup.js';
import type { MarkedEvent } from './run-events.js';

const LEGEND = QUANTILE_NAMES.map(
  (name, n) =>
    `<li><svg class="swatch lane" viewBox="0 0 24 12" aria-hidden="true" focusable="false"><path class="q${n}" d="M1 6H23"/></svg> ${name}</li>`,
);

/** Of answered requests; empty without any. */
export function latencySection(overview: Overview, endMs: number, events: readonly MarkedEvent[]): string {
  const { latencyUs, quantileError, bins } = overview;
  if (latencyUs === null) return section('latency', 'Latency', note('No request was answered.'));
  const answered = bins.reduce((sum, { outcomes }) => sum + outcomes[0]!, 0);
  const [p50, p90, p99] = latencyUs.quantiles.map(latencyShort);
  const said = `Half of the ${countText(answered)} answers came within ${p50}, 90 % within ${p90}, 99 % within ${p99}; the slowest took ${latencyShort(latencyUs.max)}.`;
  const rows = spreadBars(overview)
    .filter(({ count }) => count > 0)
    .map(({ fromUs, toUs, count }) => [
      latencyShort(fromUs),
      latencyShort(toUs),
      countText(count),
      shareText(count, answered),
    ]);
  return section(
    'latency',
    'Latency',
    `<p>${esc(said)}</p>`,
    `<h3>Over time</h3>\n<div role="img" aria-label="Latency over time; the table of outcomes over time has its numbers.">${charts((frame) => latencyChart(overview, endMs, events, frame))}</div>`,
    `<ul class="legend" aria-label="Lines">${LEGEND.join('')}</ul>`,
    `<h3>How it spreads</h3>\n<div role="img" aria-label="${esc(said)}">${charts((frame) => spreadChart(overview, frame))}</div>`,
    more('The spread as a table', table('Answers by latency', ['#From', '#To', '#Answers', '#Share'], rows)),
    note(
      `Answered requests only; both axes of latency are logarithmic; quantiles are exact to ${(quantileError * 100).toFixed(1)} %.`,
    ),
  );
}
