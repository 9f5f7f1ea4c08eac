/** How a request begins, and begins again: its client, its destination, and a connection to keep count in. */
import { draw, Stream } from '../kernel/index.js';
import type { AddressId } from '../netfilter/address-book.js';
import type { RequestRecorder } from '../results/recorder.js';
import type { Nanos } from '../scenario.js';
import { Connection, type Flow } from './connection.js';
import { diceOf, type Retries, waitBeforeRetry } from './retries.js';
import type { ReusedPorts } from './reused-ports.js';

export class Beginnings {
  /** By slot; objects are used again. */
  readonly pool: Connection[] = [];
  private readonly free: number[] = [];

  constructor(
    private readonly world: { readonly seed: number; readonly recorder: RequestRecorder },
    private readonly reusedPorts: ReusedPorts,
  ) {}

  /** Connections that somebody has begun and nobody has given back. */
  get count(): number {
    return this.pool.length - this.free.length;
  }

  /** A request of the flow begins; its first packet has left the client at `startNs`. */
  open(flow: Flow, ordinal: number, startNs: Nanos): Connection {
    const { world } = this;
    const slot = this.free.pop() ?? this.pool.length;
    if (slot === this.pool.length) this.pool.push(new Connection(slot));
    const c = this.pool[slot] as Connection;
    c.flow = flow;
    c.ordinal = ordinal;
    c.request = flow.unrecorded ? -1 : world.recorder.begin();
    c.beganNs = startNs;
    c.tries = 0;
    c.attemptsBefore = 0;
    const s =
      flow.sources.length === 1
        ? 0
        : Math.floor(draw(world.seed, Stream.source, flow.key, ordinal) * flow.sources.length);
    c.clientAddress = flow.sources[s] as AddressId;
    c.client = flow.clientIds[s] as number;
    c.hashed = s;
    this.beginTry(c, startNs);
    return c;
  }

  /** A try begins: the first one, or one that follows it. */
  private beginTry(c: Connection, startNs: Nanos): void {
    const { world } = this;
    const { flow } = c;
    c.startNs = startNs;
    c.endNs = Infinity;
    c.dice = diceOf(c.ordinal, c.tries);
    c.attempts = 0;
    if (flow.socketPort === 0) c.hashed = c.dice;
    const d =
      flow.destinations.length === 1
        ? 0
        : Math.floor(draw(world.seed, Stream.source, ~flow.key, c.hashed) * flow.destinations.length);
    const destination = flow.destinations[d] as Flow['destinations'][number];
    c.wanted = destination.address;
    c.wantedPort = destination.port;
    c.target = destination.target;
    c.sentNs = startNs;
    c.lb = 0;
    c.entryNode = 0;
    c.pod = 0;
    c.reason = 0;
    c.proxied = false;
    c.udpClient = null;
    c.keptNode = -1;
    c.keptWay = null;
    c.answerBy = -1;
    c.hangsOn = -1;
    c.way = null;
    c.socketNode = -1;
    c.astray = false;
    c.arrived = false;
    c.heldBy = -1;
    c.host = null;
    c.balanced = null;
    c.finished = false;
    c.kept = null;
    c.reuses = false;
    c.isAccepted = false;
    c.extraNs = 0;
    c.lateBy = 0;
    c.slowBy = 0;
    if (flow.ports > 0) c.portPlace = this.reusedPorts.nextPort(c);
    c.breaks = false;
    if (flow.socketPort !== 0) c.entries.length = 0;
  }

  /** The client's library begins its next try when it has waited. */
  again(c: Connection, retries: Retries): void {
    c.tries++;
    c.attemptsBefore += c.attempts;
    this.beginTry(c, c.endNs + waitBeforeRetry(retries.backoffNs, c.tries));
  }

  giveBack({ slot }: Connection): void {
    this.free.push(slot);
  }
}
