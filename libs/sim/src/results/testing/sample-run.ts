/**
 * A run as it comes out of a loaded cluster, for tests: 1000 clients, 100 nodes with a pod each, a pass-through load
 * balancer, Poisson arrivals, times to the nanosecond, a small share of requests lost or refused.
 */
import { Sfc32 } from '../../kernel/sfc32.js';
import { NO_CONNECTION } from '../columns.js';
import { DictionaryBuilder } from '../dictionaries.js';
import { PackedChunk } from '../packed-chunk.js';
import type { NumberedChunk } from '../reader.js';
import { type ChunkWatcher, RequestRecorder } from '../recorder.js';
import { type Dictionaries, OUTCOMES, type Outcome, type SealedChunk, SOURCE_KINDS } from '../result.js';

/** The arguments of `RequestRecorder.end`. */
export type EndArguments = Parameters<RequestRecorder['end']>;

export interface SampleRun {
  dictionaries: Dictionaries;
  rows: EndArguments[];
}

export interface SampleOptions {
  requests: number;
  lostShare?: number;
  clients?: number;
  nodes?: number;
}

const CLIENT_NET = 0x0a010000;
const NODE_NET = 0xc0a80000;

export function sampleRun(
  seed: number,
  { requests, lostShare = 0.01, clients = 1000, nodes = 100 }: SampleOptions,
): SampleRun {
  const builder = new DictionaryBuilder();
  const dice = new Sfc32(seed, 2, 3, 4);
  const exponential = (mean: number) => Math.round(dice.exponential() * mean);
  const lb = builder.loadBalancer('default/web', 'nothing');
  const target = builder.target('http://203.0.113.140/', 'default/web', 'GET');
  const rows: EndArguments[] = [];
  let atNs = 0;
  for (let request = 0; request < requests; request++) {
    atNs += exponential(100_000);
    const clientNumber = dice.int(clients);
    const entry = dice.int(nodes);
    const podNode = dice.int(nodes);
    const client = builder.client(`client-${clientNumber}`, `10.1.${clientNumber >> 8}.${clientNumber & 255}`);
    const entryNode = builder.node(`node-${entry}`);
    const connectNs = 1_000_000 + exponential(300_000) + exponential(300_000);
    const common = [request, atNs, client, target, lb, entryNode] as const;
    if (dice.uniform() < lostShare) {
      const outcome: Outcome = dice.uniform() < 0.8 ? 'dropped' : 'refused';
      const reason = builder.reason(`${outcome} on node-${entry}`, 'rule');
      const firstPackets = outcome === 'dropped' ? 1 + dice.int(3) : 1;
      const waited = outcome === 'dropped' ? 1_000_000_000 : connectNs;
      rows.push([...common, 0, 0, OUTCOMES.indexOf(outcome), 0, firstPackets, NO_CONNECTION, waited, reason, 1]);
      continue;
    }
    const pod = builder.pod(`default/web-${podNode}`, `node-${podNode}`, `10.2.${podNode}.2`);
    const source =
      podNode === entry
        ? builder.sourceV4(CLIENT_NET + clientNumber, SOURCE_KINDS.indexOf('client'))
        : builder.sourceV4(NODE_NET + entry, SOURCE_KINDS.indexOf('node'));
    const failed = dice.uniform() < lostShare / 10;
    const outcome = OUTCOMES.indexOf(failed ? 'http-error' : 'ok');
    rows.push([
      ...common,
      pod,
      source,
      outcome,
      failed ? 503 : 200,
      1,
      connectNs,
      connectNs + exponential(5_000_000),
      0,
      1,
    ]);
  }
  return { dictionaries: builder.dictionaries, rows };
}

/** Records rows that end in the order of `order` (their places; as they began if absent). Chunks by first request. */
export function recordRows(rows: readonly EndArguments[], options: RecordOptions = {}): NumberedChunk[] {
  const { rowsPerChunk = 8192, order, watchers = [], sealed } = options;
  const chunks: NumberedChunk[] = [];
  const sink = ({ first, data }: SealedChunk) => {
    sealed?.(data);
    chunks.push({ first, chunk: new PackedChunk(data) });
  };
  const recorder = new RequestRecorder(sink, rowsPerChunk, watchers);
  for (let i = 0; i < rows.length; i++) recorder.begin();
  for (let i = 0; i < rows.length; i++) recorder.end(...rows[order?.[i] ?? i]!);
  recorder.finish();
  return chunks.sort((a, b) => a.first - b.first);
}

export interface RecordOptions {
  rowsPerChunk?: number;
  order?: readonly number[];
  watchers?: ChunkWatcher[];
  sealed?: (data: Uint8Array) => void;
}
