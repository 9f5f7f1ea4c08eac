/** Outcome over time, with healthz and load balancer lanes on the same axis, and the events as numbered marks. */
import { OUTCOMES, type Outcome, type OverviewBin } from '#sim';
import { escapeXml, fitted } from '../svg-text.js';
import {
  countScale,
  eventBadges,
  eventLines,
  type Frame,
  round,
  type TimeAxis,
  text,
  timeGrid,
  xOf,
} from './chart-frame.js';
import { spanText } from './figures.js';
import type { Lane, LaneBlock, LaneState, Lanes } from './lanes.js';
import type { RunEvent } from './run-events.js';

const OK = OUTCOMES.indexOf('ok');
const FAILURES = OUTCOMES.map((_, n) => n).filter((n) => n !== OK);
const ANSWERED_HEIGHT = 120;
const FAILED_HEIGHT = 64;
/** A single failure among a million is still seen. */
const LEAST_HEIGHT = 3;
const CAPTION = 20;
const LANE = 10;
const LANE_GAP = 3;
const BLOCK_GAP = 8;
const GROUP_TITLE = 24;
const AXIS = 24;

export interface TimelineData {
  binMs: number;
  endMs: number;
  bins: readonly OverviewBin[];
  events: readonly RunEvent[];
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
  const badges = eventBadges(axis, data.events);
  const panelsTop = badges.height + (badges.height > 0 ? 4 : 0);
  const panels = requestPanels(data, axis, panelsTop);
  const lanes = laneShapes(data.lanes, axis, panels.bottom + AXIS);
  const bottom = lanes.bottom;
  const hasLanes = lanes.shapes.length > 0;
  return {
    width: frame.width,
    height: Math.round(bottom + (hasLanes ? AXIS : 2)),
    shapes: [
      timeGrid(axis, panelsTop, panels.bottom, true),
      ...(hasLanes ? [timeGrid(axis, panels.bottom + AXIS + 4, bottom, true)] : []),
      ...panels.shapes,
      ...lanes.shapes,
      eventLines(axis, data.events, panelsTop - 4, bottom),
      ...badges.shapes,
    ],
  };
}

function requestPanels({ bins, binMs }: TimelineData, axis: TimeAxis, top: number) {
  const { frame } = axis;
  const failedOf = ({ requests, outcomes }: OverviewBin) => requests - outcomes[OK]!;
  const mostAnswered = Math.max(0, ...bins.map(({ outcomes }) => outcomes[OK]!));
  const mostFailed = Math.max(0, ...bins.map(failedOf));
  const per = `per ${spanText(binMs)}`;
  const shapes: string[] = [];
  const caption = (y: number, title: string, more: string) => {
    if (frame.stacked)
      shapes.push(
        `<text x="${frame.left}" y="${y - 6}" class="t">${escapeXml(title)}<tspan class="n"> ${escapeXml(more)}</tspan></text>`,
      );
    else
      shapes.push(
        text(0, y + 12, 't', title),
        ...more.split(', ').map((line, n) => text(0, y + 28 + 15 * n, '', line)),
      );
  };
  let y = top + (frame.stacked ? CAPTION : 4);
  caption(y, 'Answered', per);
  shapes.push(countScale(frame, mostAnswered, y, ANSWERED_HEIGHT));
  shapes.push(bars(bins, axis, [OK], mostAnswered, y, ANSWERED_HEIGHT));
  y += ANSWERED_HEIGHT;
  if (mostFailed > 0) {
    y += frame.stacked ? CAPTION + 6 : 14;
    caption(y, 'Failed', `${per}, on a scale of its own`);
    shapes.push(countScale(frame, mostFailed, y, FAILED_HEIGHT));
    shapes.push(bars(bins, axis, FAILURES, mostFailed, y, FAILED_HEIGHT));
    y += FAILED_HEIGHT;
  }
  return { shapes, bottom: y };
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

function laneShapes({ groups }: Lanes, axis: TimeAxis, top: number): { shapes: string[]; bottom: number } {
  const { frame } = axis;
  const shapes: string[] = [];
  let y = top;
  for (const { title, blocks } of groups) {
    y += GROUP_TITLE;
    shapes.push(text(0, y - 8, 't', fitted(title, frame.stacked ? 44 : 70)));
    for (const block of blocks) {
      const { shapes: drawn, bottom } = blockShapes(block, axis, y);
      shapes.push(...drawn);
      y = bottom + BLOCK_GAP;
    }
  }
  return { shapes, bottom: groups.length === 0 ? top - AXIS : y };
}

function blockShapes({ node, lanes }: LaneBlock, axis: TimeAxis, top: number): { shapes: string[]; bottom: number } {
  const { frame } = axis;
  const shapes: string[] = [];
  let y = top;
  if (frame.stacked) {
    shapes.push(text(0, y + 9, 'k', fitted(`${node}: ${lanes.map(({ label }) => label).join(', ')}`, 48)));
    y += 15;
  } else {
    const middle = y + (lanes.length * (LANE + LANE_GAP) - LANE_GAP) / 2;
    shapes.push(text(0, middle + 4, 'k', fitted(node, Math.floor((frame.left - 62) / 6.4))));
  }
  for (const lane of lanes) {
    if (!frame.stacked) shapes.push(text(frame.left - 6, y + 9, 'e', lane.label));
    shapes.push(...laneStretches(lane, axis, y));
    y += LANE + LANE_GAP;
  }
  return { shapes, bottom: y - LANE_GAP };
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
