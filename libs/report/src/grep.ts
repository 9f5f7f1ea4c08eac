import { shellWord } from './shell-word.js';

/** Characters that mean something in a basic regular expression. */
const SPECIAL = /[.*^$[\]\\]/;

/** ` | grep -i PATTERN`; with `-F` where the pattern would otherwise not mean itself, as the filter takes it literally. */
export function grepPipe(pattern: string | null): string {
  if (pattern === null) return '';
  const options = SPECIAL.test(pattern) ? '-iF' : '-i';
  return ` | grep ${options} ${pattern.startsWith('-') ? '-- ' : ''}${shellWord(pattern)}`;
}

/** The lines that contain the pattern, in whatever case; all lines for null. */
export function grepLines(text: string, pattern: string | null): string {
  if (pattern === null) return text;
  const wanted = pattern.toLowerCase();
  return text
    .split('\n')
    .filter((line) => line.toLowerCase().includes(wanted))
    .join('\n');
}
