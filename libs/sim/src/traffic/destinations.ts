/** Which address stands for a service, and which source a node's own packets get. */
import type { Locations } from '../cluster/locations.js';
import { type Ip, parseIp } from '../netfilter/address.js';
import type { NodeContext } from '../netfilter/packet.js';
import { type IpFamily, keyOf, type ServiceObject } from '../objects.js';

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
  const via = to.via ?? (outside ? usualDoor(spec) : 'clusterIP');
  const fits = (ip: Ip): boolean =>
    (to.ip === null || ip.text === parseIp(to.ip)?.text) && (to.ipFamily === null || ip.family === to.ipFamily);
  if (via === 'nodePort') {
    const { nodePort } = port;
    if (!nodePort) return 'it has no node port';
    const nodes = locations.nodes.filter(({ name, alive }) => alive && (to.node === null || name === to.node));
    const family = to.ipFamily ?? spec.ipFamilies?.[0] ?? 'IPv4';
    const places = nodes.flatMap(({ addresses }) => addresses.find((ip) => ip.family === family && fits(ip)) ?? []);
    if (places.length > 0) return places.map((ip) => ({ ip: ip.text, port: nodePort }));
    return to.node === null ? 'no node has such an address' : `there is no node ${to.node} with such an address`;
  }
  const all = {
    loadBalancer: (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
    externalIP: spec.externalIPs ?? [],
    clusterIP: spec.clusterIPs ?? [spec.clusterIP ?? ''],
  }[via];
  // What is no address (empty, None, or nonsense that was stored so) is none.
  const ip = all.map(parseIp).find((address) => address !== null && fits(address));
  if (ip) return [{ ip: ip.text, port: port.port }];
  return `it has no ${via} address${to.ip === null ? '' : ` ${to.ip}`}`;
}

/** `namespace/name` of the service that is met at an address; null: none is. */
export function serviceAt(
  services: readonly ServiceObject[],
  ip: string,
  port: number,
  locations: Locations,
): string | null {
  const atNode = locations.nodeAt(ip) >= 0;
  const found = services.find(({ spec, status }) => {
    if (atNode && spec.ports?.some(({ nodePort }) => nodePort === port)) return true;
    const ingress = (status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip);
    const addresses = [spec.clusterIP, ...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? []), ...ingress];
    return addresses.includes(ip) && spec.ports?.some((own) => own.port === port);
  });
  return found === undefined ? null : keyOf(found);
}

/** By which of a service's addresses somebody outside would come. */
export function usualDoor({ type, externalIPs = [] }: ServiceObject['spec']): NonNullable<ServiceQuestion['via']> {
  if (type === 'LoadBalancer') return 'loadBalancer';
  if (type === 'NodePort') return 'nodePort';
  return externalIPs.length > 0 ? 'externalIP' : 'clusterIP';
}
