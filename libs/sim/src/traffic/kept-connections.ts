/**
 * Connections that clients keep open and use again: which request takes which, and what has become of it meanwhile.
 *
 * Models: a pool for each client address and destination; requests without a handshake on the endpoint that the first one had,
 *   whatever the rules say by now; connections that the endpoint, its end, a load balancer or the client closes; the request that is
 *   under way when that happens; silence where nobody is left to close anything. HTTP/1.1: one request at a time, and a client that has waited in vain
 *   closes. HTTP/2 (`multiplexed`): any number at a time, and only TCP gives a silent connection up.
 * Source: nf_conntrack: nat rules see the first packet of a connection alone; kube-proxy deletes no TCP entries
 *   (kubernetes/kubernetes#104098, #100698); RFC 9112 section 9.3, RFC 9113; Go's http.Transport (idle time of 90 s), nginx'
 *   keepalive_timeout (75 s); tcp_retries2.
 * Simplified: where all connections are busy, a request opens one for itself; entries do not grow too old (24 h); what comes
 *   back to a machine that has been off is reset; a proxying load balancer has a connection of its own for each of its
 *   clients', so that it balances connections, not requests.
 * Who could tell: someone whose client queues for a free connection, or pings on an idle one, or whose load balancer
 *   balances HTTP requests one by one.
 */
import type { Host, Locations } from '../cluster/locations.js';
import { draw, innerMap, Stream } from '../kernel/index.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { AddressId } from '../netfilter/address-book.js';
import type { Nanos } from '../scenario.js';
import type { Connection } from './connection.js';
import { type KeepAlive, KeptConnection } from './kept-connection.js';
import { RETRANSMISSIONS_NS } from './retransmissions.js';

/** nginx' keepalive_timeout, where nothing is said of the program. */
const KEEP_ALIVE_TIMEOUT_NS = 75e9;
const PORTS = 65_536;

/** What a request meets that is sent on an open connection. */
export type Meeting = 'served' | 'processEnded' | 'idleClosed' | 'shutDown' | 'balancerClosed' | 'forgotten' | 'silent';

export class KeptConnections {
  /** By flow, then by client address, then by address and port that it sends to. */
  private readonly pools = new Map<number, Map<AddressId, Map<number, KeptConnection[]>>>();

  constructor(
    private readonly seed: number,
    private readonly locations: Locations,
  ) {}

  /** Gives the request a connection in `c.kept`; true: it is open. False: the request has to open it, or one for itself. */
  take(c: Connection): boolean {
    const { key, keepAlive } = c.flow;
    if (keepAlive === null) return false;
    const pool = this.pool(c, keepAlive.connections);
    const first = pool.length === 1 ? 0 : Math.floor(draw(this.seed, Stream.connection, key, c.dice) * pool.length);
    for (let n = 0; n < pool.length; n++) {
      const kept = pool[(first + n) % pool.length] as KeptConnection;
      if (kept.busyUntilNs > c.startNs) continue;
      if (kept.isOpen && this.isOver(kept, keepAlive, c.startNs)) kept.isOpen = false;
      c.kept = kept;
      c.reuses = kept.isOpen;
      if (!kept.isOpen || !keepAlive.multiplexed) kept.busyUntilNs = Infinity;
      if (kept.isOpen) this.use(c, kept);
      return kept.isOpen;
    }
    return false;
  }

  /** What the request finds at the end of the connection, where it is now. */
  meets(c: Connection, kept: KeptConnection, nowNs: Nanos): Meeting {
    const host = kept.host as Host;
    const ended = host.ends[kept.life];
    const { locations } = this;
    if (c.flow.node >= 0 && !locations.hasPower(c.flow.node)) return 'silent';
    if (kept.closedNs < Infinity) return 'balancerClosed';
    if (kept.isSilent || !locations.hasPower(kept.node)) return 'silent';
    if (this.isForgotten(kept)) return 'forgotten';
    const byNs = Math.min(nowNs, ended?.atNs ?? Infinity);
    if (idleEndNs(kept) <= byNs) return 'idleClosed';
    // What comes after a GOAWAY that its client has not heard of is answered.
    if (!kept.multiplexed && shutDownNs(kept) <= byNs) return 'shutDown';
    if (ended?.how === 'process') return 'processEnded';
    if (ended !== undefined) return host.state === 'running' ? 'forgotten' : 'silent';
    return 'served';
  }

  /** When the client hears that the connection is closed; Infinity: it does not. */
  heardNs(kept: KeptConnection): Nanos {
    if (kept.isSilent || !this.locations.hasPower(kept.node) || this.isForgotten(kept)) return kept.closedNs;
    const ended = (kept.host as Host).ends[kept.life];
    const closesNs = Math.min(idleEndNs(kept), shutDownNs(kept));
    const byEndpointNs =
      ended === undefined || closesNs <= ended.atNs ? closesNs : ended.how === 'process' ? ended.atNs : Infinity;
    return Math.min(byEndpointNs + kept.takesNs, kept.closedNs);
  }

  /** The request has ended, or will: what that means for its connection. */
  settle(c: Connection, isAnswered: boolean, isReset: boolean, isAcknowledged: boolean): void {
    const kept = c.kept as KeptConnection;
    const multiplexed = c.flow.keepAlive?.multiplexed === true;
    const isConnected = c.reuses || c.connectNs >= 0;
    if (!c.reuses && isConnected && c.host !== null && (isAnswered || multiplexed)) this.opened(c, kept, c.host);
    if (isReset || (!isAnswered && !(multiplexed && isConnected))) kept.isOpen = false;
    if (isAcknowledged) kept.idleNs = Math.max(kept.idleNs, c.servedNs);
    else kept.unansweredNs = Math.min(kept.unansweredNs, c.startNs);
    kept.unusedNs = Math.max(kept.unusedNs, c.endNs);
    if (!multiplexed || !kept.isOpen) kept.busyUntilNs = c.endNs;
    else if (!c.reuses) kept.busyUntilNs = c.startNs + c.connectNs;
  }

  closeThrough(balancer: Balancer, through: Target | number, isHeard: boolean, nowNs: Nanos): void {
    for (const kept of this.all()) {
      const { balanced, balancedTarget } = kept;
      if (balanced !== balancer || (balancedTarget !== through && balancedTarget?.node !== through)) continue;
      if (isHeard) kept.closedNs = Math.min(kept.closedNs, nowNs + kept.takesNs);
      else kept.isSilent = true;
    }
  }

  /** The machine that translates has been off since, and knows no connection any more. */
  private isForgotten({ node, outages }: KeptConnection): boolean {
    return (this.locations.nodes[node]?.outages ?? 0) !== outages;
  }

  private *all(): Iterable<KeptConnection> {
    for (const byAddress of this.pools.values())
      for (const byDestination of byAddress.values()) for (const pool of byDestination.values()) yield* pool;
  }

  private isOver(kept: KeptConnection, { requests, idleNs }: KeepAlive, nowNs: Nanos): boolean {
    return (
      kept.requests >= requests ||
      kept.unusedNs + idleNs <= nowNs ||
      kept.unansweredNs + RETRANSMISSIONS_NS <= nowNs ||
      this.heardNs(kept) <= nowNs
    );
  }

  private opened(c: Connection, kept: KeptConnection, host: Host): void {
    kept.isOpen = true;
    kept.requests = 1;
    kept.host = host;
    kept.life = host.ends.length;
    // A socket of the node itself is met without an entry that would have to be kept.
    kept.node = c.keptNode >= 0 ? c.keptNode : c.node;
    kept.outages = this.locations.nodes[kept.node]?.outages ?? 0;
    kept.balanced = c.balanced;
    kept.balancedTarget = c.balancedTarget;
    kept.takesNs = c.returnNs;
    kept.lb = c.lb;
    kept.entryNode = c.entryNode;
    kept.pod = c.pod;
    kept.source = c.source;
    kept.sourceKind = c.sourceKind;
    kept.destination = c.destination;
    kept.port = c.port;
    kept.hidden = c.hidden;
    kept.translated = c.translated;
    kept.answerBy = c.answerBy;
    kept.answerOutages = c.answerOutages;
    kept.passNs = c.passNs;
    kept.backNs = c.backNs;
    kept.proxied = c.proxied;
    kept.multiplexed = c.flow.keepAlive?.multiplexed === true;
    kept.unusedNs = 0;
    kept.idleNs = 0;
    kept.closedNs = Infinity;
    kept.isSilent = false;
    kept.unansweredNs = Infinity;
  }

  private use(c: Connection, kept: KeptConnection): void {
    kept.requests++;
    c.lb = kept.lb;
    c.entryNode = kept.entryNode;
    c.pod = kept.pod;
    c.source = kept.source;
    c.sourceKind = kept.sourceKind;
    c.destination = kept.destination;
    c.port = kept.port;
    c.hidden = kept.hidden;
    c.translated = kept.translated;
    c.answerBy = kept.answerBy;
    c.answerOutages = kept.answerOutages;
    c.passNs = kept.passNs;
    c.backNs = kept.backNs;
    c.connectedNs = -1;
    c.relay = null;
    c.proxied = kept.proxied;
    c.balanced = kept.balanced;
    c.balancedTarget = kept.balancedTarget;
    c.keptNode = kept.node;
    c.returnNs = kept.takesNs;
  }

  private pool(c: Connection, connections: number): KeptConnection[] {
    const byAddress = innerMap(this.pools, c.flow.key);
    const byDestination = innerMap(byAddress, c.clientAddress);
    const destination = c.wanted * PORTS + c.wantedPort;
    let pool = byDestination.get(destination);
    if (pool === undefined) {
      pool = Array.from({ length: connections }, () => new KeptConnection());
      byDestination.set(destination, pool);
    }
    return pool;
  }
}

function idleEndNs({ host, idleNs }: KeptConnection): Nanos {
  return idleNs + (host?.app?.keepAliveTimeoutNs ?? KEEP_ALIVE_TIMEOUT_NS);
}

/** When the endpoint, as it shuts down, closes the connection, or tells that it will; Infinity: it does not. */
function shutDownNs({ host, life, idleNs, multiplexed }: KeptConnection): Nanos {
  const closingNs = host?.ends[life]?.closingNs ?? host?.closingNs ?? Infinity;
  return multiplexed ? closingNs : Math.max(closingNs, idleNs);
}
