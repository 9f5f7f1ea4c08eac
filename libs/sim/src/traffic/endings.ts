/**
 * How a request ends, as its client meets it, and when: the arithmetic behind the last event.
 *
 * Models: handshakes and the answer's way; errors that a transport heeds and those that it does not; sending again until
 *   somebody's patience ends; a proxying load balancer between two connections; an endpoint that ends before its answer.
 * Source: `transport.ts`; tcp(7): a client that waits for an answer hears of a reset, and of nothing where the other side is
 *   silent; tcp_retries2 (924.6 s); providers' documentation of proxying load balancers.
 * Simplified: the answer takes as long as the packet that asked; a proxying load balancer tells its client nothing of what
 *   became of a datagram.
 * Who could tell: someone with saturated links, or whose proxy relays ICMP errors.
 */
import type { Host } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import { DIAL_TIMEOUTS_NS } from '../kube-proxy/relay.js';
import type { RequestRecorder } from '../results/recorder.js';
import { OUTCOMES, type Outcome } from '../results/result.js';
import type { Nanos, Timings } from '../scenario.js';
import type { Connection } from './connection.js';
import type { KeptConnections } from './kept-connections.js';
import { OpenRequests } from './open-requests.js';
import { workNs } from './pod-work.js';
import { RETRANSMISSIONS_NS, sentAgainNs } from './retransmissions.js';
import type { RowIds } from './row-ids.js';
import { hasLimits, type WorkQueues } from './work-queues.js';

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
/** HAProxy's and most clouds' connect timeout towards a backend. */
const PROXY_CONNECT_TIMEOUT_NS = 5e9;
/** Its patience with a backend that does not answer: the idle timeout of AWS' classic load balancer. */
const PROXY_ANSWER_TIMEOUT_NS = 60e9;

/** What became of the endpoint, or of the way to it. */
export type Loss = 'reset' | 'silent';

/** What a kube-proxy that holds a client's connection does next. */
export interface RelayEndings {
  taken(c: Connection, atNs: Nanos): void;
  /** `afterNs`: when it knows, Infinity where it hears nothing. */
  failed(c: Connection, afterNs: Nanos, reason: number): void;
  /** Nobody holds the connection any more: then that has been its end. */
  isLeftAlone(c: Connection): boolean;
  /** The answer is at kube-proxy's socket, and does not reach the client. */
  lost(c: Connection): void;
}

export class Endings {
  /** For connections with a relay. */
  relays: RelayEndings | null = null;
  /** What endpoints work on. */
  readonly open: OpenRequests;
  /** By node: those whose client waits in vain for what goes by that machine, which is off or has been. */
  readonly hanging: OpenRequests;

  constructor(
    private readonly world: EndingWorld,
    private readonly ids: RowIds,
    pool: readonly Connection[],
    private readonly kept: KeptConnections,
    private readonly queues: WorkQueues,
    /** One way from where the connection's packets start to their first decision. */
    private readonly firstHopNs: (c: Connection) => Nanos,
    /** Nobody waits for the connection any more. */
    private readonly release: (c: Connection) => void,
  ) {
    this.open = new OpenRequests(pool, (c) => this.conclude(c));
    this.hanging = new OpenRequests(pool, (c) => this.conclude(c));
  }

  /** A connection is accepted; when the request is there, which is returned. */
  accepted(c: Connection): Nanos {
    const handshakesNs = 2 * c.flow.transport.handshakes * (this.world.now() - c.legNs);
    if (c.connectedNs < 0) c.connectedNs = c.sentNs - c.startNs + handshakesNs;
    c.legNs += handshakesNs;
    return this.world.now() + handshakesNs;
  }

  /** At once, by a program that has too much to do. */
  overloaded(c: Connection, status: number): void {
    const now = this.world.now();
    c.arrived = true;
    c.arrivedNs = now;
    c.servedNs = now;
    if (!c.reuses) c.returnNs = now - c.legNs + c.backNs;
    const connectNs = c.reuses ? NO_CONNECTION : c.connectedNs;
    this.end(c, now + c.returnNs + c.extraNs, HTTP_ERROR, status, connectNs);
  }

  /** The endpoint does not answer the request that is there now. */
  lostAtOnce(c: Connection, loss: Loss, reason: number): void {
    c.arrivedNs = this.world.now();
    if (!c.reuses) c.returnNs = c.arrivedNs - c.legNs + c.backNs;
    c.endNs = Infinity;
    c.connectNs = c.reuses ? NO_CONNECTION : c.connectedNs;
    this.lost(c, loss, reason);
  }

  private doneNs({ host, arrivedNs }: Connection, takesNs: Nanos): Nanos {
    return host !== null && hasLimits(host) ? this.queues.take(host, arrivedNs, takesNs) : arrivedNs + takesNs;
  }

  /** `failed`: the answer is one that no client wants, whatever its status. */
  answered(c: Connection, status: number, failed = status >= 500): void {
    const { world } = this;
    const { transport } = c.flow;
    const now = world.now();
    const outcome = c.breaks ? RESET : failed ? HTTP_ERROR : OK;
    const shown = transport.hasStatus && !c.breaks ? status : 0;
    const takesNs = c.host === null ? 0 : workNs(world.seed, c.host, c, world.timings.podWorkNs);
    c.arrived = true;
    if (c.reuses) {
      c.arrivedNs = now;
      c.servedNs = this.doneNs(c, takesNs);
      return this.end(c, c.servedNs + c.returnNs + c.extraNs, outcome, shown, NO_CONNECTION);
    }
    const oneWayNs = now - c.legNs;
    const handshakesNs = c.isAccepted ? 0 : 2 * transport.handshakes * oneWayNs;
    c.arrivedNs = now + handshakesNs;
    c.servedNs = this.doneNs(c, takesNs);
    c.returnNs = oneWayNs + c.backNs;
    const endNs = c.servedNs + oneWayNs;
    if (c.relay !== null && !this.relayed(c, oneWayNs, endNs)) return;
    const own = transport.handshakes === 0 ? NO_CONNECTION : c.sentNs - c.startNs + handshakesNs;
    this.end(c, endNs + c.backNs + c.extraNs, outcome, shown, c.connectedNs >= 0 ? c.connectedNs : own);
  }

  /** The client hears at `atNs` that the connection is closed which it has used. */
  hungUp(c: Connection, atNs: Nanos, reason: number): void {
    c.reason = reason;
    this.end(c, Math.max(c.startNs, atNs), RESET, 0, NO_CONNECTION);
  }

  /** Nobody says anything on the connection that it has used. `node`: the machine that is off for that, -1: none is. */
  unheard(c: Connection, reason: number, node = -1): void {
    c.reason = reason;
    c.arrivedNs = this.world.now();
    c.hangsOn = node;
    c.sendsOn = true;
    const waitsNs = Math.min(c.flow.requestTimeoutNs, RETRANSMISSIONS_NS);
    if (!c.proxied || PROXY_ANSWER_TIMEOUT_NS > waitsNs) this.end(c, c.startNs + waitsNs, TIMEOUT, 0, NO_CONNECTION);
    else this.end(c, c.startNs + PROXY_ANSWER_TIMEOUT_NS, RESET, 0, NO_CONNECTION);
  }

  /** Whether kube-proxy's own connection came about in time, and its answer does not come later than anybody waits for it. */
  private relayed(c: Connection, oneWayNs: Nanos, endNs: Nanos): boolean {
    const { relay, udpClient } = c;
    if (relay !== null && this.relays?.isLeftAlone(c)) return false;
    if (c.flow.transport.handshakes > 0) {
      const takesNs = 2 * oneWayNs;
      if (takesNs <= (DIAL_TIMEOUTS_NS[c.dials - 1] as Nanos)) {
        this.relays?.taken(c, c.legNs + takesNs);
        return true;
      }
      c.host = null;
      this.relays?.failed(c, Infinity, this.lateness(c, 'it answers later than kube-proxy waits'));
      return false;
    }
    if (relay === null || udpClient === null) return true;
    if (c.answersFrom >= 0) {
      c.host = null;
      this.relays?.lost(c);
      return false;
    }
    if (endNs - c.legNs < relay.udpIdleTimeoutNs) {
      udpClient.lastNs = Math.max(udpClient.lastNs, endNs);
      return true;
    }
    // What the client sends meanwhile keeps kube-proxy's socket open.
    c.host = null;
    this.world.schedule(endNs, Phase.Packet, Kind.RelayAnswer, c.slot);
    return false;
  }

  /** The endpoint takes the connection, and closes it with what comes first. */
  turnedAway(c: Connection): void {
    const now = this.world.now();
    const oneWayNs = now - c.legNs;
    const handshakesNs = 2 * c.flow.transport.handshakes * oneWayNs;
    const endNs = now + handshakesNs + oneWayNs;
    c.arrived = true;
    c.host = null;
    if (c.relay !== null && !this.relayed(c, oneWayNs, endNs)) return;
    this.end(
      c,
      endNs + c.backNs + c.extraNs,
      RESET,
      0,
      c.connectedNs >= 0 ? c.connectedNs : c.sentNs - c.startNs + handshakesNs,
    );
  }

  /** An endpoint's datagram is back at kube-proxy's socket, late. */
  relayAnswer(c: Connection): void {
    const now = this.world.now();
    const { relay, udpClient } = c;
    if (relay !== null && this.relays?.isLeftAlone(c)) return;
    if (relay !== null && udpClient !== null && relay.isOpen(udpClient, now)) {
      udpClient.lastNs = now;
      return this.end(c, now + c.backNs, OK, 0, c.connectedNs);
    }
    c.relay = null;
    const reason = 'the answer came when kube-proxy had closed its socket towards the endpoint (udpIdleTimeout)';
    this.silent(c, TIMEOUT, this.lateness(c, reason));
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
    const waitsNs = Math.min(c.flow.requestTimeoutNs, RETRANSMISSIONS_NS);
    const now = this.world.now();
    if (!c.proxied || PROXY_ANSWER_TIMEOUT_NS > waitsNs)
      return this.end(c, Math.max(c.startNs + waitsNs, now), TIMEOUT, 0, c.connectedNs);
    this.end(c, Math.max(c.startNs + PROXY_ANSWER_TIMEOUT_NS, now), RESET, 0, c.connectedNs);
  }

  /**
   * The endpoint has ended, or the way to it has, before it has answered. `reset`: the client hears of it when the news, or its
   * own request, has found out. `node`: the machine that is off, where that is why; -1: it is not.
   */
  lost(c: Connection, loss: Loss, reason: number, node = -1): void {
    const now = this.world.now();
    if (c.endNs <= now) return this.conclude(c);
    const { transport } = c.flow;
    const { connectNs } = c;
    c.host = null;
    c.reason = reason;
    c.hangsOn = node;
    c.sendsOn = false;
    if (loss === 'reset' && transport.handshakes > 0)
      return this.end(c, Math.max(now, c.arrivedNs) + c.returnNs, RESET, 0, connectNs);
    if (c.proxied && transport.handshakes > 0)
      return this.end(c, c.arrivedNs + PROXY_ANSWER_TIMEOUT_NS + c.backNs, RESET, 0, connectNs);
    const waitsNs = Math.min(c.flow.requestTimeoutNs, c.arrivedNs + RETRANSMISSIONS_NS - c.startNs);
    this.end(c, c.startNs + waitsNs, TIMEOUT, 0, connectNs);
  }

  /** The client hears of the end of a try; false: it is not this event that tells, as the end has moved. */
  finishes(c: Connection): boolean {
    c.finishes--;
    if (c.finished || this.world.now() < c.endNs) return false;
    c.finished = true;
    if (c.isListed && c.hangsOn >= 0) this.hanging.leave(c, c.hangsOn);
    else if (c.isListed) this.open.leave(c, (c.host as Host).index);
    if (c.request >= 0 && !this.triesAgain(c)) this.record(c);
    return true;
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
    const isConnected = c.reuses || (connectNs !== NO_CONNECTION && c.startNs + connectNs <= waitsNs);
    const limitNs = isConnected ? c.startNs + flow.requestTimeoutNs : waitsNs;
    const late = atNs > limitNs;
    c.endNs = late ? limitNs : atNs;
    c.outcome = late ? TIMEOUT : outcome;
    c.status = late ? 0 : status;
    // What would have failed whenever it is heard of failed for its own reason, unless nobody was there to hear of it any more.
    const isAnswer = outcome === OK || outcome === HTTP_ERROR;
    if (late && (isAnswer || (connectNs !== NO_CONNECTION && !isConnected)))
      c.reason = this.tooLate(c, atNs, limitNs, isConnected);
    c.connectNs = isConnected ? connectNs : NO_CONNECTION;
    if (c.request >= 0) c.seen = this.seenSource(c);
    if (c.kept !== null) this.settleKept(c);
    if (flow.done !== null || c.finishes > 0 || this.triesAgain(c)) {
      c.finishes++;
      this.world.schedule(Math.max(c.endNs, this.world.now()), Phase.Packet, Kind.Finish, c.slot);
    }
    if (c.host !== null) this.wait(c, c.host);
    else if (c.hangsOn >= 0) this.hang(c);
    else this.conclude(c);
  }

  private tooLate(c: Connection, atNs: Nanos, limitNs: Nanos, isConnected: boolean): number {
    const { handshakes } = c.flow.transport;
    const heldUpNs = c.relay === null ? Infinity : c.legNs - c.startNs - c.connectedNs;
    if (isConnected && c.lateBy > 0 && atNs - heldUpNs <= limitNs) return c.lateBy;
    const isSlowLink = c.slowBy > 0 && atNs - 2 * (1 + handshakes) * c.slowNs <= limitNs;
    const waited = isConnected || handshakes === 0 ? 'answer' : 'connection';
    return isSlowLink ? c.slowBy : this.lateness(c, `the ${waited} came too late`);
  }

  private lateness(c: Connection, text: string): number {
    return this.ids.ofLateness(text, c.pod, this.ids.serviceOf(c));
  }

  private wait(c: Connection, host: Host): void {
    c.settledNs = c.answerBy < 0 ? c.servedNs : c.servedNs + c.extraNs + c.passNs;
    this.open.add(c, host.index, this.world.now());
  }

  private hang(c: Connection): void {
    c.settledNs = c.endNs;
    c.servedNs = c.endNs;
    this.hanging.add(c, c.hangsOn, this.world.now());
  }

  /** The machine has power again, and knows no connection: it resets those on which something is sent again in time. */
  meetAgain(node: number, reason: (c: Connection) => number): void {
    const now = this.world.now();
    for (const c of this.hanging.takeUnanswered(node, now)) {
      const firstNs = Math.min(c.startNs, c.kept?.unansweredNs ?? Infinity);
      const heardNs = c.sendsOn ? sentAgainNs(firstNs, now) + 2 * c.returnNs : Infinity;
      if (heardNs >= c.endNs) this.hanging.add(c, node, now);
      else {
        c.hangsOn = -1;
        c.reason = reason(c);
        this.end(c, heardNs, RESET, 0, NO_CONNECTION);
      }
    }
  }

  /** Dictionary id of the source that the endpoint saw; 0: it saw nothing. */
  private seenSource(c: Connection): number {
    const hasMet = c.connectNs >= 0 || (c.reuses && c.arrived) || (c.arrived && c.flow.transport.handshakes === 0);
    const seen = c.pod > 0 && (c.outcome === OK || c.outcome === HTTP_ERROR || hasMet);
    return seen ? this.ids.source(c.source, c.sourceKind) : 0;
  }

  /** The client's library goes on by itself. */
  triesAgain(c: Connection): boolean {
    const { retries } = c.flow;
    return retries !== null && c.tries + 1 < retries.attempts && retries.after[c.outcome] === true;
  }

  private settleKept(c: Connection): void {
    const isAnswered = c.outcome === OK || c.outcome === HTTP_ERROR;
    this.kept.settle(c, isAnswered, c.outcome === RESET, c.host !== null);
  }

  /** Where an event tells the client of the end, the row is written then. */
  private conclude(c: Connection): void {
    if (c.finishes > 0) return;
    if (c.request >= 0) this.record(c);
    this.release(c);
  }

  private record(c: Connection): void {
    this.world.recorder.end(
      c.request,
      c.beganNs,
      c.client,
      c.target,
      c.lb,
      c.entryNode,
      c.pod,
      c.seen,
      c.outcome,
      c.status,
      c.attemptsBefore + c.attempts,
      c.connectNs < 0 ? NO_CONNECTION : c.startNs - c.beganNs + c.connectNs,
      c.endNs - c.beganNs,
      c.outcome === OK ? 0 : c.reason,
      c.tries + 1,
    );
  }
}
