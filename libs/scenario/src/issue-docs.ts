import { ISSUES } from './issues.js';

/** `docs/issues.md`: every code with what it means and what to do, by group. */
export function issueDocs(): string {
  const groups = [...new Set(Object.values(ISSUES).map(({ group }) => group))];
  return [
    '# Issues',
    '',
    'What can be wrong with a scenario document or an import. All problems are reported at once, each with `code`, `severity`,',
    '`path` (JSON pointer), `line` and `column` (for YAML), `message` and `hint`. An error keeps the scenario from running (422),',
    'a warning does not.',
    '',
    'Generated from `libs/scenario/src/issues.ts`: `npx vitest run libs/scenario/src/issue-docs.spec.ts -u` writes it.',
    '',
    ...groups.flatMap(section),
  ].join('\n');
}

function section(group: string): string[] {
  const rows = Object.entries(ISSUES)
    .filter(([, issue]) => issue.group === group)
    .map(([code, { severity, meaning, hint }]) => `| \`${code}\` | ${severity} | ${cell(meaning)} | ${cell(hint)} |`);
  return [`## ${group}`, '', '| code | severity | meaning | hint |', '|---|---|---|---|', ...rows, ''];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
