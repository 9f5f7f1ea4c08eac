/**
 * A 64-bit hash of everything a run produced: the same scenario, seed and model version give the same 16 digits. Not a
 * defence against anyone who wants two runs to look alike.
 *
 * Every value is framed (text and bytes by their length), so `'ab', 'c'` and `'a', 'bc'` differ.
 */
export class Fingerprint {
  private high = 0x6a09e667;
  private low = 0x3c6ef372;

  /** Adds a double by its bits: -0 and 0 differ, every NaN is the same. */
  number(value: number): this {
    scratch.setFloat64(0, Number.isNaN(value) ? Number.NaN : value, true);
    this.word(scratch.getInt32(0, true));
    this.word(scratch.getInt32(4, true));
    return this;
  }

  text(value: string): this {
    this.word(value.length);
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i));
    return this;
  }

  bytes(value: Uint8Array): this {
    const { length } = value;
    this.word(length);
    const whole = length & ~3;
    for (let i = 0; i < whole; i += 4) {
      this.word(value[i]! | (value[i + 1]! << 8) | (value[i + 2]! << 16) | (value[i + 3]! << 24));
    }
    if (whole < length) {
      let rest = 0;
      for (let i = length - 1; i >= whole; i--) rest = (rest << 8) | value[i]!;
      this.word(rest);
    }
    return this;
  }

  /** 16 hexadecimal digits of what was added until now; adding may go on afterwards. */
  digest(): string {
    const high = finish(this.high ^ Math.imul(this.low, 0x9e3779b1));
    const low = finish(this.low ^ Math.imul(high, 0x85ebca77));
    return hex(high) + hex(low);
  }

  /** One-to-one in the state, and in the word for a given state: a difference never dies out at once. */
  private word(word: number): void {
    const a = Math.imul(this.high ^ word, 0x2c1b3c6d);
    const b = Math.imul((this.low + word) ^ (a >>> 15), 0x297a2d39);
    this.high = a ^ ((b << 13) | (b >>> 19));
    this.low = (((b << 16) | (b >>> 16)) + this.high) | 0;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

function finish(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
