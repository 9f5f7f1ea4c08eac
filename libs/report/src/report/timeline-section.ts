import { OUTCOMES } from '#sim';
import { fitted } from '../svg-text.js';
import { countText, latencyShort, spanText, timeText } from './figures.js';
import { charts, esc, more, note, section, swatch, table } from './markup.js';
import { outcomeClass } from './palette.js';
import type { MarkedEvents } from './run-events.js';
import { outcomesOf, type TimelineData, timelineChart } from './timeline-chart.js';

const LANE_ROWS_MAX = 200;

/** The chart, what its signs mean, and the same as tables. */
export function timelineSection(data: TimelineData, { events, leftOut }: MarkedEvents): string {
  const { bins, binMs, lanes } = data;
  const outcomes = outcomesOf(bins);
  const hasLanes = lanes.groups.length > 0;
  const about = `Requests per ${spanText(binMs)} from 0 to ${timeText(data.endMs)}, by how they ended${hasLanes ? ', with health checks under them' : ''}. The same as tables below.`;
  return section(
    'timeline',
    'Outcome over time',
    `<div class="scrub" role="img" aria-label="${esc(about)}">${charts((frame) => timelineChart(data, frame))}</div>`,
    `<ul class="legend" aria-label="Colours">${[
      ...outcomes.map((name) => `<li>${swatch(outcomeClass(name))} ${name === 'ok' ? 'answered' : esc(name)}</li>`),
      ...(hasLanes ? LANE_LEGEND : []),
    ].join('')}</ul>`,
    note('A request stands where it was sent, not where it ended.'),
    '<div id="moment" class="panel" hidden></div>',
    eventList(events, leftOut),
    ...lanes.notes.map(note),
    more('Outcome over time as a table', binTable(data)),
    ...(hasLanes ? [more('Health checks as a table', laneTable(data))] : []),
  );
}

const laneSwatch = (shape: string) =>
  `<svg class="swatch lane" viewBox="0 0 24 12" aria-hidden="true" focusable="false">${shape}</svg>`;
const LANE_LEGEND = [
  `<li>${laneSwatch('<rect class="up" y="1" width="24" height="10"/>')} 200, healthy</li>`,
  `<li>${laneSwatch('<rect class="down" y="1" width="24" height="10"/><path class="hatch" d="M0 11L10 1M7 11L17 1M14 11L24 1"/>')} 503, unhealthy</li>`,
  `<li>${laneSwatch('<rect class="gone" y="5" width="24" height="2"/>')} nothing listens, no target</li>`,
];

function eventList(events: MarkedEvents['events'], leftOut: number): string {
  if (events.length === 0) return '';
  const items = events.map(
    ({ number, atMs, untilMs, text, refused }) =>
      `<li data-ms="${atMs}"><span class="badge">${number}</span> <span><span class="when">${timeText(atMs)}${untilMs === null ? '' : ` to ${timeText(untilMs)}`}</span> <span class="what">${esc(text)}${refused === null ? '' : ` <strong class="fail">refused:</strong> ${esc(fitted(refused, 200))}`}</span></span></li>`,
  );
  return `<h3>What happened to the cluster</h3>\n<ol class="events">${items.join('\n')}</ol>${leftOut > 0 ? note(`${countText(leftOut)} more came after these.`) : ''}`;
}

function binTable({ bins }: TimelineData): string {
  const outcomes = outcomesOf(bins);
  const rows = bins
    .filter(({ requests }) => requests > 0)
    .map(({ fromMs, toMs, requests, outcomes: counts, latencyUs }) => [
      timeText(fromMs),
      timeText(toMs),
      countText(requests),
      ...outcomes.map((name) => countText(counts[OUTCOMES.indexOf(name)]!)),
      ...(latencyUs === null
        ? ['–', '–', '–']
        : [latencyUs.quantiles[0], latencyUs.quantiles[2], latencyUs.max].map(latencyShort)),
    ]);
  const endings = outcomes.map((name) => `#${name === 'ok' ? 'answered' : name}`);
  return table('Outcome over time', ['#From', '#To', '#Requests', ...endings, '#p50', '#p99', '#max'], rows);
}

function laneTable({ lanes }: TimelineData): string {
  const rows = lanes.groups.flatMap(({ title, blocks }) =>
    blocks.flatMap(({ node, lanes: lines }) =>
      lines.flatMap(({ label, stretches }) =>
        stretches.map(({ fromMs, toMs, text }) => [
          esc(fitted(title, 60)),
          esc(fitted(node, 60)),
          label === 'balancer' ? 'load balancer' : esc(label),
          timeText(fromMs),
          timeText(toMs),
          esc(text),
        ]),
      ),
    ),
  );
  const headers = ['Of', 'Node', 'Who', '#From', '#To', 'State'];
  const cut =
    rows.length > LANE_ROWS_MAX ? note(`${countText(rows.length - LANE_ROWS_MAX)} rows more are left out.`) : '';
  return table('Health checks', headers, rows.slice(0, LANE_ROWS_MAX)) + cut;
}
