/** The table of an experiment, for people and for spreadsheets. */
import { type CellFigure, type FigureUnit, leastPairs } from '#sim';
import { columnTable } from './column-table.js';
import { type Warning, warningLines } from './warning-lines.js';

/** What of an experiment is shown. The first cell is the baseline. */
export interface ExperimentTable {
  status: string;
  seeds: number;
  runs: { total: number; done: number; failed: number };
  figures: { name: string; unit: FigureUnit }[];
  cells: {
    name: string;
    warnings: (Warning & { code: string })[];
    failures: { code: string; message: string; hint: string; count: number }[];
    figures: Record<string, CellFigure>;
  }[];
}

/** Means with half of their 95 % interval; a star where the difference to the baseline is real. */
export function experimentText({ status, seeds, runs, figures, cells }: ExperimentTable): string {
  const header = ['', ...figures.map(({ name }) => name)];
  const rows = cells.map((cell) => [
    cell.name,
    ...figures.map(({ name, unit }) => cellText(cell.figures[name]!, unit)),
  ]);
  const failures = cells.flatMap(({ name, failures: reasons }) =>
    reasons.map(({ code, message, hint, count }) => `${name}: ${count} failed, ${code}. ${message} ${hint}`),
  );
  const each = seeds === 1 ? '1 seed' : `${seeds} seeds`;
  const told = `${runs.done + runs.failed} of ${runs.total} runs, ${each} each: ${status}. Mean and 95 % interval; * differs from ${cells[0]!.name}.`;
  const warnings = warningLines(cells.flatMap((cell) => cell.warnings));
  return `${warnings}${[columnTable(header, rows), told + moreSeedsText(seeds, cells), ...failures].join('\n\n')}\n`;
}

/** Where so few seeds can tell no difference from chance, however great it is: how many can. */
function moreSeedsText(seeds: number, cells: ExperimentTable['cells']): string {
  const questions = cells
    .flatMap(({ figures }) => Object.values(figures))
    .filter(({ differs }) => (differs?.mean ?? null) !== null);
  const enough = leastPairs(questions.length);
  if (questions.length === 0 || seeds >= enough) return '';
  return ` So few seeds can tell no difference from chance, however great: ${enough} can.`;
}

function cellText({ mean, ci95, differs }: CellFigure, unit: FigureUnit): string {
  if (mean === null) return '-';
  if (ci95 === null) return `${numberText(mean, unit)}${UNIT_TEXTS[unit]}`;
  const half = (ci95.to - ci95.from) / 2;
  return `${numberText(mean, unit, decimalsOf(half, unit) || undefined)} ±${numberText(half, unit)}${UNIT_TEXTS[unit]}${differs?.real ? ' *' : ''}`;
}

const UNIT_TEXTS: Record<FigureUnit, string> = { share: ' %', count: '', us: ' ms', s: ' s' };
const SCALES: Record<FigureUnit, number> = { share: 100, count: 1, us: 1e-3, s: 1 };

/** A mean has as many as its interval, which else would tell what the mean hides: 99.970 ±0.003 %. */
function decimalsOf(value: number, unit: FigureUnit): number {
  const scaled = value * SCALES[unit];
  if (Number.isInteger(scaled)) return 0;
  return Math.abs(scaled) < 10 ? 3 : 1;
}

function numberText(value: number, unit: FigureUnit, decimals = decimalsOf(value, unit)): string {
  return (value * SCALES[unit]).toFixed(decimals);
}

const CSV_COLUMNS =
  'cell,figure,unit,n,mean,sd,min,p10,p50,p90,max,ci95From,ci95To,pairs,difference,differenceFrom,differenceTo,p,pAdjusted,real,warnings';

/** A line for each figure of each cell, as it is and not rounded, and the codes of its warnings; ends in CRLF (RFC 4180). Null is an empty field. */
export function experimentCsv({ figures, cells }: ExperimentTable): string {
  const lines = cells.flatMap(({ name: cell, figures: values, warnings }) =>
    figures.map(({ name, unit }) => {
      const { n, mean, sd, min, p10, p50, p90, max, ci95, differs: d } = values[name]!;
      const difference = [d?.pairs, d?.mean, d?.ci95?.from, d?.ci95?.to, d?.p, d?.pAdjusted, d?.real];
      const codes = [...new Set(warnings.map(({ code }) => code))].join(' ');
      return [
        quoted(cell),
        name,
        unit,
        n,
        mean,
        sd,
        min,
        p10,
        p50,
        p90,
        max,
        ci95?.from,
        ci95?.to,
        ...difference,
        codes,
      ].join(',');
    }),
  );
  return [CSV_COLUMNS, ...lines, ''].join('\r\n');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
