import { exponentialOf } from './exponential.js';

/**
 * Chris Doty-Humphrey's sfc32: random numbers drawn in turn. The model looks its numbers up by key (`draw.ts`); this is
 * for workloads that must agree draw by draw with other programs.
 */
export class Sfc32 {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  /** The first 15 values are thrown away: the state has mixed by then. */
  constructor(a: number, b: number, c: number, seed = 1) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.counter = seed | 0;
    for (let i = 0; i < 15; i++) this.bits();
  }

  /** 32 bits as an int32. */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }

  /** (x + 0.5) / 2^32: uniform in (0, 1). */
  uniform(): number {
    return ((this.bits() >>> 0) + 0.5) * 2 ** -32;
  }

  /** Uniform in 0..n-1. */
  int(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return exponentialOf(this.bits());
  }
}
