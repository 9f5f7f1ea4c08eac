/** What runs leave behind: chunks of request rows and result documents; written under a lease, read by anybody. */
import type { DataSource } from 'typeorm';
import type { Lease } from '../queue/job-queue.js';
import { announceSimulation } from '../webhooks/simulation-event.js';
import type { ChunkRow } from './chunk.entity.js';
import type { ResultDocument, ResultDocumentRow } from './result-document.entity.js';
import type { SimulationJobs } from './simulation-jobs.js';

/** How a run ended. Texts are JSON. */
export type RunEnd =
  | {
      status: 'succeeded';
      modelVersion: string;
      fingerprint: string;
      requests: number;
      summary: string;
      expectations: string;
      documents: Record<ResultDocument, string>;
    }
  | { status: 'failed'; errorCode: string; errorMessage: string }
  | { status: 'cancelled' };

export type NewChunk = Omit<ChunkRow, 'simulationId'>;
export type ChunkOutline = Omit<ChunkRow, 'simulationId' | 'data'>;

export class ResultStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: SimulationJobs,
    private readonly now: () => number = Date.now,
  ) {}

  /** Removes what an attempt before has left that died or was given back. Throws LeaseLost. */
  async beginAttempt(lease: Lease): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.jobs.mustHold(manager, lease, { progress: 0 });
      await manager.delete<ChunkRow>('chunk', { simulationId: lease.id });
    });
  }

  /** Several chunks in one transaction. Throws LeaseLost. */
  async addChunks(lease: Lease, chunks: readonly NewChunk[], progress: number): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await this.jobs.mustHold(manager, lease, { progress });
      await manager.insert<ChunkRow>(
        'chunk',
        chunks.map((chunk) => ({ ...chunk, simulationId: lease.id, data: bufferOf(chunk.data) })),
      );
    });
  }

  /** The end of a run, whole or not at all; resolves with the deliveries that wait now. Throws LeaseLost. */
  async finish(lease: Lease, end: RunEnd): Promise<string[]> {
    const now = this.now();
    return this.dataSource.transaction(async (manager) => {
      const { documents, ...columns } = end.status === 'succeeded' ? end : { ...end, documents: null };
      await this.jobs.mustHold(manager, lease, {
        ...columns,
        leaseToken: null,
        leaseUntilMs: null,
        finishedAtMs: now,
        ...(documents ? { progress: 1 } : {}),
      });
      if (documents) {
        const rows = Object.entries(documents).map(([kind, body]) => ({
          simulationId: lease.id,
          kind: kind as ResultDocument,
          body,
        }));
        await manager.insert<ResultDocumentRow>('result_document', rows);
      } else {
        await manager.delete<ChunkRow>('chunk', { simulationId: lease.id });
      }
      return announceSimulation(manager, lease.id, now);
    });
  }

  /** JSON; null where the run has not succeeded. */
  async document(simulationId: string, kind: ResultDocument): Promise<string | null> {
    const row = await this.dataSource.manager.findOneBy<ResultDocumentRow>('result_document', { simulationId, kind });
    return row?.body ?? null;
  }

  /** The chunk whose first request is `first`, or null. */
  chunk(simulationId: string, first: number): Promise<ChunkRow | null> {
    return this.dataSource.manager.findOneBy<ChunkRow>('chunk', { simulationId, first });
  }

  /** All chunks without their bytes, in the order of their requests. */
  outlines(simulationId: string): Promise<ChunkOutline[]> {
    return this.dataSource.manager.find<ChunkRow>('chunk', {
      select: { first: true, rows: true, stats: true },
      where: { simulationId },
      order: { first: 'ASC' },
    });
  }
}

/** The same bytes, not a copy. */
function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
