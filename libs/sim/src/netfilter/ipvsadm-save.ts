/**
 * Virtual servers as `ipvsadm-save -n` prints them and `ipvsadm -R` reads them.
 *
 * Models: the address, scheduler, persistence and flags of a virtual server, the weight and method of its real servers.
 * Source: ipvsadm(8), ipvsadm.c (print_service_entry, with FMT_RULE).
 * Simplified: timeouts of connections and the state of the sync daemon are not part of it.
 * Who could tell: nobody; ipvsadm-save leaves them out too.
 */
import { formatHostPort } from './address.js';
import type { RealServer, VirtualServer } from './virtual-servers.js';

const PROTOCOL_OPTION = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' } as const;

/** Each virtual server with the real servers behind it; ends with a newline unless there is none. */
export function writeVirtualServers(servers: Iterable<VirtualServer>): string {
  let text = '';
  for (const server of servers) {
    text += `-A ${formatVirtualServer(server)}\n`;
    for (const real of server.realServers) text += `${formatRealServer(server, real)}\n`;
  }
  return text;
}

/** Without `-A`. */
export function formatVirtualServer(server: VirtualServer): string {
  const persistence = server.persistenceSeconds === null ? '' : ` -p ${server.persistenceSeconds}`;
  return `${serviceOption(server)} -s ${server.scheduler}${persistence}${server.hashesPorts ? ' -b mh-port' : ''}`;
}

/** kube-proxy sends everything on by NAT, and gives each real server weight 1. */
export function formatRealServer(server: VirtualServer, { ip, port }: RealServer): string {
  return `-a ${serviceOption(server)} -r ${formatHostPort(ip.text, port)} -m -w 1`;
}

function serviceOption({ ip, port, protocol }: VirtualServer): string {
  return `${PROTOCOL_OPTION[protocol]} ${formatHostPort(ip.text, port)}`;
}
