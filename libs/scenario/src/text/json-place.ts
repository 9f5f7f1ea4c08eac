/**
 * Where a text stops being JSON. V8 tells a position only in some of its messages, so the text is read once more, token
 * by token, up to the first that may not stand where it stands.
 */
const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

export interface TextPlace {
  line: number;
  column: number;
}

/** Line and column (from 1) of the first character that cannot be JSON; the end of the text where it is cut off. */
export function firstJsonError(text: string): TextPlace {
  return placeOf(text, errorOffset(text));
}

function errorOffset(text: string): number {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  let offset = 0;
  const afterValue = (): Wanted => (open.length === 0 ? 'nothing' : ', or end');
  for (;;) {
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text);
    const start = skipBlanks(text, offset);
    if (!token) return start;
    const [, sign, string] = token;
    if (sign === '{' || sign === '[') {
      if (wanted !== 'value' && wanted !== 'value or ]') return start;
      open.push(sign);
      wanted = sign === '{' ? 'key or }' : 'value or ]';
    } else if (sign === '}' || sign === ']') {
      const mayEnd = wanted === ', or end' || wanted === (sign === '}' ? 'key or }' : 'value or ]');
      if (!mayEnd || open.pop() !== (sign === '}' ? '{' : '[')) return start;
      wanted = afterValue();
    } else if (sign === ',') {
      if (wanted !== ', or end') return start;
      wanted = open.at(-1) === '{' ? 'key' : 'value';
    } else if (sign === ':') {
      if (wanted !== ':') return start;
      wanted = 'value';
    } else if (wanted === 'key' || wanted === 'key or }') {
      if (string === undefined) return start;
      wanted = ':';
    } else if (wanted === 'value' || wanted === 'value or ]') {
      wanted = afterValue();
    } else return start;
    offset = TOKEN.lastIndex;
  }
}

function skipBlanks(text: string, from: number): number {
  let offset = from;
  while (offset < text.length && '\t\n\r '.includes(text[offset]!)) offset++;
  return offset;
}

/** Line and column, from 1, of an offset. */
export function placeOf(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
