/** Which address stands for a service, and which source a node's own packets get. */
import type { Locations } from '../cluster/locations.js';
import { type Ip, parseIp } from '../netfilter/address.js';
import type { NodeContext } from '../netfilter/packet.js';
import { type IpFamily, keyOf, type Protocol, type ServiceObject, type ServicePort } from '../objects.js';
import type { Client, Origin, WayIn } from '../scenario.js';
import {
  behindNames,
  isHeadless,
  type NamedEndpoint,
  type NameWorld,
  ofOneFamily,
  preferredFamily,
  readyEndpoints,
} from './cluster-names.js';

/** The source that a process of the node gets for a destination: routing picks it before any rule is asked. */
export function chosenSource(context: NodeContext, destination: Ip): Ip | null {
  if (context.isLocalAddress(destination)) return destination;
  return context.egress(destination).address;
}

/** Who asks, as far as it decides which address stands for a service. */
export interface Asker {
  protocol: Protocol;
  /** The IP families in which it has an address; empty: not known. */
  families: readonly IpFamily[];
  outside: boolean;
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
export function serviceAddresses(world: DestinationWorld, key: string, to: ServiceQuestion, asker: Asker): Places {
  const service = world.service(key);
  if (service === undefined) return 'there is no such service';
  if (to.via === null && service.spec.type === 'ExternalName') {
    return asker.outside ? ONLY_INSIDE : behindName(world, key, service, to, asker);
  }
  if (to.via === 'endpoint') return endpointPlaces(world, key, service, to, asker);
  if (to.via === null && isHeadless(service)) {
    return asker.outside ? `it is headless, and ${ONLY_INSIDE}` : namePlaces(world, key, service, to, asker);
  }
  const port = portOf(service, to.port, asker.protocol);
  if (typeof port === 'string') return port;
  const via = to.via ?? (asker.outside ? usualDoor(service.spec) : 'clusterIP');
  return via === 'nodePort'
    ? nodePlaces(service, port, to, asker, world.locations)
    : virtualPlace(service, port, to, asker, via, world.locations);
}

const ONLY_INSIDE = 'nobody outside the cluster can look its name up';

function behindName(
  world: DestinationWorld,
  key: string,
  { spec }: ServiceObject,
  to: ServiceQuestion,
  asker: Asker,
): Places {
  const end = behindNames(world, key);
  if (end.kind === 'nowhere') return end.why;
  if (end.kind === 'outside') return { outside: end.name };
  const port = to.port ?? spec.ports?.[0]?.port ?? null;
  return serviceAddresses(world, end.key, { ...to, port }, asker);
}

/** What the name of a headless service means, at the port that is asked for: no rule changes it. A name of a port is its SRV record. */
function namePlaces(
  world: DestinationWorld,
  key: string,
  service: ServiceObject,
  to: ServiceQuestion,
  asker: Asker,
): Places {
  if (typeof to.port === 'string') return endpointPlaces(world, key, service, to, asker);
  const found = portOf(service, to.port, asker.protocol);
  const own = typeof found === 'string' ? undefined : found;
  const port = to.port ?? own?.port;
  if (port === undefined) return 'it has no ports';
  const endpoints = endpointsOf(world, key, service, to, asker);
  if (typeof endpoints === 'string') return endpoints;
  return endpoints.map(({ ip, ports }) => {
    const target = own === undefined ? undefined : ports.get(own.name ?? '');
    const note = `no rule translates the port of a headless service: the pod is asked on ${port}, its targetPort is ${target}`;
    return { ip: ip.text, port, ...(target === undefined || target === port ? {} : { note }) };
  });
}

function endpointPlaces(
  world: DestinationWorld,
  key: string,
  service: ServiceObject,
  to: ServiceQuestion,
  asker: Asker,
): Places {
  const port = portOf(service, to.port, asker.protocol);
  if (typeof port === 'string') return port;
  const endpoints = endpointsOf(world, key, service, to, asker);
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
  { families }: Asker,
): NamedEndpoint[] | string {
  const wanted = to.ip === null ? null : parseIp(to.ip)?.text;
  const all = readyEndpoints(world, key).filter(({ ip }) => wanted === null || ip.text === wanted);
  const found = ofOneFamily(all, service, to.ipFamily, families);
  return found.length > 0 ? found : `no endpoint of it is ready${to.ip === null ? '' : ` at ${to.ip}`}`;
}

/** One of the protocol where there is one: a packet of another one may be sent to a port all the same. */
function portOf({ spec }: ServiceObject, asked: number | string | null, protocol: Protocol): ServicePort | string {
  const ports = spec.ports ?? [];
  const meant = asked === null ? ports : ports.filter(({ name, port }) => port === asked || name === asked);
  const port = meant.find((each) => (each.protocol ?? 'TCP') === protocol) ?? meant[0];
  return port ?? (asked === null ? 'it has no ports' : `it has no port ${asked}`);
}

function fits(ip: Ip, to: ServiceQuestion): boolean {
  return (to.ip === null || ip.text === parseIp(to.ip)?.text) && (to.ipFamily === null || ip.family === to.ipFamily);
}

function nodePlaces(
  { spec }: ServiceObject,
  { nodePort }: ServicePort,
  to: ServiceQuestion,
  { families }: Asker,
  locations: Locations,
): Places {
  if (!nodePort) return 'it has no node port';
  const nodes = locations.nodes.filter(({ name, alive }) => alive && (to.node === null || name === to.node));
  const family = to.ipFamily ?? preferredFamily(spec, families);
  const places = nodes.flatMap(({ addresses }) => addresses.find((ip) => ip.family === family && fits(ip, to)) ?? []);
  if (places.length > 0) return places.map((ip) => ({ ip: ip.text, port: nodePort }));
  return to.node === null ? 'no node has such an address' : `there is no node ${to.node} with such an address`;
}

function virtualPlace(
  service: ServiceObject,
  { port }: ServicePort,
  to: ServiceQuestion,
  { families }: Asker,
  via: 'clusterIP' | 'loadBalancer' | 'externalIP',
  locations: Locations,
): Places {
  const { spec } = service;
  const all = {
    loadBalancer: ingressAddresses(service, locations),
    externalIP: spec.externalIPs ?? [],
    clusterIP: spec.clusterIPs ?? [spec.clusterIP ?? ''],
  }[via];
  // What is no address (empty, None, or nonsense that was stored so) is none.
  const fitting = all.map(parseIp).filter((address) => address !== null && fits(address, to)) as Ip[];
  const ip = fitting.find(({ family }) => families.includes(family)) ?? fitting[0];
  if (ip !== undefined) return [{ ip: ip.text, port }];
  return `it has no ${via} address${to.ip === null ? '' : ` ${to.ip}`}`;
}

/** Those in its status, and those that names in it stand for. */
export function ingressAddresses({ status }: ServiceObject, locations: Locations): string[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip, hostname = '' }) => ip ?? locations.addressesNamed(hostname));
}

/** The IP families in which somebody has an address to send from. */
export function familiesOf(from: Origin, clients: readonly Client[], locations: Locations): IpFamily[] {
  const texts =
    'client' in from
      ? (clients.find(({ name }) => name === from.client)?.ips ?? [])
      : 'pod' in from
        ? locations.hostsNamed(from.pod).map(({ ip }) => ip)
        : (locations.nodes[locations.nodeIndex(from.node)]?.addresses ?? []).map(({ text }) => text);
  return [...new Set(texts.flatMap((text) => parseIp(text)?.family ?? []))];
}

/** `namespace/name` of the service that is met at an address; null: none is. */
export function serviceAt(
  services: readonly ServiceObject[],
  ip: string,
  wanted: number,
  protocol: Protocol,
  locations: Locations,
): string | null {
  const atNode = locations.nodeAt(ip) >= 0;
  const found = services.find((service) => {
    const { spec } = service;
    const ports = (spec.ports ?? []).filter((port) => (port.protocol ?? 'TCP') === protocol);
    if (atNode && ports.some(({ nodePort }) => nodePort === wanted)) return true;
    const ingress = ingressAddresses(service, locations);
    const addresses = [spec.clusterIP, ...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? []), ...ingress];
    return addresses.includes(ip) && ports.some(({ port }) => port === wanted);
  });
  return found === undefined ? null : keyOf(found);
}

/** By which of a service's addresses somebody outside would come. */
export function usualDoor({ type, externalIPs = [] }: ServiceObject['spec']): Exclude<WayIn, 'endpoint'> {
  if (type === 'LoadBalancer') return 'loadBalancer';
  if (type === 'NodePort') return 'nodePort';
  return externalIPs.length > 0 ? 'externalIP' : 'clusterIP';
}
