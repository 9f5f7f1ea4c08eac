import { EventEmitter } from 'node:events';

/** What a run has come to, as those hear who watch it. */
export interface RunNews {
  id: string;
  status: string;
  attempt: number;
  /** 0..1. */
  progress: number;
}

/**
 * Word of runs inside this process, quicker than the rows. Whoever watches must look at the rows as well: a run may be
 * at work in another process.
 */
export class RunSignals {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  tell(news: RunNews): void {
    this.emitter.emit(news.id, news);
  }

  /** Returns how to stop listening. */
  listen(id: string, listener: (news: RunNews) => void): () => void {
    this.emitter.on(id, listener);
    return () => this.emitter.off(id, listener);
  }
}
