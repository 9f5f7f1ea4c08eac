import type { Lease, NewChunk, ResultStore } from '#platform';

/** So many chunks go into one transaction, if so many wait. */
const CHUNKS_PER_TRANSACTION = 8;

/** Stores the chunks of one attempt in the order in which they come, one transaction after the other. */
export class ChunkWriter {
  private waiting: NewChunk[] = [];
  private writing: Promise<void> | null = null;
  private received = 0;
  private error: unknown = null;
  private arrived: (() => void) | null = null;

  /** `onStored` hears how many were just stored; `onError` hears once why no more will be. */
  constructor(
    private readonly results: ResultStore,
    private readonly lease: Lease,
    private readonly onStored: (chunks: number) => void,
    private readonly onError: () => void,
  ) {}

  add(chunk: NewChunk, progress: number): void {
    this.received++;
    this.waiting.push(chunk);
    this.arrived?.();
    this.writing ??= this.writeAll(progress).finally(() => {
      this.writing = null;
    });
  }

  /** Resolves when `chunks` of them have come and are stored. Rejects with what kept one from being stored. */
  async finish(chunks: number): Promise<void> {
    while (this.received < chunks && this.error === null)
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    await this.settle();
    if (this.error !== null) throw this.error;
  }

  /** Resolves when nothing is being written any more. */
  async settle(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private async writeAll(progress: number): Promise<void> {
    while (this.waiting.length > 0 && this.error === null) {
      const batch = this.waiting.splice(0, CHUNKS_PER_TRANSACTION);
      try {
        await this.results.addChunks(this.lease, batch, progress);
        this.onStored(batch.length);
      } catch (error) {
        this.error = error;
        this.arrived?.();
        this.onError();
      }
    }
  }
}
