/** Which address stands for a service, and which source a node's own packets get. */
import type { Locations } from '../cluster/locations.js';
import { type Ip, parseIp } from '../netfilter/address.js';
import type { NodeContext } from '../netfilter/packet.js';
import { type IpFamily, keyOf, type ServiceObject, type ServicePort } from '../objects.js';
import type { WayIn } from '../scenario.js';
import {
  behindNames,
  isHeadless,
  type NamedEndpoint,
  type NameWorld,
  ofOneFamily,
  readyEndpoints,
} from './cluster-names.js';

/** The source that a process of the node gets for a destination: routing picks it before any rule is asked. */
export function chosenSource(context: NodeContext, destination: Ip): Ip | null {
  if (context.isLocalAddress(destination)) return destination;
  return context.egress(destination).address;
}

export interface ServiceQuestion {
  port: number | string | null;
  via: WayIn | null;
  node: string | null;
  ipFamily: IpFamily | null;
  ip: string | null;
}

export interface Place {
  ip: string;
  port: number;
  /** What somebody should know who is surprised by what comes of it. */
  note?: string;
}

/** Where to send, each as likely as the others; the name of something outside the cluster; or why there is nowhere. */
export type Places = readonly Place[] | { outside: string } | string;

export interface DestinationWorld extends NameWorld {
  readonly locations: Locations;
}

/** Addresses and ports at which a service can be met that way. `via` null: what such a client would use. */
export function serviceAddresses(
  world: DestinationWorld,
  key: string,
  to: ServiceQuestion,
  fromOutside: boolean,
): Places {
  const service = world.service(key);
  if (service === undefined) return 'there is no such service';
  if (to.via === null && service.spec.type === 'ExternalName') {
    return fromOutside ? ONLY_INSIDE : behindName(world, key, service, to);
  }
  if (to.via === 'endpoint') return endpointPlaces(world, key, service, to);
  if (to.via === null && isHeadless(service)) {
    return fromOutside ? `it is headless, and ${ONLY_INSIDE}` : namePlaces(world, key, service, to);
  }
  const port = portOf(service, to.port);
  if (typeof port === 'string') return port;
  const via = to.via ?? (fromOutside ? usualDoor(service.spec) : 'clusterIP');
  return via === 'nodePort' ? nodePlaces(service, port, to, world.locations) : virtualPlace(service, port, to, via);
}

const ONLY_INSIDE = 'nobody outside the cluster can look its name up';

function behindName(world: DestinationWorld, key: string, { spec }: ServiceObject, to: ServiceQuestion): Places {
  const end = behindNames(world, key);
  if (end.kind === 'nowhere') return end.why;
  if (end.kind === 'outside') return { outside: end.name };
  const port = to.port ?? spec.ports?.[0]?.port ?? null;
  return serviceAddresses(world, end.key, { ...to, port }, false);
}

/** What the name of a headless service means, at the port that is asked for: no rule changes it. A name of a port is its SRV record. */
function namePlaces(world: DestinationWorld, key: string, service: ServiceObject, to: ServiceQuestion): Places {
  if (typeof to.port === 'string') return endpointPlaces(world, key, service, to);
  const own = to.port === null ? service.spec.ports?.[0] : service.spec.ports?.find(({ port }) => port === to.port);
  const port = to.port ?? own?.port;
  if (port === undefined) return 'it has no ports';
  const endpoints = endpointsOf(world, key, service, to);
  if (typeof endpoints === 'string') return endpoints;
  return endpoints.map(({ ip, ports }) => {
    const target = own === undefined ? undefined : ports.get(own.name ?? '');
    const note = `no rule translates the port of a headless service: the pod is asked on ${port}, its targetPort is ${target}`;
    return { ip: ip.text, port, ...(target === undefined || target === port ? {} : { note }) };
  });
}

function endpointPlaces(world: DestinationWorld, key: string, service: ServiceObject, to: ServiceQuestion): Places {
  const port = portOf(service, to.port);
  if (typeof port === 'string') return port;
  const endpoints = endpointsOf(world, key, service, to);
  if (typeof endpoints === 'string') return endpoints;
  const places = endpoints.flatMap(({ ip, ports }) => {
    const own = ports.get(port.name ?? '') ?? 0;
    return own === 0 ? [] : [{ ip: ip.text, port: own }];
  });
  return places.length === 0 ? `none of its ready endpoints has port ${port.name ?? port.port}` : places;
}

function endpointsOf(
  world: DestinationWorld,
  key: string,
  service: ServiceObject,
  to: ServiceQuestion,
): NamedEndpoint[] | string {
  const wanted = to.ip === null ? null : parseIp(to.ip)?.text;
  const all = readyEndpoints(world, key).filter(({ ip }) => wanted === null || ip.text === wanted);
  const found = ofOneFamily(all, service, to.ipFamily);
  return found.length > 0 ? found : `no endpoint of it is ready${to.ip === null ? '' : ` at ${to.ip}`}`;
}

function portOf({ spec }: ServiceObject, asked: number | string | null): ServicePort | string {
  const port =
    asked === null ? spec.ports?.[0] : spec.ports?.find(({ name, port: number }) => number === asked || name === asked);
  return port ?? (asked === null ? 'it has no ports' : `it has no port ${asked}`);
}

function fits(ip: Ip, to: ServiceQuestion): boolean {
  return (to.ip === null || ip.text === parseIp(to.ip)?.text) && (to.ipFamily === null || ip.family === to.ipFamily);
}

function nodePlaces(
  { spec }: ServiceObject,
  { nodePort }: ServicePort,
  to: ServiceQuestion,
  locations: Locations,
): Places {
  if (!nodePort) return 'it has no node port';
  const nodes = locations.nodes.filter(({ name, alive }) => alive && (to.node === null || name === to.node));
  const family = to.ipFamily ?? spec.ipFamilies?.[0] ?? 'IPv4';
  const places = nodes.flatMap(({ addresses }) => addresses.find((ip) => ip.family === family && fits(ip, to)) ?? []);
  if (places.length > 0) return places.map((ip) => ({ ip: ip.text, port: nodePort }));
  return to.node === null ? 'no node has such an address' : `there is no node ${to.node} with such an address`;
}

function virtualPlace(
  { spec, status }: ServiceObject,
  { port }: ServicePort,
  to: ServiceQuestion,
  via: 'clusterIP' | 'loadBalancer' | 'externalIP',
): Places {
  const all = {
    loadBalancer: (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? ''),
    externalIP: spec.externalIPs ?? [],
    clusterIP: spec.clusterIPs ?? [spec.clusterIP ?? ''],
  }[via];
  // What is no address (empty, None, or nonsense that was stored so) is none.
  const ip = all.map(parseIp).find((address) => address !== null && fits(address, to));
  if (ip) return [{ ip: ip.text, port }];
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
export function usualDoor({ type, externalIPs = [] }: ServiceObject['spec']): Exclude<WayIn, 'endpoint'> {
  if (type === 'LoadBalancer') return 'loadBalancer';
  if (type === 'NodePort') return 'nodePort';
  return externalIPs.length > 0 ? 'externalIP' : 'clusterIP';
}
