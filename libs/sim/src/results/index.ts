/** Reading what a run recorded: chunks, rows, filters, questions, text formats. */
export { CAUSE_TEXTS, type CauseText } from './cause-texts.js';
export { type ChunkStats, canMatch, chunkStats } from './chunk-stats.js';
export { ChunkFormatError } from './codec.js';
export { allocateColumns, type ChunkColumns, type CodeColumn, NO_CONNECTION, NOT_NOTED } from './columns.js';
export { type CompiledFilter, compileFilter, matchingRows, type RequestFilter } from './filter.js';
export { CSV_HEADER, toCsv, toNdjson } from './formats.js';
export {
  binWidthMs,
  type LatencyFigures,
  type Overview,
  type OverviewBin,
  OverviewQuery,
  type SourceSeen,
} from './overview.js';
export { PackedChunk } from './packed-chunk.js';
export type { PairRow, PairTable } from './pair-counts.js';
export { GROUPINGS, type GroupedRequests, type Grouping, GroupQuery, type RequestGroup } from './query.js';
export { type ColumnBatch, type NumberedChunk, readColumns, readRows, readWindow } from './reader.js';
