/** Source ports in use, by what they are told apart: data, see `source-ports.ts`. */

/** Seconds that are told apart: a power of two above all times. */
const RING = 128;

/** What goes to one address and port by one protocol. */
export interface PortEndpoint {
  /** Up to what is not counted. */
  taken: number;
  /** By node and its address. */
  readonly tuples: Map<number, PortTuple>;
}

/** What one node, by one of its addresses, has open to an endpoint. */
export class PortTuple {
  inUse = 0;
  private endsIn: Uint16Array | null = null;
  private second = 0;

  /** So many are in use without anybody's noting when they end. */
  get isNoted(): boolean {
    return this.endsIn !== null;
  }

  /** From now on it is noted; who has come before leaves when the last of them has. */
  note(second: number, seconds: number): void {
    this.endsIn = new Uint16Array(RING);
    this.second = second;
    this.endsIn[(second + seconds) & (RING - 1)] = this.inUse;
  }

  clear(): void {
    this.inUse = 0;
    this.endsIn = null;
  }

  advance(second: number): void {
    const endsIn = this.endsIn as Uint16Array;
    const steps = Math.min(second - this.second, RING);
    for (let n = 1; n <= steps; n++) {
      const at = (this.second + n) & (RING - 1);
      this.inUse -= endsIn[at] as number;
      endsIn[at] = 0;
    }
    this.second = second;
  }

  take(seconds: number): void {
    (this.endsIn as Uint16Array)[(this.second + seconds) & (RING - 1)]!++;
    this.inUse++;
  }
}
