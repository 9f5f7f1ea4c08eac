/**
 * Segments of an open connection that a lossy link loses: the request, and its answer.
 *
 * Models: what is lost is sent again when the retransmission timer is over, which doubles each time, until it comes through or the
 *   sender gives up; all of it on every link between client and endpoint, in both directions.
 * Source: net/ipv4/tcp_timer.c and tcp(7): RTO of a round trip and at least 200 ms, up to 120 s, tcp_retries2 (15); RFC 9260 and
 *   the kernel's rto_min (1 s), rto_max (60 s) and association_max_retrans (10) for SCTP.
 * Simplified: a request is one segment, and so is its answer; acknowledgements are not lost; no tail loss probe, which sends the first
 *   one again no later but leaves the timer as it is; a program works on the request when it would have been there without a loss; a proxying
 *   load balancer passes segments on, where it has timers of its own; nothing is lost between kube-proxy of mode userspace and endpoints; a link
 *   that turns lossy while a segment waits for its timer does nothing to it.
 * Who could tell: someone who sends much more than a segment: many segments in a row lose one sooner, and notice it sooner.
 */
import type { Host } from '../cluster/locations.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import { type Links, LOAD_BALANCER, type Place } from './links.js';

const TIMERS = {
  TCP: { leastNs: 0.2e9, mostNs: 120e9, retransmissions: 15 },
  SCTP: { leastNs: 1e9, mostNs: 60e9, retransmissions: 10 },
};

/** Places in the random numbers. */
const REQUEST = 0x1b873593;
const ANSWER = 0x52dce729;
const TRIES = 16;

export interface LateSegments {
  /** How much later the answer is there; Infinity: its sender, or that of the request, has given up. */
  byNs: Nanos;
  /** The first link that has lost one. */
  link: readonly [Place, Place];
}

export class LostSegments {
  constructor(private readonly links: Links) {}

  /** Of a request that is at its endpoint now, by way of these places; null: both segments come through at once. */
  lateness(c: Connection, host: Host, nowNs: Nanos, roundTripNs: Nanos): LateSegments | null {
    const { protocol } = c.flow.transport;
    if (protocol === 'UDP' || c.relay !== null || !this.links.isLossy) return null;
    const way = wayOf(c, host, this.links);
    const timer = TIMERS[protocol];
    const firstNs = timer.leastNs + roundTripNs;
    const request = this.wait(way, c, REQUEST, nowNs, firstNs, timer);
    const answer = this.wait(way, c, ANSWER, nowNs + request.byNs, firstNs, timer);
    const link = request.link ?? answer.link;
    return link === null ? null : { byNs: request.byNs + answer.byNs, link };
  }

  private wait(
    way: readonly Place[],
    c: Connection,
    which: number,
    sentNs: Nanos,
    firstNs: Nanos,
    { mostNs, retransmissions }: (typeof TIMERS)['TCP'],
  ): { byNs: Nanos; link: LateSegments['link'] | null } {
    let byNs = 0;
    let timerNs = firstNs;
    let first: LateSegments['link'] | null = null;
    for (let tries = 0; tries <= retransmissions; tries++) {
      const link = this.losingLink(way, c.flow.key ^ which, c.dice * TRIES + tries, sentNs + byNs);
      if (link === null) return { byNs, link: first };
      first ??= link;
      byNs += timerNs;
      timerNs = Math.min(2 * timerNs, mostNs);
    }
    return { byNs: Infinity, link: first };
  }

  private losingLink(way: readonly Place[], key: number, n: number, atNs: Nanos): LateSegments['link'] | null {
    for (let hop = 1; hop < way.length; hop++) {
      const [from, to] = [way[hop - 1] as Place, way[hop] as Place];
      if (from !== to && this.links.losesPacket(from, to, key ^ Math.imul(hop, 0x9e3779b1), n, atNs)) return [from, to];
    }
    return null;
  }
}

/** From client to endpoint. */
export function wayOf({ flow, balanced, keptNode, node }: Connection, host: Host, links: Links): Place[] {
  const start = flow.origin === 'client' ? links.placeOfClient(flow.client) : flow.node;
  const by = keptNode >= 0 ? keptNode : node;
  return balanced === null ? [start, by, host.node] : [start, LOAD_BALANCER, by, host.node];
}
