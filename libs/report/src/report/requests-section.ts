/** A sample of the requests, each with its path. */
import type { Overview, RequestRow } from '#sim';
import { latencyText } from '../request-mermaid.js';
import {
  attemptsText,
  OUTCOME_TEXT,
  type RequestPath,
  requestLine,
  requestPath,
  rewriteText,
  SOURCE_TEXT,
} from '../request-path.js';
import { fitted } from '../svg-text.js';
import { counted, countText, momentText, sentence } from './figures.js';
import { causeText } from './loss-text.js';
import { esc, note, section, swatch } from './markup.js';
import { outcomeClass } from './palette.js';

const NAME_MAX = 60;
const REASON_MAX = 320;

export function requestsSection({ samples, requests, binMs, bins }: Overview): string {
  if (samples.length === 0) return '';
  const groups = new Map<string, { title: string; rows: RequestRow[] }>();
  for (const row of samples) {
    const title = groupTitle(row);
    const group = groups.get(title) ?? { title, rows: [] };
    group.rows.push(row);
    groups.set(title, group);
  }
  const failuresFirst = [...groups.values()].sort((a, b) => rank(a.rows[0]!) - rank(b.rows[0]!));
  const kept =
    samples.length === requests
      ? `All ${counted(requests, 'request')}.`
      : `${countText(samples.length)} of ${counted(requests, 'request')}: the first failures of each kind, and some of every stretch of time.`;
  return section(
    'requests',
    'Requests and their paths',
    `<p>${esc(kept)} Open one to see its path.</p>`,
    ...failuresFirst.map(({ title, rows }, n) => {
      const items = rows.map((row) => requestItem(row, Math.min(bins.length - 1, Math.floor(row.atMs / binMs))));
      return `<details class="group"${n === 0 ? ' open' : ''}><summary>${swatch(outcomeClass(rows[0]!.outcome))} ${esc(title)} <span class="soft">(${countText(rows.length)})</span></summary>\n${items.join('\n')}\n</details>`;
    }),
    note('The server has every request: as JSON, NDJSON and CSV, by filters of time, outcome, pod and more.'),
  );
}

const rank = ({ outcome }: RequestRow) => (outcome === 'ok' ? 1 : 0);

function groupTitle({ outcome, cause, sourceKind }: RequestRow): string {
  if (outcome === 'ok') return sourceKind === null ? 'Answered' : `Answered; the pod saw ${SOURCE_TEXT[sourceKind]}`;
  return sentence(`${outcome}${cause === null ? '' : `: ${causeText(cause)}`}`);
}

function requestItem(row: RequestRow, bin: number): string {
  const path = requestPath(row);
  const way = path.stations.map(({ name }) => short(name)).join(' → ');
  return `<details class="req" id="r${row.request}" data-bin="${bin}"><summary>${swatch(outcomeClass(row.outcome))} <span class="n">${row.request}</span> <span class="when">${momentText(row.atMs)}</span> <span class="way">${esc(way)}</span> <span class="how">${row.status === null ? row.outcome : `${row.outcome} ${row.status}`}</span></summary>
<div class="body">${requestBody(row, path)}</div></details>`;
}

function requestBody(row: RequestRow, path: RequestPath): string {
  const ended = `${path.answered ? 'answered' : 'over'} after ${latencyText(row.latencyUs)}, ${attemptsText(row)}`;
  const why = [
    ...(row.outcome === 'ok' ? [] : [`<p class="fail">${esc(sentence(OUTCOME_TEXT[row.outcome]))}</p>`]),
    ...(row.reason === null ? [] : [`<p><code class="reason">${esc(fitted(row.reason, REASON_MAX))}</code></p>`]),
  ];
  return [
    `<p><code>${esc(fitted(requestLine(row), 90))}</code>, sent at ${momentText(row.atMs)}, ${esc(ended)}</p>`,
    stationList(row, path),
    ...why,
    `<p class="server" hidden><a href="requests/${row.request}/diagram?format=svg">Picture from the server</a></p>`,
  ].join('\n');
}

const KIND_TEXT = { client: 'Client', loadBalancer: 'Load balancer', node: 'Node', pod: 'Pod', target: 'Destination' };

function stationList(row: RequestRow, { stations, legs }: RequestPath): string {
  const items = stations.flatMap((station, n) => {
    const leg = legs[n - 1];
    const rewrite = leg ? rewriteText(leg) : null;
    const between = leg?.fatal
      ? [`<li class="stop">${esc(row.outcome)}</li>`]
      : rewrite === null
        ? []
        : [`<li class="nat">${esc(rewrite)}</li>`];
    const kind = KIND_TEXT[station.kind];
    const role = station.detail === '' || station.detail === kind.toLowerCase() ? kind : `${kind} · ${station.detail}`;
    const saw =
      station.kind === 'pod' && row.sourceIp !== null
        ? `<em>saw ${esc(row.sourceIp)}${row.sourceKind === null ? '' : `, ${SOURCE_TEXT[row.sourceKind]}`}</em>`
        : '';
    const place = station.kind === 'node' || station.kind === 'pod' ? 'station inside' : 'station';
    return [
      ...between,
      `<li class="${place}"><small>${esc(role)}</small><b>${esc(short(station.name))}</b>${saw}</li>`,
    ];
  });
  return `<ol class="path" aria-label="Path">${items.join('')}</ol>`;
}

function short(name: string): string {
  return fitted(name.replace(/^default\//, ''), NAME_MAX);
}
