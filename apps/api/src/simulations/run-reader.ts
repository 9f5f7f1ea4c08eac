/** Reads the requests of finished runs out of their chunks. Finished runs do not change, so what was read is kept. */
import { type AppError, type ChunkOutline, ResultStore, type SimulationRow, SimulationStore } from '#platform';
import {
  allocateColumns,
  type ChunkStats,
  type ColumnBatch,
  canMatch,
  compileFilter,
  type Dictionaries,
  matchingRows,
  type NumberedChunk,
  type Overview,
  OverviewQuery,
  PackedChunk,
  type RequestFilter,
  type RequestRow,
  type RunSummary,
  readColumns,
  readRows,
  readWindow,
} from '#sim';
import { noSuch } from '../http/no-such.js';
import { checkNames } from './known-names.js';
import { Recent } from './recent.js';

interface Run {
  dictionaries: Dictionaries;
  chunks: (Omit<ChunkOutline, 'stats'> & { stats: ChunkStats })[];
}

interface Found {
  numbered: NumberedChunk;
  begin: number;
  places: Int32Array | null;
}

const RUNS_KEPT = 16;
/** Some 100 kB each. */
const CHUNKS_KEPT = 64;
/** Rows that one step of a stream turns into objects. */
const BATCH_ROWS = 1000;
/** So long one question may keep others waiting before they get their turn. */
const TURN_MS = 5;

export class RunReader {
  private readonly runs = new Recent<Run>(RUNS_KEPT);
  private readonly chunks = new Recent<PackedChunk>(CHUNKS_KEPT);

  constructor(
    private readonly results: ResultStore,
    private readonly simulations: SimulationStore,
  ) {}

  /** AppError `invalid-request` where the filter names what the run does not know. */
  async checkFilter(row: SimulationRow, filter: RequestFilter): Promise<void> {
    const { dictionaries } = await this.run(keyOf(row), row.id);
    await checkNames(filter, dictionaries, () => this.simulations.scenario(row.tenant, row.digest));
  }

  /** Up to `limit` rows from request `from` on, and the request at which the next page begins, or null. */
  async page(
    row: SimulationRow,
    filter: RequestFilter | null,
    from: number,
    limit: number,
  ): Promise<{ rows: RequestRow[]; next: number | null }> {
    const rows: RequestRow[] = [];
    for await (const batch of this.batches(row, filter, from, limit + 1)) {
      rows.push(...batch);
      if (rows.length > limit) break;
    }
    return { rows: rows.slice(0, limit), next: rows[limit]?.request ?? null };
  }

  /** All rows from request `from` on that pass, in batches. */
  async *batches(
    row: SimulationRow,
    filter: RequestFilter | null,
    from: number,
    batchRows = BATCH_ROWS,
  ): AsyncGenerator<RequestRow[]> {
    const { dictionaries } = await this.run(keyOf(row), row.id);
    for await (const { numbered, begin, places } of this.found(row, filter, from)) {
      const end = places ? places.length : numbered.chunk.rows;
      for (let at = places ? 0 : begin; at < end; at += batchRows) {
        const to = Math.min(at + batchRows, end);
        yield places
          ? readRows(numbered, places.subarray(at, to), dictionaries)
          : readWindow(numbered, at, to, dictionaries);
      }
    }
  }

  /** The same as columns, at most `limit` rows in all, and what their codes stand for. */
  async columns(
    row: SimulationRow,
    filter: RequestFilter | null,
    from: number,
    limit: number,
  ): Promise<{ dictionaries: Dictionaries; batches: AsyncGenerator<ColumnBatch> }> {
    const { dictionaries } = await this.run(keyOf(row), row.id);
    return { dictionaries, batches: this.columnBatches(row, filter, from, limit) };
  }

  private async *columnBatches(
    row: SimulationRow,
    filter: RequestFilter | null,
    from: number,
    limit: number,
  ): AsyncGenerator<ColumnBatch> {
    let left = limit;
    let none = true;
    for await (const { numbered, begin, places } of this.found(row, filter, from)) {
      const { rows } = numbered.chunk;
      const batch = places
        ? readColumns(numbered, 0, rows, places.subarray(0, left))
        : readColumns(numbered, begin, Math.min(rows, begin + left));
      left -= batch.numbers.length;
      none = false;
      yield batch;
      if (left <= 0) break;
    }
    if (none) yield { numbers: new Int32Array(0), columns: allocateColumns(0) };
  }

  /** Chunks that may hold rows from request `from` on that pass: where they begin, and which these are, if not all. */
  private async *found(row: SimulationRow, filter: RequestFilter | null, from: number): AsyncGenerator<Found> {
    const { id } = row;
    const key = keyOf(row);
    const run = await this.run(key, id);
    const compiled = filter === null ? null : compileFilter(filter, run.dictionaries);
    let turnMs = performance.now();
    for (const { first, rows, stats } of run.chunks) {
      if (first + rows <= from) continue;
      if (compiled && !canMatch(stats, compiled)) continue;
      const chunk = await this.chunk(key, id, first);
      const begin = Math.max(0, from - first);
      const places = compiled && matchingRows(chunk, compiled).filter((place) => place >= begin);
      yield { numbered: { first, chunk }, begin, places };
      if (performance.now() - turnMs > TURN_MS) {
        await new Promise(setImmediate);
        turnMs = performance.now();
      }
    }
  }

  /** Of all requests, in one pass. Chunks that are looked at once are not kept: those that pages need would have to go. */
  async overview(row: SimulationRow): Promise<Overview> {
    const { id } = row;
    const run = await this.run(keyOf(row), id);
    const query = new OverviewQuery(run.dictionaries, JSON.parse(row.summary!) as RunSummary);
    let turnMs = performance.now();
    for (const { first } of run.chunks) {
      const stored = await this.results.chunk(id, first);
      if (stored === null) throw deletedMeanwhile(row);
      query.add({ first, chunk: new PackedChunk(stored.data) });
      if (performance.now() - turnMs > TURN_MS) {
        await new Promise(setImmediate);
        turnMs = performance.now();
      }
    }
    return query.answer();
  }

  /** Null: there is no such request. */
  async request(row: SimulationRow, request: number): Promise<RequestRow | null> {
    const { rows } = await this.page(row, null, request, 1);
    return rows[0]?.request === request ? rows[0] : null;
  }

  private run(key: string, id: string): Promise<Run> {
    return this.runs.get(key, async () => {
      const [dictionaries, outlines] = await Promise.all([
        this.results.document(id, 'dictionaries'),
        this.results.outlines(id),
      ]);
      return {
        dictionaries: JSON.parse(dictionaries!) as Dictionaries,
        chunks: outlines.map((outline) => ({ ...outline, stats: JSON.parse(outline.stats) as ChunkStats })),
      };
    });
  }

  private chunk(key: string, id: string, first: number): Promise<PackedChunk> {
    return this.chunks.get(`${key}:${first}`, async () => new PackedChunk((await this.results.chunk(id, first))!.data));
  }
}

/** A run may be deleted while it is read. */
export function deletedMeanwhile({ id }: SimulationRow): AppError {
  return noSuch('simulation', id);
}

/** The example may be deleted and made again under its id: then it is another run. */
function keyOf({ id, createdAtMs }: SimulationRow): string {
  return `${id}:${createdAtMs}`;
}
