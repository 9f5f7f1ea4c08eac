/** How far a run is: a line on standard error that is written over, where somebody is looking. */
const EVERY_MS = 250;

export class ProgressLine {
  private toldMs = -Infinity;
  private isThere = false;

  constructor(private readonly stderr: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>) {}

  /** `done`: 0..1. */
  tell(done: number): void {
    const nowMs = performance.now();
    if (!this.stderr.isTTY || nowMs - this.toldMs < EVERY_MS) return;
    this.toldMs = nowMs;
    this.isThere = true;
    this.stderr.write(`\r\x1b[K${Math.floor(done * 100)} %`);
  }

  /** Before anything else is written to that terminal. */
  clear(): void {
    if (this.isThere) this.stderr.write('\r\x1b[K');
    this.isThere = false;
  }
}
