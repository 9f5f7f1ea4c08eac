/**
 * Which few of many requests a report keeps: all of a small run; of a large one the first failures of every reason, the
 * first requests to every target, and of every bin of time the first of every outcome.
 */
import { type Dictionaries, OUTCOMES, type RequestRow } from './result.js';

const SAMPLES_MAX = 320;
const PER_REASON = 3;
const PER_TARGET = 1;
const KINDS = OUTCOMES.length;
const OK = OUTCOMES.indexOf('ok');
/** Reasons and targets beyond this many have no request kept for their sake. */
const NAMES_MAX = 60;

interface Kept {
  row: RequestRow;
  /** What is kept to the end first: 0 for first failures of a reason and first requests to a target. */
  rank: number;
}

export class SampleChoice {
  private readonly all: boolean;
  private readonly ofBin: Uint8Array;
  private readonly ofReason: Uint8Array;
  private readonly ofTarget: Uint8Array;
  private readonly ranks: number[] = [];
  private readonly kept: Kept[] = [];

  constructor(requests: number, bins: number, { reasons, targets }: Dictionaries) {
    this.all = requests <= SAMPLES_MAX;
    this.ofBin = new Uint8Array(bins * KINDS);
    this.ofReason = new Uint8Array(Math.min(reasons.length, NAMES_MAX + 1));
    this.ofTarget = new Uint8Array(Math.min(targets.length, NAMES_MAX + 1));
  }

  /** The places of rows to keep, ascending. */
  choose(bins: Int32Array, outcomes: Int32Array, reasons: Int32Array, targets: Int32Array): number[] {
    const { ofBin, ofReason, ofTarget } = this;
    const places: number[] = [];
    this.ranks.length = 0;
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i]!;
      const reason = reasons[i]!;
      const target = targets[i]!;
      const slot = bins[i]! * KINDS + outcome;
      const isNewTarget = target < ofTarget.length && ofTarget[target]! < PER_TARGET;
      const isNewReason = outcome !== OK && reason < ofReason.length && ofReason[reason]! < PER_REASON;
      if (!(isNewTarget || isNewReason || this.all || ofBin[slot] === 0)) continue;
      if (isNewTarget) ofTarget[target]!++;
      if (isNewReason) ofReason[reason]!++;
      this.ranks.push(isNewTarget || isNewReason ? 0 : outcome === OK ? 2 : 1);
      ofBin[slot] = 1;
      places.push(i);
    }
    return places;
  }

  /** `rows`: those at the places that `choose` has just named. */
  keep(rows: RequestRow[]): void {
    rows.forEach((row, i) => {
      this.kept.push({ row, rank: this.ranks[i]! });
    });
  }

  /** Ascending by number; of what is too many, an even spread over time. */
  answer(): RequestRow[] {
    if (this.all) return this.kept.sort(byNumber).map(({ row }) => row);
    const chosen: Kept[] = [];
    for (const rank of [0, 1, 2]) {
      const candidates = this.kept.filter((kept) => kept.rank === rank).sort(byNumber);
      // Answered requests have their place even where failures would fill all.
      const room = SAMPLES_MAX - chosen.length - (rank === 2 ? 0 : SAMPLES_MAX / 8);
      chosen.push(...evenly(candidates, Math.max(0, Math.floor(room))));
    }
    return chosen.sort(byNumber).map(({ row }) => row);
  }
}

const byNumber = (a: Kept, b: Kept) => a.row.request - b.row.request;

function evenly<Item>(items: Item[], most: number): Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, n) => items[Math.floor((n * items.length) / most)]!);
}
