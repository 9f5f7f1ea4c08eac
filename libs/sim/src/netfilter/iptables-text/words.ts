/** A line of an iptables text, word by word. */

const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * As iptables-restore splits it: at blanks; a quotation mark opens a word that the next one closes, and within it a
 * backslash keeps what follows. Outside of quotes a backslash is nothing special. Null: a quotation is not closed.
 */
export function wordsOf(line: string): string[] | null {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (code === SPACE || code === TAB) {
      at++;
      continue;
    }
    let word = '';
    let start = at;
    let quoted = false;
    for (; ; at++) {
      if (at >= line.length) {
        if (quoted) return null;
        words.push(word + line.slice(start));
        break;
      }
      const here = line.charCodeAt(at);
      if (quoted && here === BACKSLASH) {
        word += line.slice(start, at);
        start = at + 1;
        at++;
      } else if (here === QUOTE) {
        word += line.slice(start, at);
        start = at + 1;
        quoted = !quoted;
        if (quoted) continue;
        words.push(word);
        at++;
        break;
      } else if (!quoted && (here === SPACE || here === TAB)) {
        words.push(word + line.slice(start, at));
        break;
      }
    }
  }
  return words;
}

/** As iptables-save writes a text that may hold blanks. */
export function quoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;
}

/** Reads the words of one line in turn. */
export class Words {
  private at = 0;

  constructor(private readonly words: readonly string[]) {}

  get done(): boolean {
    return this.at >= this.words.length;
  }

  peek(): string | undefined {
    return this.words[this.at];
  }

  next(): string | undefined {
    return this.words[this.at++];
  }

  /** Steps over the word where it is the next one. */
  take(word: string): boolean {
    if (this.words[this.at] !== word) return false;
    this.at++;
    return true;
  }
}
