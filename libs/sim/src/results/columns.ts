/**
 * The columns of a chunk while its requests are under way, and the order in which they are stored.
 *
 * What follows from other columns has no column: the node follows from the pod, the kind of source from the source,
 * service and method from the target, the forwarded address from load balancer and client, the number from the place.
 */

/** Whole nanoseconds, exact to 2^53. The order is the order of storage: append, never reorder. */
export const TIME_COLUMNS = ['atNs', 'connectNs', 'latencyNs'] as const;
export type TimeColumn = (typeof TIME_COLUMNS)[number];

/** Dictionary ids (0: none), codes and counts. The order is the order of storage: append, never reorder. */
export const CODE_COLUMNS = [
  'client',
  'target',
  'lb',
  'entryNode',
  'pod',
  'source',
  'outcome',
  'status',
  'firstPackets',
  'reason',
  'attempts',
] as const;
export type CodeColumn = (typeof CODE_COLUMNS)[number];

/** `connectNs` of a request for which no connection came about. */
export const NO_CONNECTION = -1;

/** Code of what a chunk of an earlier version does not hold. */
export const NOT_NOTED = 0;

/** Entry n of each array belongs to the n-th request of the chunk. */
export type ChunkColumns = Record<TimeColumn, Float64Array> & Record<CodeColumn, Int32Array>;

export function allocateColumns(rows: number): ChunkColumns {
  return {
    atNs: new Float64Array(rows),
    connectNs: new Float64Array(rows),
    latencyNs: new Float64Array(rows),
    client: new Int32Array(rows),
    target: new Int32Array(rows),
    lb: new Int32Array(rows),
    entryNode: new Int32Array(rows),
    pod: new Int32Array(rows),
    source: new Int32Array(rows),
    outcome: new Int32Array(rows),
    status: new Int32Array(rows),
    firstPackets: new Int32Array(rows),
    reason: new Int32Array(rows),
    attempts: new Int32Array(rows),
  };
}
