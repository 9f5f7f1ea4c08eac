/** The smallest few of many numbers that come in any order. */
export class SmallestNumbers {
  /** Ascending. */
  readonly numbers: number[] = [];

  constructor(private readonly most: number) {}

  /** Whether a number from `least` on could still be one of them. */
  wants(least: number): boolean {
    return this.numbers.length < this.most || least < this.numbers[this.most - 1]!;
  }

  /** `rows` ascend, each `first` more than it says. */
  addAscending(rows: ArrayLike<number>, first: number): void {
    for (let i = 0; i < rows.length && this.wants(first + rows[i]!); i++) this.add(first + rows[i]!);
  }

  private add(number: number): void {
    const place = this.numbers.findIndex((known) => known > number);
    this.numbers.splice(place === -1 ? this.numbers.length : place, 0, number);
    if (this.numbers.length > this.most) this.numbers.pop();
  }
}
