/** What links at fault do to the packets of a request; asked of nothing while all links are well. */
import type { Host } from '../cluster/locations.js';
import type { Nanos } from '../scenario.js';
import type { Connection, Flow } from './connection.js';
import { type Endings, TIMEOUT } from './endings.js';
import type { KeptConnection } from './kept-connection.js';
import { type Links, LOAD_BALANCER, type Place } from './links.js';
import type { RowIds } from './row-ids.js';

/** A link that is cut, or has lost the packet. */
export const LOST = -1;

export class CrossedLinks {
  constructor(
    private readonly links: Links,
    private readonly ids: RowIds,
    private readonly endings: Endings,
  ) {}

  /** What a link adds to the packet's way; LOST: it does not come through, and the connection knows. */
  cross(c: Connection, from: Place, to: Place): Nanos {
    const { links } = this;
    const isCut = links.isCut(from, to);
    if (!isCut && !links.losesPacket(from, to, c.flow.key, (c.ordinal * 16 + c.attempts) * 16 + c.crossed))
      return links.delayNs(from, to);
    const text = `the link between ${this.placeName(from)} and ${this.placeName(to)} ${isCut ? 'is cut' : 'lost the packet'}`;
    const cause = isCut ? 'link-cut' : 'packet-lost';
    const node = Math.max(from, to);
    const place = node >= 0 ? ({ kind: 'node', name: this.ids.nodeName(node) } as const) : null;
    this.endings.silent(c, TIMEOUT, this.ids.reason(text, cause, place, links.becauseOf(from, to)));
    return LOST;
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
