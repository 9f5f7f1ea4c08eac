/**
 * The words of a `nft list ruleset` text, one after the other, each with its line.
 *
 * Models: words, quoted texts, signs and ends of lines as `nft list ruleset` and `nft -f` input have them.
 * Source: nft(8); nftables 1.0.6 src/scanner.l.
 * Simplified: signs that a listing sets apart by blanks (`.`, `:`, `-`) must stand apart here too; no variables, no includes.
 * Who could tell: someone who gives a script for `nft -f` instead of what nft lists.
 */
import { LineProblem, shownWord } from '../iptables-text/problems.js';

export interface Token {
  readonly kind: 'word' | 'text' | 'sign' | 'lineEnd' | 'end';
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const AS_LISTED = 'Give the text as `nft list ruleset` prints it.';

/** Longer words and quoted texts are nobody's rules. */
const LONGEST_WORD = 4096;

const PATTERN =
  /[^\S\n]+|(\n)|#[^\n]*|"([^"\n]*)"|(==|!=|<=|>=|<<|>>|[{}();,=!<>&|^@])|(?:\\\n)|([^\s{}();,=!<>&|^@"#]+)/y;

export class NftTokens {
  private readonly pattern = new RegExp(PATTERN);
  private line = 1;
  private current: Token;

  constructor(private readonly source: string) {
    this.current = this.read();
  }

  get peek(): Token {
    return this.current;
  }

  take(): Token {
    const token = this.current;
    if (token.kind !== 'end') this.current = this.read();
    return token;
  }

  /** Takes the next token where it is this word or sign. */
  accept(text: string): boolean {
    const { kind } = this.current;
    if ((kind !== 'word' && kind !== 'sign') || this.current.text !== text) return false;
    this.take();
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`"${text}" should stand here, not ${this.shown()}`);
  }

  /** A word, quoted or not. `what` says what it should be. */
  word(what: string): string {
    const { kind } = this.current;
    if (kind !== 'word' && kind !== 'text') this.fail(`${what} should stand here, not ${this.shown()}`);
    return this.take().text;
  }

  whole(what: string, most = Number.MAX_SAFE_INTEGER): number {
    const text = this.word(what);
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value <= most)) this.fail(`${what} should be a whole number up to ${most}, not ${shownWord(text)}`);
    return value;
  }

  /** Whether a line or a statement ends here. */
  get atEnd(): boolean {
    const { kind, text } = this.current;
    return kind === 'lineEnd' || kind === 'end' || (kind === 'sign' && (text === ';' || text === '}'));
  }

  skipLineEnds(): void {
    while (this.current.kind === 'lineEnd' || (this.current.kind === 'sign' && this.current.text === ';')) this.take();
  }

  skipBlankLines(): void {
    while (this.current.kind === 'lineEnd') this.take();
  }

  /** Passes the rest of a line whose beginning could not be read, with the blocks that open in it. */
  skipLine(): void {
    for (let depth = 0; this.current.kind !== 'end'; this.take()) {
      if (this.current.kind === 'lineEnd' && depth === 0) return;
      if (this.current.kind !== 'sign') continue;
      if (this.current.text === '{') depth++;
      else if (this.current.text === '}' && depth-- === 0) return;
    }
  }

  /** What stands here, for messages. */
  shown(): string {
    const { kind, text } = this.current;
    if (kind === 'end') return 'the end of the text';
    return kind === 'lineEnd' ? 'the end of the line' : shownWord(text);
  }

  fail(message: string, hint = AS_LISTED): never {
    throw new LineProblem('rules-unreadable', message, hint);
  }

  private read(): Token {
    for (;;) {
      const { line } = this;
      const start = this.pattern.lastIndex;
      if (start >= this.source.length) return { kind: 'end', text: '', line };
      const match = this.pattern.exec(this.source);
      if (match === null)
        throw new LineProblem(
          'rules-unreadable',
          'a quotation mark opens here and does not close',
          'Close it in the same line.',
        );
      const [whole, lineEnd, text, sign, word] = match;
      if (whole.length > LONGEST_WORD && (text ?? word) !== undefined) {
        throw new LineProblem(
          'rules-too-large',
          `a word of ${whole.length} characters; ${LONGEST_WORD} are allowed`,
          'Shorten it.',
        );
      }
      if (whole.endsWith('\n')) this.line++;
      if (lineEnd !== undefined) return { kind: 'lineEnd', text: lineEnd, line };
      if (text !== undefined) return { kind: 'text', text, line };
      if (sign !== undefined) return { kind: 'sign', text: sign, line };
      if (word !== undefined) return { kind: 'word', text: word, line };
    }
  }
}
