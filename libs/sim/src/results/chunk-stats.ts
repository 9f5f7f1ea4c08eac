/** What to store beside a chunk, so that a question can pass over it unread. */

import type { CodeColumn } from './columns.js';
import type { CompiledFilter, Condition } from './filter.js';
import type { PackedChunk } from './packed-chunk.js';
import { OUTCOMES } from './result.js';

const LISTED = ['client', 'target', 'pod', 'source'] as const satisfies CodeColumn[];
type ListedColumn = (typeof LISTED)[number];

/** Which ids occur: none outside `least` … `most`, and only such as have their bit (id modulo 64) set. */
export interface IdRange {
  least: number;
  most: number;
  /** Bits 0 … 31 and 32 … 63, as signed 32-bit numbers. */
  bits: [number, number];
}

/** Plain JSON. */
export interface ChunkStats {
  rows: number;
  leastAtNs: number;
  mostAtNs: number;
  /** By index into OUTCOMES. */
  outcomes: number[];
  ids: Record<ListedColumn, IdRange>;
}

export function chunkStats(chunk: PackedChunk): ChunkStats {
  let leastAtNs = Number.POSITIVE_INFINITY;
  let mostAtNs = Number.NEGATIVE_INFINITY;
  const times = chunk.times('atNs');
  for (let i = 0; i < times.length; i++) {
    const atNs = times[i]!;
    if (atNs < leastAtNs) leastAtNs = atNs;
    if (atNs > mostAtNs) mostAtNs = atNs;
  }
  const outcomes = OUTCOMES.map(() => 0);
  const scratch = chunk.codes('outcome');
  for (let i = 0; i < scratch.length; i++) outcomes[scratch[i]!]!++;
  const ids = Object.fromEntries(LISTED.map((name) => [name, idRange(chunk.codes(name, 0, chunk.rows, scratch))]));
  return { rows: chunk.rows, leastAtNs, mostAtNs, outcomes, ids: ids as Record<ListedColumn, IdRange> };
}

/** False only if no row of the chunk passes the filter. */
export function canMatch(stats: ChunkStats, { fromNs, toNs, conditions }: CompiledFilter): boolean {
  if (stats.mostAtNs < fromNs || stats.leastAtNs >= toNs) return false;
  return conditions.every((condition) => occurs(stats, condition));
}

function occurs({ outcomes, ids }: ChunkStats, { column, ids: wanted }: Condition): boolean {
  if (column === 'outcome') return wanted.some((id) => outcomes[id]! > 0);
  if (!isListed(column)) return true;
  const { least, most, bits } = ids[column];
  return wanted.some((id) => id >= least && id <= most && ((bits[(id >>> 5) & 1]! >>> (id & 31)) & 1) === 1);
}

function isListed(column: CodeColumn): column is ListedColumn {
  return (LISTED as readonly CodeColumn[]).includes(column);
}

function idRange(ids: Int32Array): IdRange {
  let least = ids[0]!;
  let most = least;
  let low = 0;
  let high = 0;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id < least) least = id;
    if (id > most) most = id;
    if (id & 32) high |= 1 << id;
    else low |= 1 << id;
  }
  return { least, most, bits: [low, high] };
}
