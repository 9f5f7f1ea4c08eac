/**
 * The YAML that kubectl prints, read line by line: block maps and lists, scalars, literal texts, `{}` and `[]`. Whatever
 * else a text holds (comments, anchors, tags, flow style, tabs, duplicate keys, mistakes) is left to the package, which is
 * some ten times slower and reads everything; what is read here reads the same there.
 */
import type { Path } from '../pointer.js';

interface Place {
  line: number;
  column: number;
}

export interface PlainDocument {
  value: object;
  /** Place of what stands at a path, or of the nearest thing around it. */
  locate(path: Path): Place;
}

/** By container, by key or index. */
type Places = Map<object, Map<string, Place>>;

/** Null where the text is not plain, or nested deeper than `depth`. Empty documents are left out. */
export function readPlainYaml(text: string, depth: number): PlainDocument[] | null {
  if (UNUSUAL.test(text)) return null;
  try {
    // Places are seldom asked for, and noting them all costs as much as reading.
    let noted: { roots: Root[]; places: Places } | undefined;
    const note = () => {
      const places: Places = new Map();
      noted = { roots: new PlainReader(text, depth, places).documents(), places };
      return noted;
    };
    return new PlainReader(text, depth, null).documents().map(({ value }, index) => ({
      value,
      locate(path) {
        const { roots, places } = noted ?? note();
        return placeAt(roots[index]!, path, places);
      },
    }));
  } catch (error) {
    if (error instanceof NotPlain) return null;
    throw error;
  }
}

class NotPlain extends Error {}

function fail(): never {
  throw new NotPlain();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters other than line feeds are looked for.
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const KEY = /^[^-?:,[\]{}#&*!|>'"%@` ](?:.*[^ ])?$/;
const KEY_CHARS_MAX = 1000;
const NOT_A_SCALAR = /^(?:[?:,[\]{}#&*!|>%@`]|-(?: |$))/;
const BESIDE_A_SCALAR = /: | #|:$/;
const SINGLE_QUOTED = { inside: /^[^']*(?:''[^']*)*$/, end: /^[^']*(?:''[^']*)*'$/ };
const DOUBLE_QUOTED = { inside: /^[^"\\]*(?:\\.[^"\\]*)*\\?$/, end: /^[^"\\]*(?:\\.[^"\\]*)*"$/ };

interface Root {
  value: object;
  start: Place;
}

const isItem = (text: string): boolean => text === '-' || text.startsWith('- ');

class PlainReader {
  private readonly lines: string[];
  private line = 0;
  /** Where the unread rest of the line begins; -1 at the end of a document. */
  private column = 0;
  private rest = '';

  constructor(
    text: string,
    private readonly depth: number,
    private readonly places: Places | null,
  ) {
    this.lines = text.split('\n');
  }

  documents(): Root[] {
    const found: Root[] = [];
    this.skipBlank();
    while (this.line < this.lines.length) {
      if (this.column < 0) {
        this.nextLine();
        continue;
      }
      found.push({ start: this.here(), value: this.block(1) });
      if (this.column >= 0) fail();
    }
    return found;
  }

  private here(): Place {
    return { line: this.line + 1, column: this.column + 1 };
  }

  private nextLine(): void {
    this.line++;
    this.skipBlank();
  }

  private skipBlank(): void {
    for (; this.line < this.lines.length; this.line++) {
      const line = this.lines[this.line]!;
      this.column = line === '---' ? -1 : line.search(/[^ ]/);
      if (this.column < 0 && line !== '---') continue;
      this.rest = line.slice(this.column).replace(/ +$/, '');
      if (this.rest.startsWith('#')) fail();
      return;
    }
    this.column = -1;
  }

  private block(level: number): object {
    if (level > this.depth) fail();
    return isItem(this.rest) ? this.list(level) : this.map(level);
  }

  private list(level: number): unknown[] {
    const { column } = this;
    const list: unknown[] = [];
    while (this.column === column && isItem(this.rest)) {
      if (this.rest === '-') {
        this.note(list, list.length);
        this.nextLine();
        list.push(this.column > column ? this.block(level + 1) : null);
        continue;
      }
      const inside = this.rest.slice(1).search(/[^ ]/) + 1;
      this.column += inside;
      this.rest = this.rest.slice(inside);
      this.note(list, list.length);
      const isScalar = /^['"]/.test(this.rest) || !(isItem(this.rest) || /: |:$/.test(this.rest));
      list.push(isScalar ? this.scalar(this.rest, column) : this.block(level + 1));
    }
    return list;
  }

  private map(level: number): object {
    const { column } = this;
    const map: Record<string, unknown> = {};
    while (this.column === column && !isItem(this.rest)) {
      const colon = this.rest.indexOf(': ');
      const end = colon < 0 && this.rest.endsWith(':') ? this.rest.length - 1 : colon;
      const key = this.rest.slice(0, end);
      if (end < 0 || end > KEY_CHARS_MAX || !KEY.test(key) || key.includes(' #')) fail();
      if (key === '<<' || key === '__proto__' || Object.hasOwn(map, key)) fail();
      this.note(map, key);
      const written = this.rest.slice(end + 1).replace(/^ +/, '');
      map[key] = written === '' ? this.below(column, level) : this.scalar(written, column);
    }
    return map;
  }

  /** What stands in the lines under a key: the items of a list may be as far left as the key. */
  private below(column: number, level: number): unknown {
    this.nextLine();
    return this.column > column || (this.column === column && isItem(this.rest)) ? this.block(level + 1) : null;
  }

  private note(container: object, key: string | number): void {
    if (this.places === null) return;
    const places = this.places.get(container);
    if (places === undefined) this.places.set(container, new Map([[String(key), this.here()]]));
    else places.set(String(key), this.here());
  }

  /** `column` is that of the key or dash; what belongs to the scalar stands further right. */
  private scalar(text: string, column: number): unknown {
    if (text === '{}' || text === '[]') {
      this.nextLine();
      return text === '{}' ? {} : [];
    }
    if (text.startsWith('|')) return this.literal(text, column);
    if (text.startsWith("'")) return this.quoted(text, column, SINGLE_QUOTED).replaceAll("''", "'");
    if (text.startsWith('"')) return unescaped(this.quoted(text, column, DOUBLE_QUOTED));
    if (NOT_A_SCALAR.test(text)) fail();
    let plain = text;
    for (;;) {
      if (BESIDE_A_SCALAR.test(plain.slice(-text.length))) fail();
      const { line } = this;
      this.nextLine();
      if (this.column <= column) return resolved(plain);
      if (this.line > line + 1) fail();
      text = ` ${this.rest}`;
      plain += text;
    }
  }

  /** The text between quotes, folded; escapes are still in it. */
  private quoted(text: string, column: number, { inside, end }: typeof SINGLE_QUOTED): string {
    const parts: string[] = [];
    for (let part = text.slice(1); ; ) {
      const isLast = end.test(part);
      if (!isLast && !inside.test(part)) fail();
      const isJoined = /(?:^|[^\\])(?:\\\\)*\\$/.test(part) && end === DOUBLE_QUOTED.end;
      parts.push(isLast || isJoined ? part.slice(0, -1) : `${part} `);
      if (isLast) break;
      const next = this.lines[++this.line] ?? '';
      this.column = next.search(/[^ ]/);
      if (this.column <= column) fail();
      part = next.slice(this.column).replace(/ +$/, '');
    }
    this.nextLine();
    return parts.join('');
  }

  private literal(header: string, column: number): string {
    const first = this.lines[this.line + 1] ?? '';
    const indent = first.search(/[^ ]/);
    if ((header !== '|' && header !== '|-') || indent <= column) fail();
    const lines: string[] = [];
    for (this.line++; this.line < this.lines.length; this.line++) {
      const line = this.lines[this.line]!;
      const start = line.search(/[^ ]/);
      if (start < 0 ? line.length > indent : start < indent) break;
      lines.push(line.slice(indent));
    }
    // Whether a last line without its line feed has one is a question for the package, and so are blanks at the end.
    if (this.line === this.lines.length && lines.at(-1) !== '') fail();
    if (this.lines[this.line]?.search(/[^ ]/) === -1) fail();
    while (lines.at(-1) === '') lines.pop();
    this.skipBlank();
    return lines.join('\n') + (header === '|' ? '\n' : '');
  }
}

/** JSON's escapes and that of a blank; others are rare. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text.replace(/\\./g, (pair) => (pair === '\\ ' ? ' ' : pair))}"`) as string;
  } catch {
    return fail();
  }
}

const WORDS = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const INT = /^[-+]?\d+$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+\.\d*|(?:\.\d+|\d+(?:\.\d*)?)[eE][-+]?\d+)$/;
const OTHER_NUMBER = /^(?:0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** YAML 1.2, core schema. */
function resolved(text: string): unknown {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text)) return text;
  if (INT.test(text)) return Number.parseInt(text, 10);
  if (FLOAT.test(text)) return Number.parseFloat(text);
  return OTHER_NUMBER.test(text) ? fail() : text;
}

function placeAt({ value, start }: Root, path: Path, places: Places): Place {
  let node: unknown = value;
  let place = start;
  for (const step of path) {
    const next = typeof node === 'object' && node !== null ? places.get(node)?.get(String(step)) : undefined;
    if (next === undefined) break;
    place = next;
    node = (node as Record<string | number, unknown>)[step];
  }
  return place;
}
