/**
 * IPVS takes a first packet: which real server it goes to, and where its walk goes on.
 *
 * Models: virtual servers met behind the filter of INPUT and behind the nat of OUTPUT; the translated packet sent through
 *   OUTPUT and POSTROUTING, or kept where it is when the real server is the node itself; persistence; a virtual server
 *   without real servers, which refuses.
 * Source: net/netfilter/ipvs/ip_vs_core.c (ip_vs_ops4, ip_vs_in, ip_vs_sched_persist, ip_vs_leave), ip_vs_xmit.c
 *   (ip_vs_nat_xmit, ip_vs_nat_send_or_cont, crosses_local_route_boundary), ip_vs_nfct.c; with vs/conntrack = 1.
 * Simplified: every scheduler gives each real server the same chance; `sh` and `mh` keep to one for each source, `dh`, `lblc` and
 *   `fo` for each virtual server, and which one is drawn; connections are not counted, so the least loaded is any.
 * Who could tell: someone who counts the turns of a round robin, or whose connections last so long that the least
 *   loaded server is known.
 */
import {
  persistenceName,
  type RealServer,
  type VirtualServer,
  type VirtualServers,
  virtualServerKey,
} from './virtual-servers.js';
import type { DrawnBy, Walk } from './walk.js';

const DRAWN_BY: Readonly<Record<string, DrawnBy>> = {
  sh: 'source',
  mh: 'source',
  dh: 'virtualServer',
  lblc: 'virtualServer',
  fo: 'virtualServer',
};

/** The ways from here on, in the order of the real servers, the walk itself the first; null: IPVS lets the packet pass. */
export function schedule(walk: Walk, servers: VirtualServers): Walk[] | null {
  const key = virtualServerKey(walk.destinationIp, walk.destinationPort, walk.protocol);
  const server = servers.get(key);
  walk.setting.consulted?.server(key, server);
  if (server === undefined) return null;
  const chosen = serversFor(walk, key, server);
  if (chosen.length === 0) walk.balanced = server;
  const ways = chosen.map((_, number) => (number === 0 ? walk : walk.fork()));
  for (const [number, way] of ways.entries()) {
    way.probability /= chosen.length;
    way.drawnBy = server.hashesPorts ? 'packet' : (DRAWN_BY[server.scheduler] ?? 'packet');
    way.balanced = server;
    translate(way, key, chosen[number]!);
  }
  return ways;
}

export function emptyServerText({ destinationIp, destinationPort, protocol }: Walk): string {
  return `virtual server ${virtualServerKey(destinationIp, destinationPort, protocol)} has no real server`;
}

/** What is for the node itself goes on where it is, everything else at the head of OUTPUT. */
export function sendOn(walk: Walk): void {
  walk.enter(null);
  if (walk.node.egress(walk.destinationIp).local) {
    walk.place--;
    return;
  }
  walk.hook = 'OUTPUT';
  walk.outInterface = walk.node.egress(walk.destinationIp).interface;
  walk.place = -1;
  walk.inInterface = null;
}

function serversFor(
  walk: Walk,
  key: string,
  { realServers, persistenceSeconds }: VirtualServer,
): readonly RealServer[] {
  if (persistenceSeconds === null) return realServers;
  const kept = realServers.find((real) => walk.recentlySet(persistenceName(key, real), persistenceSeconds));
  return kept === undefined ? realServers : [kept];
}

function translate(way: Walk, key: string, real: RealServer): void {
  if (way.balanced?.persistenceSeconds != null) {
    way.affinitySet = { item: persistenceName(key, real), before: way.affinitySet };
  }
  way.dnat = true;
  way.destinationSettled = true;
  way.destinationIp = real.ip;
  way.destinationPort = real.port;
}
