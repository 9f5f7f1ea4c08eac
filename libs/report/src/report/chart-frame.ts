/** What charts over time have in common: their widths, the time axis, marks of events. */
import { escapeXml } from '../svg-text.js';
import { countText } from './figures.js';
import type { MarkedEvent } from './run-events.js';
import { countTicks, timeTicks } from './ticks.js';

/** A chart is drawn once for each width; a style sheet shows the one that fits. Units are CSS pixels at that width. */
export interface Frame {
  name: 'wide' | 'medium' | 'narrow';
  width: number;
  /** Where the plot begins and ends. */
  left: number;
  right: number;
  timeTicks: number;
  /** Names stand above what they name, not beside it. */
  stacked: boolean;
}

export const FRAMES: readonly Frame[] = [
  { name: 'wide', width: 1000, left: 196, right: 988, timeTicks: 12, stacked: false },
  { name: 'medium', width: 660, left: 148, right: 650, timeTicks: 8, stacked: false },
  { name: 'narrow', width: 326, left: 44, right: 318, timeTicks: 5, stacked: true },
];

/** Bins of time beside each other. */
export interface TimeAxis {
  frame: Frame;
  endMs: number;
}

export const xOf = ({ frame, endMs }: TimeAxis, ms: number) =>
  round(frame.left + (Math.min(Math.max(ms, 0), endMs) / endMs) * (frame.right - frame.left));

export const round = (value: number) => Math.round(value * 10) / 10;

export function text(x: number, y: number, look: string, content: string): string {
  return `<text x="${round(x)}" y="${round(y)}"${look === '' ? '' : ` class="${look}"`}>${escapeXml(content)}</text>`;
}

/** What is drawn first, and the texts that go over it. */
export interface Layers {
  shapes: string[];
  labels: string[];
}

/** Lines down the plot, and the times under them. */
export function drawTimeGrid({ shapes, labels }: Layers, axis: TimeAxis, top: number, bottom: number): void {
  const ticks = timeTicks(axis.endMs, axis.frame.timeTicks);
  shapes.push(`<path class="grid" d="${ticks.map(({ value }) => `M${xOf(axis, value)} ${top}V${bottom}`).join('')}"/>`);
  for (const { value, text: label } of ticks) {
    const x = xOf(axis, value);
    const atEdge = x > axis.frame.right - 14;
    labels.push(text(atEdge ? axis.frame.right : x, bottom + 16, atEdge ? 'e' : 'm', label));
  }
}

/** Marks of a panel's own scale, left of it. */
export function countScale({ left, right }: Frame, most: number, top: number, height: number): string {
  const scale = countTicks(most);
  return scale.ticks
    .map((tick) => {
      const y = Math.round(top + height - (tick / scale.top) * height);
      const line =
        tick === 0
          ? `<path class="base" d="M${left} ${y}H${right}"/>`
          : `<path class="grid" d="M${left} ${y}H${right}"/>`;
      return `${line}${text(left - 6, y + 4, 'e', shortCount(tick))}`;
    })
    .join('');
}

function shortCount(count: number): string {
  if (count < 10_000) return countText(count);
  return count < 1e6 ? `${countText(count / 1e3)}k` : `${Math.round(count / 1e5) / 10}M`;
}

const BADGE = 9;
const BADGE_ROW = 22;
const BADGE_ROWS = 3;

/** Numbered marks at the top, beside each other or, where they are too close, in rows; what is still too close is one. */
export function eventBadges(axis: TimeAxis, events: readonly MarkedEvent[]): { shapes: string[]; height: number } {
  const ends = Array.from({ length: BADGE_ROWS }, () => Number.NEGATIVE_INFINITY);
  const placed: { x: number; row: number; from: number; to: number }[] = [];
  for (const { atMs, number } of events) {
    const x = Math.min(Math.max(xOf(axis, atMs), axis.frame.left), axis.frame.right);
    const row = ends.findIndex((end) => end <= x - BADGE);
    const last = placed.findLast((badge) => badge.row === BADGE_ROWS - 1);
    if (row === -1 && last) {
      last.to = number;
      ends[BADGE_ROWS - 1] = last.x + badgeHalf(last.from, last.to) + 2;
      continue;
    }
    placed.push({ x, row, from: number, to: number });
    ends[row] = x + badgeHalf(number, number) + 2;
  }
  const rows = Math.max(0, ...placed.map(({ row }) => row + 1));
  const shapes = placed.map(({ x, row, from, to }) => {
    const half = badgeHalf(from, to);
    const y = BADGE + 1 + row * BADGE_ROW;
    const label = from === to ? String(from) : `${from}–${to}`;
    const middle = Math.min(x, axis.frame.width - half - 1);
    return `<rect class="badge" x="${round(middle - half)}" y="${y - BADGE}" width="${2 * half}" height="${2 * BADGE}" rx="${BADGE}"/>${text(middle, y + 4, 'badgetext', label)}`;
  });
  return { shapes, height: rows * BADGE_ROW };
}

/** Lines from the badges down, and bands for what lasts. */
export function eventLines(axis: TimeAxis, events: readonly MarkedEvent[], top: number, bottom: number): string {
  if (events.length === 0) return '';
  const bands = events.flatMap(({ atMs, untilMs }) => {
    if (untilMs === null) return [];
    const from = xOf(axis, atMs);
    return `<rect class="band" x="${from}" y="${top}" width="${round(Math.max(1, xOf(axis, untilMs) - from))}" height="${round(bottom - top)}"/>`;
  });
  const lines = [...new Set(events.map(({ atMs }) => xOf(axis, atMs)))].map((x) => `M${x} ${top}V${bottom}`);
  return `${bands.join('')}<path class="mark" d="${lines.join('')}"/>`;
}

function badgeHalf(from: number, to: number): number {
  const characters = from === to ? String(from).length : `${from}–${to}`.length;
  return Math.max(BADGE, characters * 3.4 + 5);
}
