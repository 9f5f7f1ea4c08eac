/**
 * Takes down how each request ended, into columns, and hands a chunk on as soon as its last request has ended.
 *
 * Rows stand in the order in which requests began, so that the number of a request is its place and needs no column;
 * they end in any order. Chunks therefore seal in the order in which they become complete, which is the same in every
 * run of the same scenario. Nothing is allocated per request, and the arrays of a sealed chunk are used again.
 */
import { Fingerprint } from '../kernel/fingerprint.js';
import { InvariantError, invariant } from '../kernel/invariant.js';
import { ChunkPacker } from './chunk-packer.js';
import { allocateColumns, type ChunkColumns } from './columns.js';
import type { SealedChunk } from './result.js';

/** Sees every chunk once, unpacked, when it seals; the arrays are only lent. */
export interface ChunkWatcher {
  /** `first`: number of its first request. */
  sealing(columns: ChunkColumns, rows: number, first: number): void;
}

interface OpenChunk {
  columns: ChunkColumns;
  ended: number;
}

/** Stands in `outcome` until the request ends. */
const UNDER_WAY = -1;

export class RequestRecorder {
  private readonly shift: number;
  private readonly mask: number;
  private readonly packer: ChunkPacker;
  /** By chunk number; null once sealed. */
  private readonly chunks: (OpenChunk | null)[] = [];
  private readonly spare: OpenChunk[] = [];
  private begun = 0;

  /** `rowsPerChunk`: a power of two. Watchers, in order, then fingerprint, then sink get a chunk that seals. */
  constructor(
    private readonly sink: (chunk: SealedChunk) => void,
    private readonly rowsPerChunk = 8192,
    private readonly watchers: readonly ChunkWatcher[] = [],
    private readonly fingerprint = new Fingerprint(),
  ) {
    this.shift = 31 - Math.clz32(rowsPerChunk);
    this.mask = rowsPerChunk - 1;
    this.packer = new ChunkPacker(rowsPerChunk);
    invariant(rowsPerChunk === 1 << this.shift, `rows per chunk: ${rowsPerChunk} is not a power of two`);
  }

  /** How many requests have begun. */
  get requests(): number {
    return this.begun;
  }

  /** The number of a request that begins now: 0, 1, 2, … */
  begin(): number {
    const request = this.begun++;
    if ((request & this.mask) === 0) this.chunks.push(this.openChunk());
    return request;
  }

  /**
   * `client`, `target`, `lb`, `entryNode`, `pod`, `source`, `reason`: dictionary ids, 0 for none. `outcome`: index into
   * OUTCOMES. `status`: HTTP status, 0 for none. `connectNs`: NO_CONNECTION where none came about. Times: whole ns.
   */
  end(
    request: number,
    atNs: number,
    client: number,
    target: number,
    lb: number,
    entryNode: number,
    pod: number,
    source: number,
    outcome: number,
    status: number,
    firstPackets: number,
    connectNs: number,
    latencyNs: number,
    reason: number,
    attempts: number,
  ): void {
    const chunk = this.chunks[request >>> this.shift];
    const row = request & this.mask;
    if (request >= this.begun || !chunk || chunk.columns.outcome[row] !== UNDER_WAY)
      throw new InvariantError(`request ${request} ends, but it has not begun or has ended already`);
    const { columns } = chunk;
    columns.atNs[row] = atNs;
    columns.client[row] = client;
    columns.target[row] = target;
    columns.lb[row] = lb;
    columns.entryNode[row] = entryNode;
    columns.pod[row] = pod;
    columns.source[row] = source;
    columns.outcome[row] = outcome;
    columns.status[row] = status;
    columns.firstPackets[row] = firstPackets;
    columns.connectNs[row] = connectNs;
    columns.latencyNs[row] = latencyNs;
    columns.reason[row] = reason;
    columns.attempts[row] = attempts;
    if (++chunk.ended === this.rowsPerChunk) this.seal(request >>> this.shift, this.rowsPerChunk);
  }

  /** Seals the last, partial chunk. Every request that began must have ended. */
  finish(): void {
    const last = this.chunks.length - 1;
    const rows = this.begun - last * this.rowsPerChunk;
    const chunk = this.chunks[last];
    if (chunk?.ended === rows) this.seal(last, rows);
    invariant(
      this.chunks.every((open) => open === null),
      `a request is still under way at the end of the run, of ${this.begun}`,
    );
  }

  private openChunk(): OpenChunk {
    const chunk = this.spare.pop() ?? { columns: allocateColumns(this.rowsPerChunk), ended: 0 };
    chunk.columns.outcome.fill(UNDER_WAY);
    chunk.ended = 0;
    return chunk;
  }

  private seal(index: number, rows: number): void {
    const chunk = this.chunks[index];
    invariant(chunk, `chunk ${index} is sealed already`);
    const first = index * this.rowsPerChunk;
    for (const watcher of this.watchers) watcher.sealing(chunk.columns, rows, first);
    const data = this.packer.pack(chunk.columns, rows);
    this.fingerprint.number(first).bytes(data);
    this.sink({ first, rows, data });
    this.chunks[index] = null;
    this.spare.push(chunk);
  }
}
