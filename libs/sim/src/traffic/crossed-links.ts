/** What links at fault do to the packets of a request; asked of nothing while all links are well. */
import type { Host } from '../cluster/locations.js';
import type { Nanos } from '../scenario.js';
import type { Connection, Flow } from './connection.js';
import { type Endings, TIMEOUT } from './endings.js';
import type { KeptConnection } from './kept-connection.js';
import { type Links, LOAD_BALANCER, type Place } from './links.js';
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
    if (!isCut && !isLost(c.flow.key) && !isLost(c.flow.key ^ ANSWER)) return links.delayNs(from, to);
    this.endings.silent(c, TIMEOUT, isCut ? this.reason('is cut', 'link-cut', from, to) : this.lossBy(from, to));
    return LOST;
  }

  /** What of an open connection's request and answer is lost on the way is sent again, in time; false: its sender gives up, and the connection knows. */
  carries(c: Connection, host: Host, nowNs: Nanos): boolean {
    const toEndpointNs = c.reuses ? c.returnNs : nowNs - c.legNs + c.backNs;
    const late = this.segments.lateness(c, host, nowNs, 2 * toEndpointNs);
    if (late === null) return true;
    c.lateBy = this.lossBy(...late.link);
    c.extraNs += late.byNs;
    if (late.byNs < Infinity) return true;
    const { handshakes } = c.flow.transport;
    if (!c.reuses && c.connectedNs < 0) c.connectedNs = c.sentNs - c.startNs + 2 * handshakes * (nowNs - c.legNs);
    this.endings.lostAtOnce(c, 'silent', c.lateBy);
    return false;
  }

  private lossBy(from: Place, to: Place): number {
    return this.reason('lost the packet', 'packet-lost', from, to);
  }

  private reason(what: string, cause: 'link-cut' | 'packet-lost', from: Place, to: Place): number {
    const node = Math.max(from, to);
    const ends = `between ${this.placeName(from)} and ${this.placeName(to)}`;
    const place =
      node >= 0 ? ({ kind: 'node', name: this.ids.nodeName(node) } as const) : ({ kind: 'link', name: ends } as const);
    const text = `the link ${ends} ${what}`;
    return this.ids.reason(text, cause, place, this.links.becauseOf(from, to));
  }

  /** What cut a link on an open connection's way; null: none is cut. */
  cutBy(flow: Flow, kept: KeptConnection, host: Host): number | null {
    const { links } = this;
    const start = flow.origin === 'client' ? links.placeOfClient(flow.client) : flow.node;
    const stations = [start, ...(kept.balanced === null ? [] : [LOAD_BALANCER]), kept.node, host.node];
    const way = stations.filter((place, n) => place !== stations[n - 1]);
    const cut = way.findIndex((place, n) => n > 0 && links.isCut(way[n - 1] as Place, place));
    return cut < 0 ? null : links.becauseOf(way[cut - 1] as Place, way[cut] as Place);
  }

  private placeName(place: Place): string {
    if (place === LOAD_BALANCER) return 'the load balancer';
    return place < 0 ? 'the client' : this.ids.nodeName(place);
  }
}
