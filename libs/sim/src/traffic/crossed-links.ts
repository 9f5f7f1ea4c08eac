/** What links at fault do to the packets of a request; asked of nothing while all links are well. */
import type { Host } from '../cluster/locations.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import { type Endings, TIMEOUT } from './endings.js';
import type { KeptConnection } from './kept-connection.js';
import { type LinkCause, type Links, LOAD_BALANCER, type Place } from './links.js';
import { LostSegments } from './lost-segments.js';
import type { RowIds } from './row-ids.js';

/** A link that is cut, or has lost the packet. */
export const LOST = -1;

/** What comes back for a first packet: its place in the random numbers. */
const ANSWER = 0x38495ab5;

export class CrossedLinks {
  private readonly segments: LostSegments;

  constructor(
    private readonly links: Links,
    private readonly ids: RowIds,
    private readonly endings: Endings,
  ) {
    this.segments = new LostSegments(links);
  }

  /** What a link adds to the packet's way; LOST: it does not come through, and the connection knows. */
  cross(c: Connection, from: Place, to: Place): Nanos {
    const { links } = this;
    const isCut = links.isCut(from, to);
    const packet = (c.dice * 16 + c.attempts) * 16 + c.crossed;
    const isLost = (key: number) => links.losesPacket(from, to, key, packet);
    if (!isCut && !isLost(c.flow.key) && !isLost(c.flow.key ^ ANSWER)) return this.delay(c, from, to);
    this.endings.silent(c, TIMEOUT, isCut ? this.reason(c, 'is cut', 'link-cut', from, to) : this.lossBy(c, from, to));
    return LOST;
  }

  /** What of an open connection's request and answer is lost on the way is sent again, in time; false: its sender gives up, and the connection knows. */
  carries(c: Connection, host: Host, nowNs: Nanos): boolean {
    const toEndpointNs = c.reuses ? c.returnNs : nowNs - c.legNs + c.backNs;
    const late = this.segments.lateness(c, host, nowNs, 2 * toEndpointNs);
    if (late === null) return true;
    c.lateBy = this.lossBy(c, ...late.link);
    c.extraNs += late.byNs;
    if (late.byNs < Infinity) return true;
    const { handshakes } = c.flow.transport;
    if (!c.reuses && c.connectedNs < 0) c.connectedNs = c.sentNs - c.startNs + 2 * handshakes * (nowNs - c.legNs);
    this.endings.lostAtOnce(c, 'silent', c.lateBy);
    return false;
  }

  private delay(c: Connection, from: Place, to: Place): Nanos {
    const delayNs = this.links.delayNs(from, to);
    if (delayNs > 0) {
      c.slowNs = c.slowBy > 0 ? c.slowNs + delayNs : delayNs;
      c.slowBy = this.reason(c, 'is slow', 'too-late', from, to);
    }
    return delayNs;
  }

  private lossBy(c: Connection, from: Place, to: Place): number {
    return this.reason(c, 'lost the packet', 'packet-lost', from, to);
  }

  private reason(c: Connection, what: string, cause: LinkCause, from: Place, to: Place): number {
    const text = `the link between ${this.placeName(from)} and ${this.placeName(to)} ${what}`;
    // The same in both directions: clients first, then load balancers, then nodes.
    const [a, b] = from < to ? [from, to] : [to, from];
    const name = `${this.endName(a, c)}–${this.endName(b, c)}`;
    return this.ids.reason(text, cause, { kind: 'link', name }, this.links.becauseOf(from, to, cause));
  }

  /** The reason where a link on an open connection's way is cut; 0: none is. */
  cutBy(c: Connection, kept: KeptConnection, host: Host): number {
    const { links } = this;
    const { flow } = c;
    const start = flow.origin === 'client' ? links.placeOfClient(flow.client) : flow.node;
    const stations = [start, ...(kept.balanced === null ? [] : [LOAD_BALANCER]), kept.node, host.node];
    const way = stations.filter((place, n) => place !== stations[n - 1]);
    const cut = way.findIndex((place, n) => n > 0 && links.isCut(way[n - 1] as Place, place));
    return cut < 0 ? 0 : this.reason(c, 'is cut', 'link-cut', way[cut - 1] as Place, way[cut] as Place);
  }

  /** As a scenario calls it. */
  private endName(place: Place, { flow }: Connection): string {
    if (place === LOAD_BALANCER) return 'loadBalancer';
    return place < 0 ? flow.client : this.ids.nodeName(place);
  }

  private placeName(place: Place): string {
    if (place === LOAD_BALANCER) return 'the load balancer';
    return place < 0 ? 'the client' : this.ids.nodeName(place);
  }
}
