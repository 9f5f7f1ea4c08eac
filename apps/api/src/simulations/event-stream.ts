import type { Response } from 'express';
import type { RunNews, SimulationStatus } from '#platform';

/** A client that lost its connection comes back after this time. */
const RETRY_MS = 1_000;

type State = Pick<RunNews, 'status' | 'attempt' | 'progress'>;

/** Tells states apart, so that a client that has seen one does not get it again. */
export function eventId({ status, attempt, progress }: State): string {
  return isEnd(status) ? status : `${status}-${attempt}-${Math.floor(progress * 10_000)}`;
}

/** The end comes last; before it attempts count up, each waits before it runs, and progress grows while it runs. */
function rank({ status, attempt, progress }: State): number {
  if (isEnd(status)) return Number.POSITIVE_INFINITY;
  return 4 * attempt + (status === 'running' ? 2 : 0) + progress;
}

/** Null: nothing, or an end, after which only the same can come. */
function seenState(lastEventId: string): State | null {
  const [, status, attempt, progress] = /^(queued|running)-(\d{1,9})-(\d{1,5})$/.exec(lastEventId) ?? [];
  return status === undefined ? null : { status, attempt: Number(attempt), progress: Number(progress) / 10_000 };
}

/** One client's view of a run: never told twice, and never told what is older than what it knows. */
export class EventStream {
  private lastId: string;
  private last: State | null;
  private lastStatus: string | null = null;

  constructor(
    private readonly response: Response,
    private readonly simulation: string,
    lastEventId = '',
  ) {
    this.lastId = lastEventId;
    this.last = seenState(lastEventId);
    response
      .status(200)
      .set({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' });
    response.flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  onEnd(listener: () => void): void {
    this.response.once('close', listener);
  }

  /** Writes an event where this is news, and ends with the run. */
  tell(news: State): void {
    if (this.response.writableEnded) return;
    // A row may have been read before a word that has come already.
    if (this.last && rank(news) < rank(this.last)) return;
    const id = eventId(news);
    if (id !== this.lastId) {
      const { status, attempt } = news;
      const sameAttempt = this.last?.attempt === attempt;
      const progress = sameAttempt ? Math.max(news.progress, this.last!.progress) : news.progress;
      const event = status === this.lastStatus ? 'progress' : 'status';
      const data = JSON.stringify({ id: this.simulation, status, progress });
      this.response.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
      this.lastId = id;
      this.last = { status, attempt, progress };
      this.lastStatus = status;
    }
    if (isEnd(news.status)) this.end();
  }

  comment(): void {
    this.response.write(':\n\n');
  }

  end(): void {
    this.response.end();
  }
}

function isEnd(status: string): boolean {
  return status !== ('queued' satisfies SimulationStatus) && status !== ('running' satisfies SimulationStatus);
}
