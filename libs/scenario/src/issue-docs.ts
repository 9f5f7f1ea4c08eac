import { ISSUES, type IssueKind } from './issues.js';
import { DEFAULT_LIMITS, LIMIT_MEANINGS, type Limits } from './limits.js';

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
    ...limits(),
  ].join('\n');
}

function section(group: string): string[] {
  const rows = Object.entries<IssueKind>(ISSUES)
    .filter(([, issue]) => issue.group === group)
    .map(([code, issue]) => `| \`${code}\` | ${severityOf(issue)} | ${cell(issue.meaning)} | ${cell(issue.hint)} |`);
  return [`## ${group}`, '', '| code | severity | meaning | hint |', '|---|---|---|---|', ...rows, ''];
}

const severityOf = ({ severity, warningIn }: IssueKind): string =>
  warningIn === undefined ? severity : `${severity}; warning in ${warningIn}`;

/** A server may be set to lower ones. */
function limits(): string[] {
  const rows = (Object.keys(LIMIT_MEANINGS) as (keyof Limits)[]).map((name) => {
    const most = name === 'durationNs' ? DEFAULT_LIMITS[name] / 1e9 : DEFAULT_LIMITS[name];
    return `| ${most.toLocaleString('en-US')} | ${LIMIT_MEANINGS[name]} |`;
  });
  const head = [
    '## Limits',
    '',
    'What is above them is refused. A server may be set to lower ones. A trace answers with at most 10,000 outcomes.',
    '',
  ];
  return [...head, '| most | of |', '|---|---|', ...rows, ''];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
