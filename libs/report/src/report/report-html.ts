/**
 * A run as one file for people: it opens from a disk, asks nobody for anything and needs no script to be read. At most
 * 1.5 MB whatever the run: bins, lanes, rows, samples and the lengths of texts have limits, and what is left out is said.
 */
import { OUTCOMES } from '#sim';
import { fitted } from '../svg-text.js';
import { aboutSection } from './about-section.js';
import { expectationsSection } from './expectations-section.js';
import { countText, latencyShort, shareText, timeText } from './figures.js';
import { headline } from './headline.js';
import { healthLanes } from './lanes.js';
import { latencySection } from './latency-section.js';
import { type Loss, lossesOf } from './loss-text.js';
import { lossesSection } from './losses-section.js';
import { esc } from './markup.js';
import { outcomeClass } from './palette.js';
import type { ReportInput } from './report-input.js';
import { requestsSection } from './requests-section.js';
import { runEvents } from './run-events.js';
import { REPORT_SCRIPT } from './script.js';
import { podsSection, sourcesSection } from './sources-section.js';
import { REPORT_STYLE } from './style.js';
import { outcomesOf, type TimelineData } from './timeline-chart.js';
import { timelineSection } from './timeline-section.js';
import { warningsSection } from './warnings-section.js';

const BYTES_MAX = 1.5e6;

/** What the file allows itself, as a content policy; `hash`: SHA-256 in base64. */
export function reportPolicy(hash: (text: string) => string): string {
  return [
    "default-src 'none'",
    'img-src data:',
    `style-src 'sha256-${hash(REPORT_STYLE)}'`,
    `script-src 'sha256-${hash(REPORT_SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Names of many bytes a sign may need more room than the limits of rows give: then fewer requests are kept. */
export function reportHtml(input: ReportInput, hash: (text: string) => string): string {
  const { samples } = input.overview;
  let html = '';
  for (const share of [1, 0.25, 0.05]) {
    const kept = samples.filter((_, n) => Math.floor(n * share) !== Math.floor((n - 1) * share));
    html = wholeHtml({ ...input, overview: { ...input.overview, samples: kept } }, hash);
    if (new TextEncoder().encode(html).length <= BYTES_MAX) return html;
  }
  return html;
}

function wholeHtml(input: ReportInput, hash: (text: string) => string): string {
  const { overview, scenario } = input;
  const losses = lossesOf(input);
  const happened = runEvents(input);
  const data = timelineData(input);
  const lead = headline(input, losses, happened.events);
  const sections = [
    warningsSection(input),
    expectationsSection(input),
    timelineSection(data, happened),
    sourcesSection(overview),
    podsSection(overview),
    latencySection(overview, data.endMs, happened.events),
    lossesSection(losses, happened.events),
    requestsSection(overview),
    aboutSection(input),
  ].filter((part) => part !== '');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${esc(reportPolicy(hash))}">
<meta name="referrer" content="no-referrer">
<title>${esc(fitted(scenario.name, 200))}: report</title>
<link rel="icon" href="data:,">
<style>${REPORT_STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the report</a>
<header>
<p class="brand">Hairpin report</p>
<h1>${esc(fitted(scenario.name, 200))}</h1>
<p class="lead">${esc(lead)}</p>
${stats(input, losses)}
<nav aria-label="Sections"><ul>${sections.map(sectionLink).join('')}</ul></nav>
</header>
<main id="content">
${sections.join('\n')}
</main>
<footer>One file, complete in itself. Made by Hairpin ${esc(input.version)}.</footer>
<script type="application/json" id="data">${scriptData(data)}</script>
<script>${REPORT_SCRIPT}</script>
</body>
</html>
`;
}

export function timelineData(input: ReportInput): TimelineData {
  const { overview, result } = input;
  return {
    binMs: overview.binMs,
    // Nothing happens in a run of no time, but it has a picture.
    endMs: Math.max(result.summary.virtualMs, 1),
    bins: overview.bins,
    events: runEvents(input).events,
    lanes: healthLanes(result.healthz),
  };
}

function stats({ overview, result }: ReportInput, losses: readonly Loss[]): string {
  const { requests, latencyUs } = overview;
  const failed = losses.reduce((sum, { count }) => sum + count, 0);
  const { expectations } = result;
  const met = expectations.filter(({ passed }) => passed).length;
  const tiles: [string, string, string][] = [
    ['', countText(requests), 'requests'],
    ['', shareText(requests - failed, requests), 'answered'],
    [failed > 0 ? 'fail' : '', countText(failed), 'failed'],
    ...(latencyUs === null
      ? []
      : ([
          ['', latencyShort(latencyUs.quantiles[0]), 'median latency'],
          ['', latencyShort(latencyUs.quantiles[2]), '99th percentile'],
        ] satisfies [string, string, string][])),
    ...(expectations.length === 0
      ? []
      : ([
          [met < expectations.length ? 'fail' : 'pass', `${met} of ${expectations.length}`, 'expectations met'],
        ] satisfies [string, string, string][])),
  ];
  const items = tiles.map(
    ([look, value, name]) => `<li><b${look === '' ? '' : ` class="${look}"`}>${value}</b><span>${name}</span></li>`,
  );
  return `<ul class="stats" aria-label="Figures">${items.join('')}</ul>`;
}

function sectionLink(html: string): string {
  const [, id, title] = /^<section id="([a-z]+)"[^>]*><h2[^>]*>([^<]*)<\/h2>/.exec(html)!;
  return `<li><a href="#${id}">${title}</a></li>`;
}

/** What the script needs and the page does not say in a form for scripts. */
function scriptData({ bins, binMs, endMs, lanes }: TimelineData): string {
  const outcomes = outcomesOf(bins);
  const places = outcomes.map((name) => OUTCOMES.indexOf(name));
  const data = {
    binMs,
    endMs,
    names: outcomes.map((name) => (name === 'ok' ? 'answered' : name)),
    looks: outcomes.map(outcomeClass),
    bins: bins.map(({ fromMs, toMs, outcomes: counts, latencyUs }) => ({
      span: `${timeText(fromMs)} to ${timeText(Math.min(toMs, endMs))}`,
      counts: places.map((place) => counts[place]),
      latency:
        latencyUs === null
          ? ''
          : `Median ${latencyShort(latencyUs.quantiles[0])}, 99 % within ${latencyShort(latencyUs.quantiles[2])}, slowest ${latencyShort(latencyUs.max)}`,
    })),
    nodes: lanes.groups.flatMap(({ blocks }) =>
      blocks.map(({ node, lanes: lines }) => [
        fitted(node, 60),
        lines.map(({ label, stretches }) => [label, stretches.map(({ toMs, state, text }) => [toMs, state, text])]),
      ]),
    ),
  };
  return JSON.stringify(data).replace(
    /[<>\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
