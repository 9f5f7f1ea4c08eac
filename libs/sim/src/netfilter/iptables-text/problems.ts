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

/** Of one text. Errors end the reading when there are `most`; assumptions never do, but from then on they are counted only. */
export class FoundProblems {
  private readonly told: RulesProblem[] = [];
  private errors = 0;
  private assumed = 0;
  private untoldSince = 0;

  constructor(private readonly most: number) {}

  add(problem: RulesProblem): void {
    if (problem.code !== 'rules-assumed') this.errors++;
    else if (++this.assumed > this.most) {
      if (this.assumed === this.most + 1) this.untoldSince = problem.line;
      return;
    }
    if (this.errors <= this.most) this.told.push(problem);
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }

  get isFull(): boolean {
    return this.errors >= this.most;
  }

  list(): RulesProblem[] {
    const untold = this.assumed - this.most;
    if (untold <= 0) return this.told;
    const message = `from here on something is assumed ${untold} times more`;
    return [...this.told, { code: 'rules-assumed', line: this.untoldSince, message }];
  }
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
