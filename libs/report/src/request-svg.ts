import type { Outcome, RequestRow } from '#sim';
import { latencyText } from './request-mermaid.js';
import {
  attemptsText,
  OUTCOME_TEXT,
  type RequestLeg,
  type RequestPath,
  type RequestStation,
  requestLine,
  requestPath,
  rewriteText,
  SOURCE_TEXT,
} from './request-path.js';
import { escapeXml, fitted, wrapped } from './svg-text.js';

const WIDTH = 560;
const MARGIN = 20;
const HEADER = 104;
const BOX = 58;
const GAP = 46;
const LINE = 20;
/** The column of the arrows. */
const RAIL_X = 52;

const KIND_TEXT: Record<RequestStation['kind'], string> = {
  client: 'Client',
  loadBalancer: 'Load balancer',
  node: 'Node',
  pod: 'Pod',
  target: 'Destination',
};

const STYLE = `
.paper{fill:#fff}.ink{fill:#1b1f24}.soft{fill:#57606a}.box{fill:#f3f5f8;stroke:#c9d1d9}.k8s{fill:#326ce5;stroke:#326ce5}
.onk8s{fill:#fff}.rail{stroke:#57606a;fill:none;stroke-width:2}.head{fill:#57606a}.good{fill:#1a7f37}.bad{fill:#b42318}
.badline{stroke:#b42318;fill:none;stroke-width:2}.nat{fill:#8a4b00}
text{font-family:system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:14px}
.title{font-size:17px;font-weight:600}.name{font-weight:600}.small{font-size:12px}
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{fill:#e6edf3}.soft{fill:#9ba4ae}.box{fill:#171d26;stroke:#3d4652}
.rail{stroke:#9ba4ae}.head{fill:#9ba4ae}.good{fill:#4ac26b}.bad{fill:#ff7b72}.badline{stroke:#ff7b72}.nat{fill:#f0b35c}}`;

/**
 * The path of one request as a picture for people: stations from top to bottom, what was rewritten between them, what
 * the pod saw and how it ended. Self-contained: no script, font or link from elsewhere; light and dark.
 */
export function requestSvg(row: RequestRow): string {
  const path = requestPath(row);
  const footer = footerLines(row);
  const height = HEADER + path.stations.length * BOX + path.legs.length * GAP + MARGIN + footer.length * LINE + MARGIN;
  const id = `request-${row.request}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc">`,
    `<title id="${id}-title">${escapeXml(`Request ${row.request}: ${requestLine(row)}`)}</title>`,
    `<desc id="${id}-desc">${escapeXml(description(row, path))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="10"/>`,
    ...header(row, path.answered),
    ...path.legs.map((leg, index) => legShape(leg, stationY(index) + BOX, row.outcome)),
    ...path.stations.map((station, index) => stationShape(station, stationY(index))),
    ...footer.map(({ text, look }, index) =>
      textShape(MARGIN, height - MARGIN - (footer.length - 1 - index) * LINE, look, text),
    ),
    '</svg>',
  ].join('\n');
}

function header(row: RequestRow, answered: boolean): string[] {
  const badge = row.status === null ? row.outcome : `${row.outcome} ${row.status}`;
  const service = row.service === null ? '' : `, ${fitted(row.service, 34)}`;
  const ended = `${answered ? 'answered' : 'over'} after ${latencyText(row.latencyUs)}`;
  return [
    textShape(MARGIN, 34, 'ink title', fitted(requestLine(row), 36)),
    `<text x="${WIDTH - MARGIN}" y="34" text-anchor="end" class="${row.outcome === 'ok' ? 'good' : 'bad'} title">${escapeXml(badge)}</text>`,
    textShape(MARGIN, 60, 'soft', `request ${row.request}${service}`),
    textShape(MARGIN, 80, 'soft', `sent at ${(row.atMs / 1000).toFixed(3)} s, ${ended}, ${attemptsText(row)}`),
  ];
}

function stationShape(station: RequestStation, y: number): string {
  const inCluster = station.kind === 'node' || station.kind === 'pod';
  const ink = inCluster ? 'onk8s' : 'ink';
  const detail = station.detail === KIND_TEXT[station.kind].toLowerCase() ? '' : station.detail;
  return [
    `<g><title>${escapeXml(`${KIND_TEXT[station.kind]} ${station.name}`)}</title>`,
    `<rect class="${inCluster ? 'k8s' : 'box'}" x="${MARGIN}" y="${y}" width="${WIDTH - 2 * MARGIN}" height="${BOX}" rx="${station.kind === 'node' ? 4 : BOX / 2}"/>`,
    textShape(
      MARGIN + 24,
      y + 23,
      `${inCluster ? 'onk8s' : 'soft'} small`,
      detail === '' ? KIND_TEXT[station.kind] : `${KIND_TEXT[station.kind]} · ${detail}`,
    ),
    textShape(MARGIN + 24, y + 44, `${ink} name`, fitted(station.name, 58)),
    '</g>',
  ].join('');
}

function legShape(leg: RequestLeg, y: number, outcome: Outcome): string {
  const end = y + GAP;
  const middle = y + GAP / 2;
  if (leg.fatal) {
    const cross = `<path class="badline" d="M${RAIL_X} ${y}V${middle - 9}M${RAIL_X - 8} ${middle - 8}l16 16m0 -16l-16 16"/>`;
    return `${cross}${textShape(RAIL_X + 24, middle + 5, 'bad name', outcome)}`;
  }
  const rewrite = rewriteText(leg);
  const dash = rewrite === null ? '' : ' stroke-dasharray="4 4"';
  const arrow = `<path class="rail"${dash} d="M${RAIL_X} ${y}V${end - 9}"/><path class="head" d="M${RAIL_X - 6} ${end - 10}h12l-6 10z"/>`;
  return rewrite === null ? arrow : `${arrow}${textShape(RAIL_X + 24, middle + 5, 'nat', rewrite)}`;
}

function footerLines(row: RequestRow): { text: string; look: string }[] {
  const lines: { text: string; look: string }[] = [];
  const add = (look: string, text: string) => {
    for (const line of wrapped(text, 60)) lines.push({ text: line, look });
  };
  if (row.sourceIp !== null) add('ink name', `The pod saw ${sourceText(row)}`);
  if (row.forwardedFor !== null) add('ink', `Client's address forwarded: ${row.forwardedFor}`);
  if (row.outcome !== 'ok') add('bad', sentence(OUTCOME_TEXT[row.outcome]));
  if (row.reason !== null) add('soft', row.reason);
  return lines;
}

function sourceText({ sourceIp, sourceKind }: RequestRow): string {
  return sourceKind === null ? `${sourceIp}` : `${sourceIp}, ${SOURCE_TEXT[sourceKind]}`;
}

/** The picture in words, for a screen reader. */
function description(row: RequestRow, { stations }: RequestPath): string {
  const way = stations.map(({ kind, name }) => `${KIND_TEXT[kind].toLowerCase()} ${name}`).join(', then ');
  const saw = row.sourceIp === null ? '' : ` The pod saw ${sourceText(row)}.`;
  const reason = row.reason === null ? '' : ` ${row.reason}`;
  return `From ${way}.${saw} ${sentence(OUTCOME_TEXT[row.outcome])} after ${latencyText(row.latencyUs)}.${reason}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function stationY(index: number): number {
  return HEADER + index * (BOX + GAP);
}

function textShape(x: number, y: number, look: string, text: string): string {
  return `<text x="${x}" y="${y}" class="${look}">${escapeXml(text)}</text>`;
}
