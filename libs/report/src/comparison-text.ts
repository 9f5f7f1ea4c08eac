/** A comparison as a table for people: what each run came to, then what became of single requests. */
import type { ComparedRun, Comparison, Outcome, RequestRow, SourceKind } from '#sim';
import { columnTable } from './column-table.js';

const MOST_SHOWN = 5;

export function comparisonText(comparison: Comparison): string {
  const [header, rows] = tableOf(comparison);
  return `${[columnTable(header, rows), ...notesOf(comparison)].join('\n\n')}\n`;
}

export function comparisonMarkdown(comparison: Comparison): string {
  const [header, rows] = tableOf(comparison);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const table = [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
  const notes = notesOf(comparison).map((text) =>
    text
      .replace(/^(?! )/gm, '### ')
      .replace(/^ {2}/gm, '- ')
      .replace('\n', '\n\n'),
  );
  return `${[table, ...notes].join('\n\n')}\n`;
}

function tableOf(comparison: Comparison): [string[], string[][]] {
  const runs: ComparedRun[] = [comparison.base, ...comparison.variants];
  const row = (title: string, cell: (run: ComparedRun) => string) => [title, ...runs.map(cell)];
  const outcomes = namesOf(runs, ({ summary }) => Object.keys(summary.outcomes)) as Outcome[];
  const kinds = namesOf(runs, ({ summary }) => Object.keys(summary.sourceKinds)) as SourceKind[];
  const expectations = namesOf(runs, (run) => run.expectations.map(({ name }) => name));
  return [
    ['', ...runs.map(({ name }) => name)],
    [
      row('requests', ({ summary }) => String(summary.requests)),
      ...outcomes.map((name) => row(name, ({ summary }) => String(summary.outcomes[name] ?? 0))),
      ...kinds.map((kind) => row(`source ${kind}`, ({ summary }) => String(summary.sourceKinds[kind] ?? 0))),
      row('mean latency', ({ summary: { latencyUs } }) =>
        latencyUs === null ? '-' : `${(latencyUs.mean / 1e3).toFixed(2)} ms`,
      ),
      ...expectations.map((name) =>
        row(name, (run) => {
          const verdict = run.expectations.find((expectation) => expectation.name === name);
          return verdict === undefined ? '-' : verdict.passed ? 'PASS' : 'FAIL';
        }),
      ),
    ],
  ];
}

function notesOf({ base, variants }: Comparison): string[] {
  const { losses = [] } = base.summary;
  const lost = losses.slice(0, MOST_SHOWN).map(({ text }) => `  ${text}`);
  return [...(lost.length === 0 ? [] : [[`${base.name} loses`, ...lost].join('\n')]), ...variants.map(variantText)];
}

function namesOf(runs: readonly ComparedRun[], names: (run: ComparedRun) => string[]): string[] {
  return [...new Set(runs.flatMap(names))];
}

function variantText({ name, summary, differs }: Comparison['variants'][number]): string {
  const { compared, different, onlyBase, onlyVariant, changes, first } = differs.requests;
  const lines = [`${name}: ${different} of ${compared} requests fare differently`];
  if (onlyBase + onlyVariant > 0)
    lines.push(`  ${onlyBase} are in the base alone, ${onlyVariant} in the variant alone`);
  for (const { from, to, count } of changes)
    lines.push(
      from === to ? `  ${count} ${from} for another cause or with another source` : `  ${count} ${from} -> ${to}`,
    );
  for (const { text } of (summary.losses ?? []).slice(0, MOST_SHOWN)) lines.push(`  ${text}`);
  for (const { base, variant } of first.slice(0, MOST_SHOWN)) {
    const row = (base ?? variant) as RequestRow;
    lines.push(
      `  request ${row.request} of ${row.client} at ${(row.atMs / 1e3).toFixed(3)} s: ${fateText(base)} -> ${fateText(variant)}`,
    );
  }
  return lines.join('\n');
}

function fateText(row: RequestRow | null): string {
  if (row === null) return 'not sent';
  return row.cause === null ? `${row.outcome} (source ${row.sourceIp ?? 'unknown'})` : `${row.outcome} (${row.cause})`;
}
