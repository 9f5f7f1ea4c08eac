/** What may not be as it was meant, before a text for people. */
import { commentLine, withoutControlCharacters } from './comment-line.js';

export interface Warning {
  /** JSON pointer; empty for the whole. */
  path: string;
  message: string;
  hint: string;
}

/** A comment for each, or nothing. */
export function warningLines(warnings: readonly Warning[]): string {
  return warnings.map((warning) => `${withoutControlCharacters(commentLine(warningText(warning)))}\n`).join('');
}

/** A quotation for each, or nothing: a comment of a shell is a heading in Markdown. */
export function warningMarkdown(warnings: readonly Warning[]): string {
  return warningLines(warnings).replace(/^# /gm, '> ').replaceAll('\n', '\n\n');
}

function warningText({ path, message, hint }: Warning): string {
  return `warning: ${path === '' ? '' : `${path}: `}${message} ${hint}`;
}
