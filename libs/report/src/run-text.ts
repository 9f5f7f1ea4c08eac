/** What a run came to, for the one who waits at a terminal: outcomes, sources, latency, expectations. */
import type { ExpectationResult, RunLoss, RunSummary } from '#sim';
import { columnTable } from './column-table.js';
import { evidenceText } from './evidence-text.js';

const MOST_LOSSES = 10;

export interface RunTextInput {
  name: string;
  seed: number;
  summary: RunSummary;
  expectations: readonly ExpectationResult[];
}

/** Every expectation is met, in a run in which everything happened that was to happen. */
export function hasPassed({ summary, expectations }: Pick<RunTextInput, 'summary' | 'expectations'>): boolean {
  return summary.refused === undefined && expectations.every(({ passed }) => passed);
}

export function runText({ name, seed, summary, expectations }: RunTextInput): string {
  const { requests, virtualMs, latencyUs, losses = [], refused = [] } = summary;
  const parts = [`${name}, seed ${seed}: ${counted(requests, 'request')} in ${secondsOf(virtualMs)} s`];
  if (requests > 0) parts.push(shares('OUTCOME', summary.outcomes, requests));
  if (Object.keys(summary.sourceKinds).length > 0) parts.push(shares('SOURCE', summary.sourceKinds, requests));
  if (latencyUs !== null)
    parts.push(
      `Latency of what was answered: mean ${ms(latencyUs.mean)}, ${ms(latencyUs.min)} to ${ms(latencyUs.max)}`,
    );
  if (losses.length > 0) parts.push(lossLines(losses).join('\n'));
  if (refused.length > 0)
    parts.push(refused.map((entry) => `NOT CARRIED OUT  ${entry.path}: ${entry.text}`).join('\n'));
  if (expectations.length > 0) parts.push(expectations.map(expectationLine).join('\n'));
  if (refused.length > 0)
    parts.push(
      `NO PASS  ${counted(refused.length, 'entry', 'entries')} of the timeline not carried out: what was expected of the run was judged on another one.`,
    );
  return `${parts.join('\n\n')}\n`;
}

/** The greatest groups of losses with their causes and events, and how many others there are. */
export function lossLines(losses: readonly RunLoss[]): string[] {
  const shown = losses.slice(0, MOST_LOSSES).map(({ text }) => text);
  if (losses.length > shown.length) shown.push(`… and ${losses.length - shown.length} other groups of losses`);
  return shown;
}

function expectationLine(result: ExpectationResult): string {
  const { name, passed, matched, of, share } = result;
  const percent = share === null ? '' : `, ${percentText(share)}`;
  return `${passed ? 'PASS' : 'FAIL'}  ${name}: ${evidenceText(result) ?? `${matched} of ${of}${percent}`}`;
}

function shares(title: string, counts: Partial<Record<string, number>>, all: number): string {
  const rows = Object.entries(counts)
    .sort(([, a = 0], [, b = 0]) => b - a)
    .map(([what, count = 0]) => [what, String(count), percentText(count / all)]);
  return columnTable([title, 'REQUESTS', 'SHARE'], rows);
}

/** Never 100 % or 0 % of what is not all or nothing. */
function percentText(share: number): string {
  const text = (share * 100).toFixed(2);
  if (share < 1 && text === '100.00') return '> 99.99 %';
  return share > 0 && text === '0.00' ? '< 0.01 %' : `${text} %`;
}

/** To the tenth of a second, as losses are told. */
function secondsOf(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}

function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}
