/** The queue that needs no service: a word from the same process fills its places at once, those of others look for it. */
import type { JobHandler, JobQueue, JobRows } from './job-queue.js';
import { Places, type PlacesOptions } from './places.js';

export class EmbeddedQueue implements JobQueue {
  private places: Places | null = null;

  constructor(private readonly options: PlacesOptions) {}

  announce(..._ids: string[]): void {
    this.places?.fill();
  }

  work(rows: JobRows, handler: JobHandler, concurrency: number): void {
    this.places = new Places(rows, handler, concurrency, this.options);
  }

  cancel(id: string): void {
    this.places?.cancel(id);
  }

  async check(): Promise<void> {}

  async stop(): Promise<void> {
    await this.places?.stop();
  }
}
