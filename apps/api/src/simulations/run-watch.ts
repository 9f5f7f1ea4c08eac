import { Injectable } from '@nestjs/common';
import { RunSignals, Shutdown } from '#platform';

/** Runs of other processes tell nothing here: their rows are looked at. */
const LOOK_MS = 500;

/** Waits for runs of any kind to end. */
@Injectable()
export class RunWatch {
  constructor(
    private readonly signals: RunSignals,
    private readonly shutdown: Shutdown,
  ) {}

  /** The row when it has ended, or as it is after `forMs`, or when the process is about to end; null: it was deleted. */
  async untilOver<Row extends { id: string; status: string }>(
    row: Row,
    forMs: number,
    read: () => Promise<Row | null>,
  ): Promise<Row | null> {
    const untilMs = performance.now() + forMs;
    let current: Row | null = row;
    while (current && !isOver(current)) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || this.shutdown.signal.aborted) return current;
      await this.news(row.id, Math.min(leftMs, LOOK_MS));
      current = await read();
    }
    return current;
  }

  /** Resolves with the next change of status that this process hears of, or after `forMs`. */
  private news(id: string, forMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        this.shutdown.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, forMs);
      this.shutdown.signal.addEventListener('abort', done);
      const stop = this.signals.listen(id, ({ status }) => {
        if (status !== 'running') done();
      });
    });
  }
}

export function isOver({ status }: { status: string }): boolean {
  return status !== 'queued' && status !== 'running';
}
