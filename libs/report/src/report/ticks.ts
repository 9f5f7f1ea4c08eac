/** Where an axis has its marks. */
import { latencyShort, spanText } from './figures.js';

export interface Tick {
  value: number;
  text: string;
}

const TIME_STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 20e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3,
  3600e3, 7200e3, 14_400e3, 21_600e3, 43_200e3, 86_400e3,
];

/** From 0 up to `endMs`, at most `most` of them. */
export function timeTicks(endMs: number, most: number): Tick[] {
  const least = endMs / most;
  const days = Math.ceil(least / 86_400e3) * 86_400e3;
  const step = TIME_STEPS_MS.find((candidate) => candidate >= least) ?? days;
  const count = step === 0 ? 1 : Math.floor(endMs / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, n) => ({ value: n * step, text: timeTickText(n * step, step, endMs) }));
}

/** Seconds as long as `timeText` writes them. */
function timeTickText(ms: number, stepMs: number, endMs: number): string {
  if (ms === 0) return '0';
  if (stepMs < 1000) return spanText(ms);
  if (endMs < 600_000 || ms < 60_000 || stepMs % 60_000 !== 0) return `${ms / 1000} s`;
  const minutes = ms / 60_000;
  if (minutes < 60 || stepMs % 3600e3 !== 0) {
    return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
  }
  return `${minutes / 60} h`;
}

/** 0 and about two round numbers up to a top that is at least `most`; whole numbers. */
export function countTicks(most: number): { top: number; ticks: number[] } {
  const top = Math.max(1, most);
  const rough = top / 2;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999 && Number.isInteger(n)) ?? 1,
  );
  const ticks = [0];
  for (let tick = step; tick <= top * 1.0001; tick += step) ticks.push(tick);
  if (ticks.length === 1) ticks.push(top);
  return { top, ticks };
}

/** Leading digits of marks on a logarithmic axis, the fewest first. */
const DIGITS = [
  [1],
  [1, 3],
  [1, 2, 5],
  [1, 1.5, 2, 3, 5, 7],
  [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8],
  tenths(5),
  tenths(2),
  tenths(1),
];
const ENOUGH = 3;

/** From 1 up to 10 by so many tenths. */
function tenths(step: number): number[] {
  return Array.from({ length: Math.floor(89 / step) + 1 }, (_, n) => (10 + n * step) / 10);
}

/** Of a logarithmic axis of latencies in µs: as few marks as will do. */
export function latencyTicks(leastUs: number, mostUs: number): Tick[] {
  const sets = DIGITS.map((digits) => marks(digits, leastUs, mostUs));
  const values = sets.find(({ length }) => length >= ENOUGH) ?? sets.at(-1)!;
  return values.map((value) => ({ value, text: latencyShort(value) }));
}

function marks(digits: readonly number[], least: number, most: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    for (const digit of digits) {
      const value = digit * 10 ** power;
      if (value >= least * 0.999 && value <= most * 1.001) found.push(value);
    }
  }
  return found;
}
