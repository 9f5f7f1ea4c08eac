/** Outcome over time, with healthz and load balancer lanes on the same axis, and the events as numbered marks. */
import { OUTCOMES, type Outcome, type OverviewBin } from '#sim';
import { escapeXml, fitted } from '../svg-text.js';
import {
  countScale,
  drawTimeGrid,
  eventBadges,
  eventLines,
  type Frame,
  type Layers,
  round,
  type TimeAxis,
  text,
  xOf,
} from './chart-frame.js';
import { spanText } from './figures.js';
import type { Lane, LaneBlock, LaneState, Lanes } from './lanes.js';
import type { MarkedEvent } from './run-events.js';

const OK = OUTCOMES.indexOf('ok');
const FAILURES = OUTCOMES.map((_, n) => n).filter((n) => n !== OK);
const ANSWERED_HEIGHT = 120;
const FAILED_HEIGHT = 64;
/** A single failure among a million is still seen. */
const LEAST_HEIGHT = 3;
const CAPTION = 20;
const PANEL_GAP = 20;
const LANE = 10;
const LANE_GAP = 3;
const BLOCK_GAP = 8;
const GROUP_TITLE = 24;
const AXIS = 24;

export interface TimelineData {
  binMs: number;
  endMs: number;
  bins: readonly OverviewBin[];
  events: readonly MarkedEvent[];
  lanes: Lanes;
}

export interface Picture {
  width: number;
  height: number;
  /** Without the `svg` element around them. */
  shapes: string[];
}

export function timelineChart(data: TimelineData, frame: Frame): Picture {
  const axis = { frame, endMs: data.endMs };
  const layers: Layers = { shapes: [], labels: [] };
  const badges = eventBadges(axis, data.events);
  const top = badges.height + (badges.height > 0 ? 4 : 0);
  const panelsBottom = drawPanels(layers, data, axis, top);
  const hasLanes = data.lanes.groups.length > 0;
  const bottom = hasLanes ? drawLanes(layers, data.lanes, axis, panelsBottom + AXIS) : panelsBottom;
  layers.shapes.push(eventLines(axis, data.events, top - 4, bottom));
  return {
    width: frame.width,
    height: Math.round(bottom + AXIS),
    shapes: [...layers.shapes, ...layers.labels, ...badges.shapes],
  };
}

/** Returns where they end. */
function drawPanels(layers: Layers, { bins, binMs }: TimelineData, axis: TimeAxis, top: number): number {
  const { frame } = axis;
  const failedOf = ({ requests, outcomes }: OverviewBin) => requests - outcomes[OK]!;
  const mostAnswered = Math.max(0, ...bins.map(({ outcomes }) => outcomes[OK]!));
  const mostFailed = Math.max(0, ...bins.map(failedOf));
  const per = `per ${spanText(binMs)}`;
  let y = top + (frame.stacked ? CAPTION : 4);
  const bottom =
    mostFailed === 0
      ? y + ANSWERED_HEIGHT
      : y + ANSWERED_HEIGHT + FAILED_HEIGHT + (frame.stacked ? CAPTION + 6 : PANEL_GAP);
  drawTimeGrid(layers, axis, top, bottom);
  const panel = (title: string, more: string[], outcomes: readonly number[], most: number, height: number) => {
    layers.labels.push(...caption(frame, y, title, more));
    layers.shapes.push(countScale(frame, most, y, height), bars(bins, axis, outcomes, most, y, height));
  };
  panel('Answered', [per], [OK], mostAnswered, ANSWERED_HEIGHT);
  if (mostFailed === 0) return bottom;
  y = bottom - FAILED_HEIGHT;
  panel('Failed', [per, 'on a scale of its own'], FAILURES, mostFailed, FAILED_HEIGHT);
  return bottom;
}

function caption({ stacked, left }: Frame, y: number, title: string, more: readonly string[]): string[] {
  if (!stacked) return [text(0, y + 12, 't', title), ...more.map((line, n) => text(0, y + 28 + 15 * n, '', line))];
  return [
    `<text x="${left}" y="${y - 6}" class="t">${escapeXml(title)}<tspan class="n"> ${escapeXml(more.join(', '))}</tspan></text>`,
  ];
}

/** Stacked bars, one path for each outcome. */
function bars(
  bins: readonly OverviewBin[],
  axis: TimeAxis,
  outcomes: readonly number[],
  most: number,
  top: number,
  height: number,
): string {
  const paths = new Map<number, string>();
  for (const bin of bins) {
    const from = xOf(axis, bin.fromMs);
    const wide = xOf(axis, bin.toMs) - from;
    const width = round(Math.max(1, wide > 4 ? wide - 1 : wide));
    let y = top + height;
    for (const outcome of outcomes) {
      const count = bin.outcomes[outcome]!;
      if (count === 0) continue;
      const tall = round(Math.max((count / most) * height, LEAST_HEIGHT));
      y = round(y - tall);
      paths.set(outcome, `${paths.get(outcome) ?? ''}M${from} ${y}h${width}v${tall}h-${width}z`);
    }
  }
  return [...paths].map(([outcome, d]) => `<path class="o${outcome}" d="${d}"/>`).join('');
}

/** Returns where they end. */
function drawLanes(layers: Layers, { groups }: Lanes, axis: TimeAxis, top: number): number {
  const { frame } = axis;
  const drawn: Layers = { shapes: [], labels: [] };
  let y = top;
  for (const { title, blocks } of groups) {
    y += GROUP_TITLE;
    drawn.labels.push(text(0, y - 8, 't', fitted(title, frame.stacked ? 44 : 70)));
    for (const block of blocks) y = drawBlock(drawn, block, axis, y) + BLOCK_GAP;
  }
  drawTimeGrid(layers, axis, top + GROUP_TITLE - 4, y);
  layers.shapes.push(...drawn.shapes);
  layers.labels.push(...drawn.labels);
  return y;
}

function drawBlock({ shapes, labels }: Layers, { node, lanes }: LaneBlock, axis: TimeAxis, top: number): number {
  const { frame } = axis;
  let y = top;
  if (frame.stacked) {
    labels.push(text(0, y + 9, 'k', fitted(`${node}: ${lanes.map(({ label }) => label).join(', ')}`, 48)));
    y += 15;
  } else {
    const middle = y + (lanes.length * (LANE + LANE_GAP) - LANE_GAP) / 2;
    labels.push(text(0, middle + 4, 'k', fitted(node, Math.floor((frame.left - 62) / 6.4))));
  }
  for (const lane of lanes) {
    if (!frame.stacked) labels.push(text(frame.left - 6, y + 9, 'e', lane.label));
    shapes.push(...laneStretches(lane, axis, y));
    y += LANE + LANE_GAP;
  }
  return y - LANE_GAP;
}

/** One path a state: what is down stands out in black and white too, what is gone is a line. */
function laneStretches({ stretches }: Lane, axis: TimeAxis, y: number): string[] {
  const paths: Record<LaneState, string> = { up: '', down: '', gone: '' };
  let hatch = '';
  for (const { fromMs, toMs, state } of stretches) {
    if (toMs <= fromMs || fromMs >= axis.endMs) continue;
    const from = xOf(axis, fromMs);
    const width = round(Math.max(state === 'down' ? 1 : 0.4, xOf(axis, toMs) - from));
    const [at, tall] = state === 'gone' ? [y + LANE / 2 - 1, 2] : [y, LANE];
    paths[state] += `M${from} ${at}h${width}v${tall}h-${width}z`;
    if (state === 'down') hatch += hatching(from, width, y);
  }
  return (['up', 'down', 'gone'] as const)
    .filter((state) => paths[state] !== '')
    .map((state) => `<path class="${state}" d="${paths[state]}"/>`)
    .concat(hatch === '' ? [] : [`<path class="hatch" d="${hatch}"/>`]);
}

/** Slanting lines, from the lower edge to the upper one. */
function hatching(from: number, width: number, y: number): string {
  let d = '';
  for (let x = from; x + LANE <= from + width; x += 7) d += `M${round(x)} ${y + LANE}l${LANE} -${LANE}`;
  return d;
}

export function outcomesOf(bins: readonly OverviewBin[]): Outcome[] {
  return OUTCOMES.filter((_, n) => bins.some(({ outcomes }) => outcomes[n]! > 0));
}
