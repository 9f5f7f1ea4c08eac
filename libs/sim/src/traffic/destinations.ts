/** Which address stands for a service, and which source a node's own packets get. */
import type { Locations } from '../cluster/locations.js';
import { type Ip, parseIp } from '../netfilter/address.js';
import type { NodeContext } from '../netfilter/packet.js';
import type { IpFamily, ServiceObject } from '../objects.js';

/** The source that a process of the node gets for a destination: routing picks it before any rule is asked. */
export function chosenSource(context: NodeContext, destination: Ip): Ip | null {
  if (context.isLocalAddress(destination)) return destination;
  return context.egress(destination).address;
}

export interface ServiceQuestion {
  port: number | string | null;
  via: 'clusterIP' | 'nodePort' | 'loadBalancer' | 'externalIP' | null;
  node: string | null;
  ipFamily: IpFamily | null;
  ip: string | null;
}

/** Addresses and ports at which a service can be met that way; a text says why there is none. `via` null: what such a client would use. */
export function serviceAddresses(
  service: ServiceObject,
  to: ServiceQuestion,
  outside: boolean,
  locations: Locations,
): { ip: string; port: number }[] | string {
  const { spec, status } = service;
  const port =
    to.port === null
      ? spec.ports?.[0]
      : spec.ports?.find(({ name, port: number }) => number === to.port || name === to.port);
  if (port === undefined) return to.port === null ? 'it has no ports' : `it has no port ${to.port}`;
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined);
  const via =
    to.via ??
    (!outside
      ? 'clusterIP'
      : spec.type === 'LoadBalancer'
        ? 'loadBalancer'
        : spec.type === 'NodePort'
          ? 'nodePort'
          : (spec.externalIPs ?? []).length > 0
            ? 'externalIP'
            : 'clusterIP');
  const ofFamily = (ips: readonly string[]): string[] =>
    ips.filter(
      (ip) => (to.ip === null || ip === to.ip) && (to.ipFamily === null || parseIp(ip)?.family === to.ipFamily),
    );
  if (via === 'nodePort') {
    if (!port.nodePort) return 'it has no node port';
    const nodes = to.node === null ? locations.nodes : locations.nodes.filter(({ name }) => name === to.node);
    const family = to.ipFamily ?? spec.ipFamilies?.[0] ?? 'IPv4';
    const places = nodes.flatMap(({ addresses }) =>
      ofFamily(addresses.filter((ip) => ip.family === family).map(({ text }) => text)).slice(0, 1),
    );
    return places.length === 0
      ? `no node ${to.node ?? ''} with such an address`.replace('  ', ' ')
      : places.map((ip) => ({ ip, port: port.nodePort as number }));
  }
  const all =
    via === 'loadBalancer'
      ? ingress
      : via === 'externalIP'
        ? (spec.externalIPs ?? [])
        : (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None');
  const [ip] = ofFamily(all);
  return ip === undefined ? `it has no ${via} address${to.ip === null ? '' : ` ${to.ip}`}` : [{ ip, port: port.port }];
}
