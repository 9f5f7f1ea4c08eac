/** The future of a run, and who is behind what is in it. */
import { Blame, NOBODY } from '../cluster/blame.js';
import { Kind } from '../events.js';
import { EventQueue } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';

export class Clock {
  readonly queue = new EventQueue();
  readonly blame = new Blame();

  get nowNs(): Nanos {
    return this.queue.time;
  }

  after(delayNs: Nanos, phase: number, kind: number, slot: number): void {
    this.at(this.queue.time + delayNs, phase, kind, slot);
  }

  /** What has somebody behind it keeps that until its time has come. */
  at(atNs: Nanos, phase: number, kind: number, slot: number): void {
    if (this.blame.current === NOBODY) this.queue.push(atNs, phase, kind, slot);
    else this.queue.push(atNs, phase, Kind.Caused, this.blame.keep(kind, slot));
  }
}
