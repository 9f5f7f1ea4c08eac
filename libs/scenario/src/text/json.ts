import type { IssueList } from '../issues.js';
import type { Limits } from '../limits.js';
import { firstJsonError, placeOf } from './json-place.js';

export type JsonOutcome = { ok: true; value: unknown } | { ok: false };

/** JSON text → value. Syntax errors, depth and duplicate keys become issues. */
export function parseJson(text: string, issues: IssueList, limits: Limits): JsonOutcome {
  if (nestsDeeper(text, limits.depth)) {
    issues.add('too-deep', [], `The JSON is nested deeper than ${limits.depth} levels.`);
    return { ok: false };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const place = firstJsonError(text);
    issues.add('invalid-json', [], 'The text is not JSON from here on.', 'Correct the JSON at this place.', place);
    return { ok: false };
  }
  return reportDuplicateKeys(text, issues) ? { ok: false } : { ok: true, value };
}

/** Counts brackets outside strings: exact for JSON, and cheap enough to run before any parser sees the text. */
function nestsDeeper(text: string, depth: number): boolean {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === OPEN_LIST || char === OPEN_MAP) {
      if (++open > depth) return true;
    } else if (char === CLOSE_LIST || char === CLOSE_MAP) open--;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP, COMMA, COLON] = [34, 92, 91, 93, 123, 125, 44, 58];

/** Index of the closing quote of the string that opens at `start`; the text's length where it never closes. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** `JSON.parse` keeps the last of two equal keys in silence. The text is valid JSON here. */
function reportDuplicateKeys(text: string, issues: IssueList): boolean {
  let found = false;
  const open: { keys: Set<string> | null; at: string | number }[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    const level = open.at(-1);
    if (char === OPEN_MAP) open.push({ keys: new Set(), at: '' });
    else if (char === OPEN_LIST) open.push({ keys: null, at: 0 });
    else if (char === CLOSE_MAP || char === CLOSE_LIST) open.pop();
    else if (char === COMMA && level !== undefined && level.keys === null) level.at = Number(level.at) + 1;
    else if (char === QUOTE) {
      const end = endOfString(text, i);
      if (level?.keys && nextCharCode(text, end + 1) === COLON && previousIsKeyPlace(text, i)) {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        level.at = key;
        if (level.keys.has(key)) {
          found = true;
          const path = open.map((part) => part.at);
          issues.add(
            'duplicate-key',
            path,
            `The key ${JSON.stringify(key)} stands twice in one map.`,
            undefined,
            placeOf(text, i),
          );
        }
        level.keys.add(key);
      }
      i = end;
    }
  }
  return found;
}

function nextCharCode(text: string, from: number): number {
  let i = from;
  while (text.charCodeAt(i) <= 32) i++;
  return text.charCodeAt(i);
}

/** A key follows `{` or `,`; a string value follows `:`. */
function previousIsKeyPlace(text: string, from: number): boolean {
  let i = from - 1;
  while (text.charCodeAt(i) <= 32) i--;
  const char = text.charCodeAt(i);
  return char === OPEN_MAP || char === COMMA;
}
