/**
 * How a schema says which issue a refused value is: zod carries one message text, so code, message and hint travel in it.
 */
import type { IssueCode } from '../issues.js';

const MARK = '\u0001';

export interface Problem {
  code: IssueCode;
  message: string;
  hint?: string;
}

export function problem(code: IssueCode, message: string, hint = ''): string {
  return `${MARK}${code}${MARK}${message}${MARK}${hint}`;
}

/** Null for a message that zod wrote itself. */
export function readProblem(text: string): Problem | null {
  if (!text.startsWith(MARK)) return null;
  const [, code, message, hint] = text.split(MARK);
  return { code: code as IssueCode, message: message!, ...(hint ? { hint } : {}) };
}
