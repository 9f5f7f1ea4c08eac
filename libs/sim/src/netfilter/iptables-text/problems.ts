/** What can be wrong with the text of a node's rules. */

export type RulesProblemCode =
  | 'rules-unreadable'
  | 'rules-unknown'
  | 'rules-no-such-chain'
  | 'rules-loop'
  | 'rules-misplaced'
  | 'rules-truncated'
  | 'rules-too-large'
  | 'rules-assumed';

export interface RulesProblem {
  code: RulesProblemCode;
  /** Counted from 1; 0: the text as a whole. */
  line: number;
  message: string;
  /** Where there is more to say than the code's own hint. */
  hint?: string;
}

/** Thrown while one line is read, and caught there. */
export class LineProblem extends Error {
  constructor(
    readonly code: RulesProblemCode,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

export function unreadable(message: string): never {
  throw new LineProblem('rules-unreadable', message);
}

/** What iptables knows and the model does not. */
export function unknownPart(message: string, hint?: string): never {
  throw new LineProblem('rules-unknown', message, hint);
}

/** A word as a message shows it. */
export function shownWord(word: string | undefined): string {
  return word === undefined ? 'nothing' : `"${word.length > 60 ? `${word.slice(0, 60)}…` : word}"`;
}
