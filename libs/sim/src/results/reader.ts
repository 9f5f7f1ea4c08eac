/** Rows of a chunk as the API shows them. */
import { ChunkFormatError } from './codec.js';
import { allocateColumns, type ChunkColumns, CODE_COLUMNS, NO_CONNECTION, NOT_NOTED, TIME_COLUMNS } from './columns.js';
import type { PackedChunk } from './packed-chunk.js';
import { type Dictionaries, OUTCOMES, type RequestRow, type RunEvent } from './result.js';

/** A chunk and the number of its first request. */
export interface NumberedChunk {
  first: number;
  chunk: PackedChunk;
}

/** Rows `from` … `to - 1` (places in the chunk). */
export function readWindow(
  { first, chunk }: NumberedChunk,
  from: number,
  to: number,
  dictionaries: Dictionaries,
): RequestRow[] {
  const rows: RequestRow[] = [];
  appendWindow(rows, { first, chunk }, from, to, allocateColumns(to - from), dictionaries);
  return rows;
}

/** The rows at these places, which ascend, as `matchingRows` gives them. */
export function readRows(numbered: NumberedChunk, places: ArrayLike<number>, dictionaries: Dictionaries): RequestRow[] {
  const rows: RequestRow[] = [];
  const columns = allocateColumns(places.length);
  for (let i = 0; i < places.length; ) {
    const from = places[i]!;
    let to = from + 1;
    while (++i < places.length && places[i] === to) to++;
    appendWindow(rows, numbered, from, to, columns, dictionaries);
  }
  return rows;
}

/** Requests with their columns: entry n of each is of request `numbers[n]`. */
export interface ColumnBatch {
  numbers: Int32Array;
  columns: ChunkColumns;
}

/** The columns of rows `from` … `to - 1` (places in the chunk); with `places`, of these only, which ascend. */
export function readColumns(
  { first, chunk }: NumberedChunk,
  from: number,
  to: number,
  places?: Int32Array,
): ColumnBatch {
  const columns = allocateColumns(to - from);
  for (const name of TIME_COLUMNS) chunk.times(name, from, to, columns[name]);
  for (const name of CODE_COLUMNS) chunk.codes(name, from, to, columns[name]);
  if (!places) return { numbers: new Int32Array(to - from).map((_, n) => first + from + n), columns };
  for (const name of [...TIME_COLUMNS, ...CODE_COLUMNS]) gather(columns[name], places, from);
  return { numbers: places.map((place) => first + place), columns };
}

/** Moves the entries of these places to the front, in place: they ascend. */
function gather(column: Float64Array | Int32Array, places: Int32Array, from: number): void {
  for (let n = 0; n < places.length; n++) column[n] = column[places[n]! - from]!;
}

function appendWindow(
  rows: RequestRow[],
  { first, chunk }: NumberedChunk,
  from: number,
  to: number,
  columns: ChunkColumns,
  dictionaries: Dictionaries,
): void {
  for (const name of TIME_COLUMNS) chunk.times(name, from, to, columns[name]);
  for (const name of CODE_COLUMNS) chunk.codes(name, from, to, columns[name]);
  for (let i = 0; i < to - from; i++) rows.push(rowOf(first + from + i, columns, i, dictionaries));
}

function rowOf(request: number, columns: ChunkColumns, i: number, dictionaries: Dictionaries): RequestRow {
  const client = entry(dictionaries.clients, columns.client[i]!, 'client', request);
  const target = entry(dictionaries.targets, columns.target[i]!, 'target', request);
  const lb = optional(dictionaries.loadBalancers, columns.lb[i]!, 'load balancer', request);
  const pod = optional(dictionaries.pods, columns.pod[i]!, 'pod', request);
  const source = optional(dictionaries.sources, columns.source[i]!, 'source', request);
  const status = columns.status[i]!;
  const connectNs = columns.connectNs[i]!;
  const attempts = columns.attempts[i]!;
  const event = eventOf(columns.reason[i]!, dictionaries);
  return {
    request,
    atMs: columns.atNs[i]! / 1e6,
    client: client.name,
    clientIp: client.ip,
    method: target.method === '' ? null : target.method,
    target: target.target,
    service: target.service,
    lb: lb?.name ?? null,
    entryNode: optional(dictionaries.nodes, columns.entryNode[i]!, 'node', request),
    node: pod?.node ?? null,
    pod: pod?.name ?? null,
    sourceIp: source?.ip ?? null,
    sourceKind: source?.kind ?? null,
    // A header that no pod received told nobody anything.
    forwardedFor: lb !== null && lb.forwards !== 'nothing' && pod !== null ? (lb.clientAddress ?? client.ip) : null,
    outcome: entry(OUTCOMES, columns.outcome[i]!, 'outcome', request),
    status: status === 0 ? null : status,
    attempts: attempts === NOT_NOTED ? null : attempts,
    connectUs: connectNs === NO_CONNECTION ? null : connectNs / 1e3,
    latencyUs: columns.latencyNs[i]! / 1e3,
    reason: optional(dictionaries.reasons, columns.reason[i]!, 'reason', request),
    protocol: target.protocol ?? 'TCP',
    cause: dictionaries.causes?.[columns.reason[i]!] ?? null,
    event: event?.text ?? null,
    eventPath: event?.path || null,
    firstPackets: columns.firstPackets[i]!,
  };
}

/** Results that were stored before events were noted have none. */
function eventOf(reason: number, { reasonEvents, events }: Dictionaries): RunEvent | null {
  const event = reasonEvents?.[reason] ?? 0;
  return event === 0 ? null : (events[event] ?? null);
}

function optional<Entry>(entries: readonly Entry[], id: number, what: string, request: number): Entry | null {
  return id === 0 ? null : entry(entries, id, what, request);
}

function entry<Entry>(entries: readonly Entry[], id: number, what: string, request: number): Entry {
  const found = entries[id];
  if (found === undefined)
    throw new ChunkFormatError(`request ${request} has ${what} ${id}, its dictionary ends at ${entries.length - 1}`);
  return found;
}
