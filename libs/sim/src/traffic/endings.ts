/**
 * How a request ends, as its client meets it, and when: the arithmetic behind the last event.
 *
 * Models: handshakes and the answer's way; errors that a transport heeds and those that it does not; sending again until
 *   somebody's patience ends; a proxying load balancer between two connections.
 * Source: `transport.ts`; tcp(7); providers' documentation of proxying load balancers.
 * Simplified: the answer takes as long as the packet that asked; a proxying load balancer tells its client nothing of what
 *   became of a datagram.
 * Who could tell: someone with saturated links, or whose proxy relays ICMP errors.
 */
import { Kind, Phase } from '../events.js';
import { drawExponential, Stream } from '../kernel/index.js';
import { DIAL_TIMEOUTS_NS } from '../kube-proxy/relay.js';
import type { RequestRecorder } from '../results/recorder.js';
import { OUTCOMES, type Outcome } from '../results/result.js';
import type { Nanos, Timings } from '../scenario.js';
import type { Connection } from './connection.js';
import type { RowIds } from './row-ids.js';

export interface EndingWorld {
  readonly seed: number;
  readonly timings: Timings;
  readonly recorder: RequestRecorder;
  now(): Nanos;
  schedule(atNs: Nanos, phase: number, kind: number, slot: number): void;
}

const outcomeCode = (outcome: Outcome): number => OUTCOMES.indexOf(outcome);
export const OK = outcomeCode('ok');
export const DROPPED = outcomeCode('dropped');
export const REJECTED = outcomeCode('rejected');
export const REFUSED = outcomeCode('refused');
export const RESET = outcomeCode('reset');
export const TIMEOUT = outcomeCode('timeout');
export const UNREACHABLE = outcomeCode('unreachable');
export const LB_UNAVAILABLE = outcomeCode('lb-unavailable');
export const HTTP_ERROR = outcomeCode('http-error');

const NO_CONNECTION = -1;
/** tcp_retries2: what is sent on a connection to a machine that is gone. */
const RETRANSMISSIONS_NS = 924.6e9;
/** HAProxy's and most clouds' connect timeout towards a backend. */
const PROXY_CONNECT_TIMEOUT_NS = 5e9;

/** What a kube-proxy that holds a client's connection does next. */
export interface RelayEndings {
  taken(c: Connection, atNs: Nanos): void;
  /** `afterNs`: when it knows, Infinity where it hears nothing. */
  failed(c: Connection, afterNs: Nanos, reason: number): void;
}

export class Endings {
  /** For connections with a relay. */
  relays: RelayEndings | null = null;

  constructor(
    private readonly world: EndingWorld,
    private readonly ids: RowIds,
    /** One way from where the connection's packets start to their first decision. */
    private readonly firstHopNs: (c: Connection) => Nanos,
    /** Nobody waits for the connection any more. */
    private readonly release: (c: Connection) => void,
  ) {}

  answered(c: Connection, status: number): void {
    const { world } = this;
    const { transport } = c.flow;
    const now = world.now();
    const outcome = status >= 500 ? HTTP_ERROR : OK;
    const shown = transport.hasStatus ? status : 0;
    const workNs =
      c.socketNode >= 0
        ? 0
        : Math.round(drawExponential(world.seed, Stream.service, c.flow.key, c.ordinal) * world.timings.podWorkNs);
    c.arrived = true;
    const oneWayNs = now - c.legNs;
    const handshakesNs = 2 * transport.handshakes * oneWayNs;
    const endNs = now + handshakesNs + oneWayNs + workNs;
    if (c.relay !== null && !this.relayed(c, oneWayNs, endNs)) return;
    const own = transport.handshakes === 0 ? NO_CONNECTION : c.sentNs - c.startNs + handshakesNs;
    this.end(c, endNs + c.backNs, outcome, shown, c.connectedNs >= 0 ? c.connectedNs : own);
  }

  /** Whether kube-proxy's own connection came about in time, and its answer does not come later than anybody waits for it. */
  private relayed(c: Connection, oneWayNs: Nanos, endNs: Nanos): boolean {
    const { relay, udpClient } = c;
    if (c.flow.transport.handshakes > 0) {
      const takesNs = 2 * oneWayNs;
      if (takesNs <= (DIAL_TIMEOUTS_NS[c.dials - 1] as Nanos)) {
        this.relays?.taken(c, c.legNs + takesNs);
        return true;
      }
      this.relays?.failed(c, Infinity, this.ids.reason('it answers later than kube-proxy waits', 'too-late'));
      return false;
    }
    if (relay === null || udpClient === null) return true;
    if (endNs - c.legNs < relay.udpIdleTimeoutNs) {
      udpClient.lastNs = Math.max(udpClient.lastNs, endNs);
      return true;
    }
    // What the client sends meanwhile keeps kube-proxy's socket open.
    this.world.schedule(endNs, Phase.Packet, Kind.RelayAnswer, c.slot);
    return false;
  }

  /** An endpoint's datagram is back at kube-proxy's socket, late. */
  relayAnswer(c: Connection): void {
    const now = this.world.now();
    const { relay, udpClient } = c;
    if (relay !== null && udpClient !== null && relay.isOpen(udpClient, now)) {
      udpClient.lastNs = now;
      return this.end(c, now + c.backNs, OK, 0, c.connectedNs);
    }
    c.relay = null;
    const reason = 'the answer came when kube-proxy had closed its socket towards the endpoint (udpIdleTimeout)';
    this.silent(c, TIMEOUT, this.ids.reason(reason, 'too-late'));
  }

  /** Somebody on the way takes the connection, and opens one of its own: when the request is there, which is returned. */
  handedOver(c: Connection): Nanos {
    const { handshakes } = c.flow.transport;
    const now = this.world.now();
    const oneWayNs = now - c.legNs;
    const handshakesNs = 2 * handshakes * oneWayNs;
    if (handshakes > 0 && c.connectedNs < 0) c.connectedNs = c.legNs - c.startNs + handshakesNs;
    c.backNs += oneWayNs;
    c.legNs = now + handshakesNs;
    return c.legNs;
  }

  /** kube-proxy closes the connection that it has accepted. */
  closed(c: Connection, atNs: Nanos, reason: number): void {
    c.reason = reason;
    c.pod = 0;
    this.end(c, atNs + c.backNs, RESET, 0, c.connectedNs);
  }

  /** Whoever had accepted the connection is gone, and cannot say so. */
  hangs(c: Connection, reason: number): void {
    c.reason = reason;
    c.pod = 0;
    const atNs = c.startNs + Math.min(c.flow.requestTimeoutNs, RETRANSMISSIONS_NS);
    this.end(c, Math.max(atNs, this.world.now()), TIMEOUT, 0, c.connectedNs);
  }

  /** An RST, an ABORT or an ICMP error comes back at once, to whoever heeds it. */
  refused(c: Connection, outcome: number, reason: number): void {
    if (c.relay !== null) return this.relays?.failed(c, 2 * (this.world.now() - c.legNs), reason);
    const { handshakes, heedsRejection } = c.flow.transport;
    const isUnheard = outcome === REJECTED && !heedsRejection;
    if (isUnheard || (c.proxied && handshakes === 0)) return this.silent(c, outcome, reason);
    const now = this.world.now();
    c.reason = reason;
    if (c.proxied) this.resetByBalancer(c, now - c.legNs);
    else this.end(c, now + (now - c.sentNs), outcome, 0, NO_CONNECTION);
  }

  /** The node asks for the address in vain, then says "host unreachable". Until then SYNs are sent again. */
  noNeighbour(c: Connection, reason: number): void {
    const { world } = this;
    const { neighbourTimeoutNs } = world.timings;
    if (c.relay !== null) return this.relays?.failed(c, world.now() - c.legNs + neighbourTimeoutNs, reason);
    if (!c.flow.transport.heedsNoNeighbour) return this.silent(c, TIMEOUT, reason);
    c.reason = reason;
    if (c.proxied) return this.resetByBalancer(c, Math.min(neighbourTimeoutNs, PROXY_CONNECT_TIMEOUT_NS));
    const saysSoNs = world.now() + neighbourTimeoutNs + (world.now() - c.sentNs);
    const isHeard = saysSoNs < this.deadlineNs(c);
    const endNs = isHeard ? saysSoNs : this.deadlineNs(c);
    const { sentNs } = c.flow.attempts;
    while (c.startNs + (sentNs[c.attempts] ?? Infinity) < endNs) c.attempts++;
    this.end(c, endNs, isHeard ? UNREACHABLE : TIMEOUT, 0, NO_CONNECTION);
  }

  /** Nothing came back: the client sends again, or its patience ends first. */
  silent(c: Connection, outcome: number, reason: number): void {
    const { flow } = c;
    if (c.relay !== null) return this.relays?.failed(c, Infinity, reason);
    c.reason = reason;
    if (c.proxied && flow.transport.handshakes > 0) return this.resetByBalancer(c, PROXY_CONNECT_TIMEOUT_NS);
    const nextNs = c.startNs + (flow.attempts.sentNs[c.attempts] ?? Infinity);
    if (nextNs >= this.deadlineNs(c)) return this.end(c, this.deadlineNs(c), outcome, 0, NO_CONNECTION);
    const arrivesNs = nextNs + this.firstHopNs(c);
    this.world.schedule(Math.max(arrivesNs, this.world.now()), Phase.Packet, Kind.Send, c.slot);
  }

  /** A proxying load balancer, `afterNs` from now, has no endpoint for the connection that its client has opened. */
  private resetByBalancer(c: Connection, afterNs: Nanos): void {
    this.end(c, this.world.now() + afterNs + c.backNs, RESET, 0, c.connectedNs);
  }

  /** Until then the client waits for a connection, or for the answer where there are none. */
  private deadlineNs(c: Connection): Nanos {
    const { flow } = c;
    return c.startNs + Math.min(flow.connectTimeoutNs, flow.requestTimeoutNs, flow.attempts.givesUpNs);
  }

  /** `connectNs`: after the start; NO_CONNECTION where none comes about. */
  private end(c: Connection, atNs: Nanos, outcome: number, status: number, connectNs: Nanos): void {
    const { flow } = c;
    const waitsNs = this.deadlineNs(c);
    const isConnected = connectNs !== NO_CONNECTION && c.startNs + connectNs <= waitsNs;
    const limitNs = isConnected ? c.startNs + flow.requestTimeoutNs : waitsNs;
    const late = atNs > limitNs;
    c.endNs = late ? limitNs : atNs;
    c.outcome = late ? TIMEOUT : outcome;
    c.status = late ? 0 : status;
    if (late) {
      const waited = isConnected || flow.transport.handshakes === 0 ? 'answer' : 'connection';
      c.reason = this.ids.reason(`the ${waited} came too late`, 'too-late');
    }
    if (c.request >= 0) this.record(c, isConnected ? connectNs : NO_CONNECTION);
    if (flow.done === null) this.release(c);
    else this.world.schedule(Math.max(c.endNs, this.world.now()), Phase.Packet, Kind.Finish, c.slot);
  }

  private record(c: Connection, connectNs: Nanos): void {
    const hasMet = connectNs >= 0 || (c.arrived && c.flow.transport.handshakes === 0);
    const seen = c.pod > 0 && (c.outcome === OK || c.outcome === HTTP_ERROR || hasMet);
    this.world.recorder.end(
      c.request,
      c.startNs,
      c.client,
      c.target,
      c.lb,
      c.entryNode,
      c.pod,
      seen ? this.ids.source(c.source, c.sourceKind) : 0,
      c.outcome,
      c.status,
      c.attempts,
      connectNs,
      c.endNs - c.startNs,
      c.outcome === OK ? 0 : c.reason,
    );
  }
}
