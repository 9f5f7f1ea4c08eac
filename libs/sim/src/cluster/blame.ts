/**
 * What is behind a change: the entry of the timeline, or the step, that it comes of.
 *
 * While such an entry is handled, `current` is its number: entries of the timeline first, then steps. Whatever is scheduled
 * meanwhile keeps it (`keep`) and has it again when its time has come (`resume`), so that a rule written three seconds
 * later still knows the rollout that it comes of. Most of a run has nobody behind it and passes this by.
 */
export const NOBODY = -1;

interface Kept {
  because: number;
  kind: number;
  slot: number;
}

/** What nobody did, and what comes of it all the same: a probe that failed. Its number is below NOBODY. */
export interface Happening {
  text: string;
  /** The entry, or step, that it comes of; NOBODY. */
  because: number;
  /** It is what came of the entry, and is told after it. */
  follows: boolean;
}

export class Blame {
  current = NOBODY;
  private readonly happenings: Happening[] = [];
  private readonly known = new Map<string, number>();
  private readonly kept: Kept[] = [];
  private readonly free: number[] = [];

  /** Whatever `act` changes or schedules comes of that entry. */
  during<T>(because: number, act: () => T): T {
    const before = this.current;
    this.current = because;
    try {
      return act();
    } finally {
      this.current = before;
    }
  }

  /** The number of something that happens of itself; a second one of that name is the first one. */
  happening(name: string, text: string): number {
    return this.numberOf(name, { text, because: this.happened(this.current)?.because ?? this.current, follows: false });
  }

  /** The number of the entry `because` together with what came of it. */
  consequence(because: number, text: string): number {
    return this.numberOf(`${because}, ${text}`, { text, because, follows: true });
  }

  private numberOf(name: string, happening: Happening): number {
    let number = this.known.get(name);
    if (number === undefined) {
      number = NOBODY - this.happenings.push(happening);
      this.known.set(name, number);
    }
    return number;
  }

  happened(number: number): Happening | undefined {
    return this.happenings[NOBODY - 1 - number];
  }

  /** Of an event that is scheduled now; the slot under which it can be resumed. */
  keep(kind: number, slot: number): number {
    const at = this.free.pop() ?? this.kept.length;
    this.kept[at] = { because: this.current, kind, slot };
    return at;
  }

  resume(at: number, dispatch: (kind: number, slot: number) => void): void {
    const { because, kind, slot } = this.kept[at] as Kept;
    this.free.push(at);
    this.during(because, () => dispatch(kind, slot));
  }
}
