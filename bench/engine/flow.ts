/** flow REQUESTS RATE: the engine's side of `peers/flow.cpp`, through the kernel's own public API. */
import { EventQueue, Sfc32 } from '../../libs/sim/src/kernel/index.js';

const CLIENTS = 1000;
const NODES = 100;
const PODS = 100;
const FIRST_CLIENT = 0x0a010000;
const FIRST_NODE = 0xc0a80000;
const DELIVERED = 1;
const SLOTS = 1 << 16;
const CHUNK_ROWS = 8192;

const ARRIVE = 0;
const AT_BALANCER = 1;
const AT_NODE = 2;
const TRANSLATED = 3;
const AT_POD = 4;
const SERVED = 5;
const BACK_AT_NODE = 6;
const UNTRANSLATED = 7;
const BACK_AT_BALANCER = 8;
const DONE = 9;
const TIMER = 10;
const PROBE_THERE = 11;

/** Rows by request number; a request's number is its position. */
class Chunk {
  readonly sent = new Float64Array(CHUNK_ROWS);
  readonly done = new Float64Array(CHUNK_ROWS);
  readonly client = new Uint16Array(CHUNK_ROWS);
  readonly node = new Uint16Array(CHUNK_ROWS);
  readonly pod = new Uint16Array(CHUNK_ROWS);
  readonly source = new Uint32Array(CHUNK_ROWS);
  readonly verdict = new Uint8Array(CHUNK_ROWS);
}

class Flow {
  readonly chunks: Chunk[] = [];
  probes = 0;
  private readonly random = new Sfc32(0x9e3779b9, 0x243f6a88, 0xb7e15162);
  private readonly queue = new EventQueue();
  private arrived = 0;
  private finished = 0;
  private free = SLOTS;
  private readonly freeSlots = Int32Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i);
  private readonly ids = new Int32Array(SLOTS);
  private readonly sent = new Float64Array(SLOTS);
  private readonly client = new Uint16Array(SLOTS);
  private readonly node = new Uint16Array(SLOTS);
  private readonly pod = new Uint16Array(SLOTS);
  private readonly source = new Uint32Array(SLOTS);

  constructor(
    private readonly requests: number,
    private readonly meanGapMs: number,
  ) {}

  run(): void {
    const { queue, random } = this;
    for (let node = 0; node < NODES; node++) queue.push(20 * node, 0, TIMER, node);
    queue.push(this.meanGapMs * random.exponential(), 0, ARRIVE, 0);
    while (this.finished < this.requests && queue.pop()) this.dispatch(queue.kind, queue.slot);
  }

  /** Most events do one thing and schedule the next kind. */
  private dispatch(kind: number, slot: number): void {
    const { queue, random } = this;
    let delay: number;
    switch (kind) {
      case ARRIVE:
        return this.arrive();
      case AT_BALANCER:
        this.node[slot] = random.int(NODES);
        delay = 0.2 * random.exponential();
        break;
      case AT_NODE:
        delay = 0.05;
        break;
      case TRANSLATED:
        this.translate(slot);
        delay = 0.3 * random.exponential();
        break;
      case AT_POD:
        delay = 5 * random.exponential();
        break;
      case SERVED:
        delay = 0.3 * random.exponential();
        break;
      case BACK_AT_NODE:
        delay = 0.05;
        break;
      case UNTRANSLATED:
        delay = 0.2 * random.exponential();
        break;
      case BACK_AT_BALANCER:
        delay = 0.5;
        break;
      case DONE:
        return this.finish(slot);
      case TIMER:
        queue.push(queue.time + 2000, 0, TIMER, slot);
        delay = 0.2 * random.exponential();
        break;
      case PROBE_THERE:
        delay = 0.2 * random.exponential();
        break;
      default:
        this.probes++;
        return;
    }
    queue.push(queue.time + delay, 0, kind + 1, slot);
  }

  private arrive(): void {
    const { queue, random } = this;
    const now = queue.time;
    const slot = this.freeSlots[--this.free]!;
    this.ids[slot] = this.arrived++;
    this.sent[slot] = now;
    this.client[slot] = random.int(CLIENTS);
    if (this.arrived < this.requests) queue.push(now + this.meanGapMs * random.exponential(), 0, ARRIVE, 0);
    queue.push(now + 0.5, 0, AT_BALANCER, slot);
  }

  private translate(slot: number): void {
    const pod = this.random.int(PODS);
    const node = this.node[slot]!;
    this.pod[slot] = pod;
    this.source[slot] = pod % NODES === node ? FIRST_CLIENT + this.client[slot]! : FIRST_NODE + node;
  }

  private finish(slot: number): void {
    const id = this.ids[slot]!;
    const at = id % CHUNK_ROWS;
    const chunk = this.chunkAt(Math.floor(id / CHUNK_ROWS));
    chunk.sent[at] = this.sent[slot]!;
    chunk.done[at] = this.queue.time;
    chunk.client[at] = this.client[slot]!;
    chunk.node[at] = this.node[slot]!;
    chunk.pod[at] = this.pod[slot]!;
    chunk.source[at] = this.source[slot]!;
    chunk.verdict[at] = DELIVERED;
    this.freeSlots[this.free++] = slot;
    this.finished++;
  }

  private chunkAt(index: number): Chunk {
    while (this.chunks.length <= index) this.chunks.push(new Chunk());
    return this.chunks[index]!;
  }
}

const [requests, rate] = process.argv.slice(2).map(Number) as [number, number];
const start = process.hrtime.bigint();
const flow = new Flow(requests, 1000 / rate);
flow.run();
const seconds = Number(process.hrtime.bigint() - start) / 1e9;

let latency = 0;
let translated = 0;
for (let id = 0; id < requests; id++) {
  const chunk = flow.chunks[Math.floor(id / CHUNK_ROWS)]!;
  const at = id % CHUNK_ROWS;
  latency += chunk.done[at]! - chunk.sent[at]!;
  if (chunk.source[at]! >= FIRST_NODE) translated++;
}
console.log(
  JSON.stringify({
    rate: Math.round(requests / seconds),
    seconds,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    meanLatencyMs: Number((latency / requests).toFixed(5)),
    translated: Number((translated / requests).toFixed(4)),
    probes: flow.probes,
  }),
);
