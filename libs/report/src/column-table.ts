const PADDING = 3;
const MIN_WIDTH = 6;

/**
 * Text in columns as kubectl aligns them: three spaces after the widest cell, nothing after the last column.
 *
 * Source: k8s.io/cli-runtime/pkg/printers/tabwriter.go (text/tabwriter, minimal width 6, padding 3).
 */
export function columnTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, (line[column] ?? '').length + PADDING), MIN_WIDTH),
  );
  const last = header.length - 1;
  return lines
    .map((line) => line.map((cell, column) => (column === last ? cell : cell.padEnd(widths[column]!))).join(''))
    .join('\n');
}
