/** How long answered requests took: quantiles over time, and how they spread. Both axes of latency are logarithmic. */
import type { Overview, OverviewBin } from '#sim';
import {
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
import { countText } from './figures.js';
import type { MarkedEvent } from './run-events.js';
import { latencyTicks } from './ticks.js';
import type { Picture } from './timeline-chart.js';

const HEIGHT = 150;
const BARS_MAX = 48;

export const QUANTILE_NAMES = ['p50', 'p90', 'p99', 'max'] as const;

const figuresOf = ({ latencyUs }: OverviewBin): number[] =>
  latencyUs === null ? [] : [...latencyUs.quantiles, latencyUs.max];

export function latencyChart({ bins }: Overview, endMs: number, events: readonly MarkedEvent[], frame: Frame): Picture {
  const axis = { frame, endMs };
  const all = bins.flatMap(figuresOf);
  const least = Math.min(...all) / 1.25;
  const most = Math.max(...all) * 1.25;
  const badges = eventBadges(axis, events);
  const top = badges.height + 6;
  const bottom = top + HEIGHT;
  const yOf = (us: number) => round(bottom - (Math.log(us / least) / Math.log(most / least)) * HEIGHT);
  const scale = latencyTicks(least, most).map(({ value, text: label }) => {
    const y = yOf(value);
    return `<path class="grid" d="M${frame.left} ${y}H${frame.right}"/>${text(frame.left - 6, y + 4, 'e', frame.stacked ? label.replace(' ', '') : label)}`;
  });
  const layers: Layers = { shapes: [], labels: [] };
  drawTimeGrid(layers, axis, top, bottom);
  return {
    width: frame.width,
    height: bottom + 24,
    shapes: [
      ...layers.shapes,
      ...scale,
      eventLines(axis, events, top - 4, bottom),
      ...[3, 2, 1, 0].map((n) => `<path class="q${n}" d="${quantileLine(bins, axis, n, yOf)}"/>`),
      `<path class="base" d="M${frame.left} ${bottom}H${frame.right}"/>`,
      ...layers.labels,
      ...badges.shapes,
    ],
  };
}

/** Broken where nothing was answered; a bin without neighbours is a dash of its width. */
function quantileLine(bins: readonly OverviewBin[], axis: TimeAxis, n: number, yOf: (us: number) => number): string {
  let d = '';
  bins.forEach((bin, place) => {
    const us = figuresOf(bin)[n];
    if (us === undefined) return;
    const before = bins[place - 1]?.latencyUs ?? null;
    const after = bins[place + 1]?.latencyUs ?? null;
    const x = round((xOf(axis, bin.fromMs) + xOf(axis, bin.toMs)) / 2);
    if (before !== null) d += `L${x} ${yOf(us)}`;
    else if (after !== null) d += `M${x} ${yOf(us)}`;
    else d += `M${xOf(axis, bin.fromMs)} ${yOf(us)}H${xOf(axis, bin.toMs)}`;
  });
  return d;
}

export interface SpreadBar {
  fromUs: number;
  toUs: number;
  count: number;
}

/** At most 48 bars of equal width on a logarithmic axis. */
export function spreadBars({ spread }: Overview): SpreadBar[] {
  const first = spread[0];
  const last = spread.at(-1);
  if (!first || !last) return [];
  const span = Math.log(last.toUs / first.fromUs);
  // Each bar takes several buckets, so that it matters little that those are not all of one width.
  const widest = Math.max(...spread.map(({ fromUs, toUs }) => Math.log(toUs / fromUs)));
  const bars = Math.min(BARS_MAX, Math.max(1, Math.round(span / (6 * widest))));
  const edge = (n: number) => first.fromUs * Math.exp((span * n) / bars);
  const counts = new Array<number>(bars).fill(0);
  for (const { fromUs, toUs, count } of spread) {
    const place = Math.floor((Math.log(Math.sqrt(fromUs * toUs) / first.fromUs) / span) * bars);
    counts[Math.min(bars - 1, Math.max(0, place))]! += count;
  }
  return counts.map((count, n) => ({ fromUs: edge(n), toUs: edge(n + 1), count }));
}

export function spreadChart(overview: Overview, frame: Frame): Picture {
  const bars = spreadBars(overview);
  const { left, right } = frame;
  const leastUs = bars[0]!.fromUs;
  const mostUs = bars.at(-1)!.toUs;
  const most = Math.max(...bars.map(({ count }) => count));
  const xAt = (us: number) => round(left + (Math.log(us / leastUs) / Math.log(mostUs / leastUs)) * (right - left));
  const top = 22;
  const bottom = top + 96;
  let d = '';
  for (const { fromUs, toUs, count } of bars) {
    if (count === 0) continue;
    const tall = round(Math.max(2, (count / most) * 96));
    const width = round(Math.max(1, xAt(toUs) - xAt(fromUs) - 1));
    d += `M${xAt(fromUs)} ${round(bottom - tall)}h${width}v${tall}h-${width}z`;
  }
  const ticks = latencyTicks(leastUs, mostUs).filter(
    ({ value }, n, all) => n === 0 || xAt(value) - xAt(all[n - 1]!.value) > 44,
  );
  const marks = overview.latencyUs!.quantiles.map((us, n) => ({ x: xAt(us), name: QUANTILE_NAMES[n]! }));
  return {
    width: frame.width,
    height: bottom + 24,
    shapes: [
      `<path class="grid" d="${ticks.map(({ value }) => `M${xAt(value)} ${top}V${bottom}`).join('')}"/>`,
      `<path class="o0" d="${d}"/>`,
      `<path class="base" d="M${left} ${bottom}H${right}"/>`,
      text(left - 6, top + 8, 'e', countText(most)),
      text(left - 6, bottom + 1, 'e', '0'),
      ...ticks.map(({ value, text: label }) =>
        text(Math.min(Math.max(xAt(value), left + 14), right - 16), bottom + 16, 'm', label),
      ),
      `<path class="mark" d="${marks.map(({ x }) => `M${x} ${top - 4}V${bottom}`).join('')}"/>`,
      ...apart(marks).map(({ x, name }) => text(x > right - 30 ? right : x, top - 8, x > right - 30 ? 'e' : 'm', name)),
    ],
  };
}

/** Names that would stand on each other are one. */
function apart(marks: { x: number; name: string }[]): { x: number; name: string }[] {
  const shown: { x: number; name: string }[] = [];
  for (const mark of marks) {
    const last = shown.at(-1);
    if (last && mark.x - last.x < 34) {
      last.name = `${last.name}, ${mark.name}`;
      last.x = (last.x + mark.x) / 2;
    } else shown.push({ ...mark });
  }
  return shown;
}
