import { readRows } from '../reader.js';
import { recordRows, sampleRun } from './sample-run.js';

export const ROWS_PER_CHUNK = 32;

/** Few of everything, so that filters of two fields still find something, or more than 64 ids of everything. */
export function smallRun(seed: number) {
  const size = seed % 2 === 0 ? { clients: 5, nodes: 4 } : { clients: 90, nodes: 80 };
  const { rows, dictionaries } = sampleRun(seed, { requests: 400, lostShare: 0.2, ...size });
  const chunks = recordRows(rows, { rowsPerChunk: ROWS_PER_CHUNK });
  const all = chunks.flatMap((numbered) => readRows(numbered, [...Array(numbered.chunk.rows).keys()], dictionaries));
  return { chunks, dictionaries, all };
}
