import type { Issue } from '#scenario';

/** Wrong use, or a scenario that cannot be run: exit code 2. */
export class Refusal extends Error {}

/** The run failed, or the server did not answer as it should: exit code 3. */
export class Failure extends Error {}

export type PrintedIssue = Pick<Issue, 'path' | 'message'> & Partial<Omit<Issue, 'code'>> & { code: string };

/** One issue as compilers print them: `scenario.yaml:12:5: error unknown-field: … `. */
export function issueLine(
  file: string,
  { severity = 'error', code, path, line, column, message, hint }: PrintedIssue,
): string {
  const place = line === undefined || column === undefined ? `${file}: ${path || '/'}` : `${file}:${line}:${column}`;
  return `${place}: ${severity} ${code}: ${message}${hint ? ` ${hint}` : ''}`;
}

/** For `--strict`: warnings are as bad as errors. */
export function refusalOfWarnings(file: string, warnings: readonly PrintedIssue[]): Refusal {
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`;
  return new Refusal(
    [...warnings.map((issue) => issueLine(file, issue)), `${file}: ${count}, and --strict takes none`].join('\n'),
  );
}
