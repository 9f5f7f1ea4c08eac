/** Chance for the generator: a fixed function of seed and cluster number. */
import { draw } from '../../../libs/sim/src/kernel/draw.js';

/** No stream of a run has this number. */
const STREAM = 1000;

export class Dice {
  #thrown = 0;

  constructor(
    private readonly seed: number,
    private readonly number: number,
  ) {}

  /** 0 ≤ … < n. */
  below(n: number): number {
    return Math.floor(draw(this.seed, STREAM, this.number, this.#thrown++) * n);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** As likely as its weight says. */
  weighted<T>(...list: [weight: number, value: T][]): T {
    let left = this.below(list.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of list) {
      if (left < weight) return value;
      left -= weight;
    }
    throw new Error('no weights');
  }

  /** So many of them at most, each once, in their order. */
  some<T>(list: readonly T[], most: number): T[] {
    const chosen = new Set(this.shuffled(list).slice(0, most));
    return list.filter((item) => chosen.has(item));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }
}
