/**
 * What a program does with the request that is with it, or with the connection that brings one.
 *
 * Models: answers and errors of its own, headers that it does not expect, a queue that is full, its end before it has answered; a segment
 *   of the answer that conntrack takes for invalid.
 * Source: `app-answers.ts`, `work-queues.ts`, `invalid-packets.ts`.
 */
import type { Host, Locations } from '../cluster/locations.js';
import { Kind, Phase } from '../events.js';
import { draw, reach, Stream } from '../kernel/index.js';
import type { AddressBook, AddressId } from '../netfilter/address-book.js';
import type { CompiledRuleset } from '../netfilter/compile.js';
import type { Nanos } from '../scenario.js';
import { type HeaderProblem, HTTP_BAD_REQUEST, HTTP_OK, headerProblem, headerText, statusOf } from './app-answers.js';
import type { Connection } from './connection.js';
import type { CrossedLinks } from './crossed-links.js';
import type { Endings } from './endings.js';
import { InvalidPackets, SENT_AGAIN_NS } from './invalid-packets.js';
import type { KeptSockets } from './kept-sockets.js';
import type { Links } from './links.js';
import type { LossReasons } from './loss-reasons.js';
import { failsByItself } from './pod-work.js';
import type { RowIds } from './row-ids.js';
import { answersWithError, endedAtWork, hasTooMuchToDo, passesUntranslated } from './ways.js';
import { hasLimits, type WorkQueues } from './work-queues.js';

export interface ServerWorld {
  readonly seed: number;
  readonly locations: Locations;
  readonly addresses: AddressBook;
  readonly links: Links;
  rules(node: number, destination: AddressId): CompiledRuleset | null;
  /** nf_conntrack_tcp_be_liberal is set on the node. */
  isLiberal(node: number): boolean;
  now(): Nanos;
  schedule(atNs: Nanos, phase: number, kind: number, slot: number): void;
}

const HTTP_INTERNAL_ERROR = 500;
const HTTP_UNAVAILABLE = 503;
/** How often a process that shuts down looks whether a request has come on a connection that it has taken. */
const LOOK_AGAIN_NS = 1e6;
/** Its place in the random numbers. */
const OUT_OF_WINDOW = 0x3c6ef372;

export class Servers {
  private readonly invalid: InvalidPackets;
  /** By endpoint: connections that it has taken, and whose request is not there yet. */
  private readonly awaited: number[] = [];

  constructor(
    private readonly world: ServerWorld,
    private readonly ids: RowIds,
    private readonly reasons: LossReasons,
    private readonly endings: Endings,
    private readonly queues: WorkQueues,
    private readonly keptSockets: KeptSockets,
    private readonly crossed: CrossedLinks,
  ) {
    this.invalid = new InvalidPackets(world.addresses);
  }

  /** `host`: null for a socket of kube-proxy. */
  answer(c: Connection, status: number, host: Host | null): void {
    c.host = host;
    if (!this.world.links.quiet && host !== null && !c.isAccepted && !this.crossed.carries(c, host, this.world.now()))
      return;
    if (host !== null && hasLimits(host) && !c.isAccepted) return this.accept(c, host);
    if (c.flow.socketPort !== 0) this.keptSockets.answered(c);
    if (host === null) return this.endings.answered(c, status);
    if (c.flow.transport.hasStatus && (host.app !== null || c.forwards !== 'nothing')) {
      const problem = c.reuses ? null : headerProblem(host, c.forwards);
      if (problem !== null) return this.turnsAway(c, host, problem);
      const byPath = statusOf(host, c.flow.path);
      if (byPath !== HTTP_OK) {
        c.reason = byPath >= 500 ? this.ids.ofProgram(answersWithError(host.name), 'app-error', host) : 0;
        return this.endings.answered(c, byPath);
      }
    }
    if (c.flow.outOfWindow > 0) this.sendsOutOfWindow(c, host);
    if (!c.flow.transport.hasStatus || !failsByItself(this.world.seed, host, c))
      return this.endings.answered(c, status);
    c.reason = this.ids.ofProgram(answersWithError(host.name), 'app-error', host);
    this.endings.answered(c, HTTP_INTERNAL_ERROR);
  }

  /** The request is there, on a connection that was accepted before. */
  arrives(c: Connection): void {
    const { index } = c.host as Host;
    this.awaited[index] = (this.awaited[index] as number) - 1;
    this.atServer(c);
  }

  /** When a program that takes nothing new will have answered all that it has taken. */
  answersUntilNs({ index }: Host): Nanos {
    const lastNs = this.endings.open.lastServedNs(index);
    return (this.awaited[index] ?? 0) > 0 ? Math.max(lastNs, this.world.now() + LOOK_AGAIN_NS) : lastNs;
  }

  private atServer(c: Connection): void {
    const host = c.host as Host;
    const ended = host.ends[c.life];
    if (ended !== undefined) {
      const isKilled = ended.how === 'process';
      const reason = isKilled
        ? this.ids.ofHost(endedAtWork(host.name), 'pod-killed', host)
        : this.reasons.nodeDown(host.node);
      return this.endings.lostAtOnce(c, isKilled ? 'reset' : 'silent', reason);
    }
    if (c.answerBy >= 0 && this.isWayBackOff(c))
      return this.endings.lostAtOnce(c, 'silent', this.reasons.wayBackOff(c, host.name));
    if (!this.queues.isFull(host, this.world.now())) return this.answer(c, HTTP_OK, host);
    const reason = this.ids.ofLoad(hasTooMuchToDo(host.name), 'overloaded', host.name, this.ids.serviceOf(c));
    if (!c.flow.transport.hasStatus) return this.endings.lostAtOnce(c, 'silent', reason);
    c.reason = reason;
    this.endings.overloaded(c, HTTP_UNAVAILABLE);
  }

  /** Its process has ended, or its machine: what it has not answered is lost. */
  ends(host: Host): void {
    const lost = this.endings.open.takeUnanswered(host.index, this.world.now());
    if (lost.length === 0) return;
    const isKilled = host.ends.at(-1)?.how === 'process';
    // What befalls the machine is noted after its processes have ended.
    if (!isKilled) this.ids.befellNode(host.node);
    const reason = isKilled
      ? this.ids.ofHost(endedAtWork(host.name), 'pod-killed', host)
      : this.reasons.nodeDown(host.node);
    for (const c of lost) this.endings.lost(c, isKilled ? 'reset' : 'silent', reason, isKilled ? -1 : host.node);
  }

  /** A machine has no power any more that answers of endpoints on others have to pass: those that have not yet are lost. */
  wayBackEnds(node: number): void {
    const lost = this.endings.open.takeUnsettled(this.world.now(), ({ answerBy }) => answerBy === node);
    for (const c of lost) this.endings.lost(c, 'silent', this.reasons.wayBackOff(c, (c.host as Host).name), node);
  }

  /** The machine that has to undo the translation of the answer is off, or has been since, and knows nothing of it. */
  isWayBackOff({ answerBy, answerOutages }: Connection): boolean {
    const place = this.world.locations.nodes[answerBy];
    return place === undefined || !place.isOn || place.outages !== answerOutages;
  }

  /** The program gets what it does not expect, before any request. */
  private turnsAway(c: Connection, host: Host, problem: HeaderProblem): void {
    c.reason = this.ids.ofHost(headerText(host, problem), problem, host);
    // Nothing works on it, and nobody keeps the connection.
    c.host = null;
    if (problem === 'proxy-header-unexpected') this.endings.answered(c, HTTP_BAD_REQUEST, true);
    else this.endings.turnedAway(c);
  }

  /** A segment of the answer may be outside the window that conntrack of the node that translates has seen. */
  private sendsOutOfWindow(c: Connection, host: Host): void {
    const { world } = this;
    const { flow, dice } = c;
    if (!c.translated || c.source < 0 || c.keptNode < 0 || world.isLiberal(c.keptNode)) return;
    if (draw(world.seed, Stream.fault, flow.key ^ OUT_OF_WINDOW, dice) >= flow.outOfWindow) return;
    const rules = world.rules(c.keptNode, c.destination);
    if (rules === null || this.invalid.areDropped(rules, c.destination, c.port, c.source)) {
      c.extraNs += SENT_AGAIN_NS;
      return;
    }
    c.breaks = true;
    const node = this.ids.nodeName(c.keptNode);
    c.reason = this.ids.ofNode(passesUntranslated(node, host.name), 'invalid-packet', c.keptNode);
  }

  /** Whose turn comes when hangs on when the request is there, not its connection. */
  private accept(c: Connection, host: Host): void {
    const { handshakes } = c.flow.transport;
    c.isAccepted = true;
    c.life = host.ends.length;
    if (c.reuses || handshakes === 0 || c.relay !== null) return this.atServer(c);
    reach(this.awaited, host.index, 0);
    this.awaited[host.index] = (this.awaited[host.index] as number) + 1;
    this.world.schedule(this.endings.accepted(c), Phase.Packet, Kind.AtServer, c.slot);
  }
}
