import { AppError, type ProblemIssue } from '#platform';

/** The error for a document that cannot be used: `malformed-body` where it is not JSON or YAML at all, else `invalid-scenario`. */
export function documentError(issues: readonly ProblemIssue[]): AppError {
  const errors = issues.filter((issue) => issue.severity === 'error');
  const first = errors[0];
  if (first?.code === 'invalid-json') return malformed('JSON', issues);
  if (first?.code === 'invalid-yaml') return malformed('YAML', issues);
  const many = errors.length === 1 ? 'One error' : `${errors.length} errors`;
  return new AppError('invalid-scenario', `${many}: ${first?.message}`, { issues });
}

function malformed(language: string, issues: readonly ProblemIssue[]): AppError {
  const { line, column, message } = issues[0]!;
  return new AppError('malformed-body', `The body is not ${language}: line ${line}, column ${column}. ${message}`, {
    issues,
  });
}
