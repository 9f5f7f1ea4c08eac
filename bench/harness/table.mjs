/** The table of a run: a row per budget. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/** @returns Markdown */
export function table(workloads, samples) {
  const lines = ['| what | against | measured | range | floor | goal | |', '|---|---|--:|--:|--:|--:|---|'];
  for (const row of workloads.flatMap((workload) => workload.rows)) {
    const { what, against, floor, goal } = row;
    const values = samples.get(row).toSorted((x, y) => x - y);
    const show = (value) => `${number(value)} ${row.unit}`;
    const budget = (value) => (value === undefined ? '' : `${row.smallerIsBetter ? '≤ ' : ''}${show(value)}`);
    const [measured, range] = values.length === 0 ? ['not measured', ''] : [show(median(values)), rangeOf(values)];
    lines.push(
      `| ${[what, against, measured, range, budget(floor), budget(goal), verdict(row, values)].join(' | ')} |`,
    );
  }
  return lines.join('\n');
}

/** How many floors were missed. */
export function missed(workloads, samples) {
  const rows = workloads.flatMap((workload) => workload.rows);
  return rows.filter((row) => verdict(row, samples.get(row)) === '**missed**').length;
}

/** @param note under the table: machine, date, rounds */
export function writeInto(readme, text, note) {
  const before = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const start = before.indexOf(START);
  const end = before.indexOf(END);
  if (start < 0 || end < start) throw new Error(`${readme} has no lines ${START} and ${END}`);
  writeFileSync(readme, `${before.slice(0, start + START.length)}\n${text}\n\n${note}\n${before.slice(end)}`);
}

export function median(values) {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `smallerIsBetter` turns floor and goal into ceilings. */
function verdict({ floor, goal, smallerIsBetter = false }, values) {
  if (values.length === 0) return 'not measured';
  const value = median(values);
  const reaches = (budget) => (smallerIsBetter ? value <= budget : value >= budget);
  if (goal !== undefined && reaches(goal)) return 'goal met';
  if (floor === undefined) return '';
  return reaches(floor) ? 'floor met' : '**missed**';
}

const rangeOf = (sorted) => (sorted.length < 2 ? '' : `${number(sorted[0])}–${number(sorted.at(-1))}`);

function number(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
