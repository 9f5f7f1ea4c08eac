/** What controllers, the scheduler and kubectl mean to do later: the slot of a ControlTask event. */
import type { Nanos } from '../scenario.js';

type Act = (nowNs: Nanos) => void;

export class Agenda {
  private readonly acts: (Act | null)[] = [];
  private readonly free: number[] = [];

  constructor(private readonly schedule: (delayNs: Nanos, slot: number) => void) {}

  after(delayNs: Nanos, act: Act): void {
    const slot = this.free.pop() ?? this.acts.length;
    this.acts[slot] = act;
    this.schedule(delayNs, slot);
  }

  onTask(slot: number, nowNs: Nanos): void {
    const act = this.acts[slot];
    this.acts[slot] = null;
    this.free.push(slot);
    act?.(nowNs);
  }
}
