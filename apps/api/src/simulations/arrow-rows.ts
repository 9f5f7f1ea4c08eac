/**
 * Requests as an Arrow IPC stream: a record batch for each piece of a chunk, made from its columns without a row in
 * between. Texts stand once, in dictionaries of unique values; pandas shows them as categories.
 * Source: Apache Arrow, the IPC streaming format (https://arrow.apache.org/docs/format/Columnar.html).
 */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type Data,
  type DataType,
  Dictionary,
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import {
  type ChunkColumns,
  type CodeColumn,
  type ColumnBatch,
  type Dictionaries,
  NO_CONNECTION,
  NOT_NOTED,
  OUTCOMES,
  type RequestRow,
} from '#sim';

/** A column of the stream: its type, and its values for a batch. */
interface ArrowColumn {
  type: DataType;
  data: (batch: ColumnBatch) => Data;
}

/** Entry n of a batch's column; null: no value. */
type ValueOf = (columns: ChunkColumns, n: number) => number | null;

/** Resolves when all batches are written and `into` has ended. */
export async function writeArrow(
  batches: AsyncIterable<ColumnBatch>,
  dictionaries: Dictionaries,
  into: Writable,
): Promise<void> {
  const columns = Object.entries(columnsOf(dictionaries));
  const schema = new Schema(columns.map(([name, { type }]) => new Field(name, type, true)));
  async function* records(): AsyncGenerator<RecordBatch> {
    for await (const batch of batches) {
      const children = columns.map(([, column]) => column.data(batch));
      const { length } = batch.numbers;
      yield new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
    }
  }
  const writer = RecordBatchStreamWriter.throughNode({ autoDestroy: true, writableObjectMode: true });
  await pipeline(Readable.from(records()), writer, into);
}

/** In the order and by the names of a row. */
function columnsOf(dictionaries: Dictionaries): Record<keyof RequestRow, ArrowColumn> {
  const { clients, targets, loadBalancers, nodes, pods, sources, reasons } = dictionaries;
  const causes = dictionaries.causes ?? [];
  const events = reasons.map((_, id) => dictionaries.events?.[dictionaries.reasonEvents?.[id] || -1] ?? null);
  const ofClient = (value: (client: (typeof clients)[number]) => string) => text('client', clients.map(value));
  const ofTarget = (value: (target: (typeof targets)[number]) => string | null) => text('target', targets.map(value));
  const ofReason = (value: (id: number) => string | null) =>
    text(
      'reason',
      reasons.map((_, id) => (id === 0 ? null : value(id))),
    );
  return {
    request: numbers(),
    atMs: decimal(({ atNs }, n) => atNs[n]! / 1e6),
    client: ofClient(({ name }) => name),
    clientIp: ofClient(({ ip }) => ip),
    method: ofTarget(({ method }) => method || null),
    target: ofTarget(({ target }) => target),
    service: ofTarget(({ service }) => service),
    lb: text(
      'lb',
      afterNone(loadBalancers, ({ name }) => name),
    ),
    entryNode: text(
      'entryNode',
      afterNone(nodes, (name) => name),
    ),
    node: text(
      'pod',
      afterNone(pods, ({ node }) => node),
    ),
    pod: text(
      'pod',
      afterNone(pods, ({ name }) => name),
    ),
    sourceIp: text(
      'source',
      afterNone(sources, ({ ip }) => ip),
    ),
    sourceKind: text(
      'source',
      afterNone(sources, ({ kind }) => kind),
    ),
    forwardedFor: forwardedFor(dictionaries),
    outcome: text('outcome', OUTCOMES),
    status: whole(({ status }, n) => status[n] || null),
    attempts: whole(({ attempts }, n) => (attempts[n] === NOT_NOTED ? null : attempts[n]!)),
    connectUs: decimal(({ connectNs }, n) => (connectNs[n] === NO_CONNECTION ? null : connectNs[n]! / 1e3)),
    latencyUs: decimal(({ latencyNs }, n) => latencyNs[n]! / 1e3),
    reason: ofReason((id) => reasons[id]!),
    protocol: ofTarget(({ protocol }) => protocol ?? 'TCP'),
    cause: ofReason((id) => causes[id] ?? null),
    event: ofReason((id) => events[id]?.text ?? null),
    eventPath: ofReason((id) => events[id]?.path ?? null),
    firstPackets: whole(({ firstPackets }, n) => firstPackets[n]!),
  };
}

/** Id 0 stands for "none". */
function afterNone<Entry>(entries: readonly Entry[], value: (entry: Entry) => string): (string | null)[] {
  return entries.map((entry, id) => (id === 0 ? null : value(entry)));
}

/** The text of what the code is the id of. */
function text(column: CodeColumn, entries: readonly (string | null)[]): ArrowColumn {
  const values = new UniqueTexts();
  const places = entries.map((entry) => values.placeOf(entry));
  return values.column((columns, n) => places[columns[column][n]!]!);
}

/** As in `reader.ts`: a header that no pod received told nobody anything. */
function forwardedFor({ clients, loadBalancers }: Dictionaries): ArrowColumn {
  const values = new UniqueTexts();
  const ofClients = clients.map(({ ip }) => values.placeOf(ip));
  const ofBalancers = loadBalancers.map(({ clientAddress }) => values.placeOf(clientAddress ?? null));
  const forwards = loadBalancers.map((balancer, id) => id !== 0 && balancer.forwards !== 'nothing');
  return values.column(({ lb, pod, client }, n) =>
    forwards[lb[n]!] && pod[n] !== 0 ? (ofBalancers[lb[n]!] ?? ofClients[client[n]!]!) : null,
  );
}

/** Readers take a dictionary with a value twice for broken. */
class UniqueTexts {
  private readonly places = new Map<string, number>();

  placeOf(value: string | null): number | null {
    if (value === null) return null;
    const place = this.places.get(value) ?? this.places.size;
    this.places.set(value, place);
    return place;
  }

  column(placeOf: ValueOf): ArrowColumn {
    const type = new Dictionary(new Utf8(), new Int32());
    const dictionary = vectorFromArray([...this.places.keys()], new Utf8());
    return {
      type,
      data: (batch) => makeData({ type, dictionary, ...filled(batch, Int32Array, placeOf) }),
    };
  }
}

function numbers(): ArrowColumn {
  const type = new Int32();
  return { type, data: ({ numbers }) => makeData({ type, data: numbers, nullCount: 0 }) };
}

function whole(valueAt: ValueOf): ArrowColumn {
  const type = new Int32();
  return { type, data: (batch) => makeData({ type, ...filled(batch, Int32Array, valueAt) }) };
}

function decimal(valueAt: ValueOf): ArrowColumn {
  const type = new Float64();
  return { type, data: (batch) => makeData({ type, ...filled(batch, Float64Array, valueAt) }) };
}

/** Values, and a bit for each that there is. */
function filled<Values extends Int32Array | Float64Array>(
  { numbers, columns }: ColumnBatch,
  Values: new (length: number) => Values,
  valueAt: ValueOf,
) {
  const { length } = numbers;
  const data = new Values(length);
  const nullBitmap = new Uint8Array((length + 7) >> 3);
  let nullCount = 0;
  for (let n = 0; n < length; n++) {
    const value = valueAt(columns, n);
    if (value === null) nullCount++;
    else {
      data[n] = value;
      nullBitmap[n >> 3]! |= 1 << (n & 7);
    }
  }
  return { length, data, nullCount, nullBitmap };
}
