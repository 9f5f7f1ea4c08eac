/**
 * Cluster DNS: which service a name means, what an ExternalName leads to, which addresses a headless service has.
 *
 * Models: names of services with the search path of a pod, CNAMEs that lead to another service or out of the cluster,
 *   addresses of ready endpoints (with publishNotReadyAddresses the controller calls all of them ready).
 * Source: kubernetes/dns docs/specification.md; CoreDNS, plugin kubernetes (endpoints without `ready: false` are answered);
 *   pkg/kubelet/network/dns (search path, dnsPolicy).
 * Simplified: the domain is cluster.local; pods have no names of their own; no caches.
 * Who could tell: someone who asks for one pod of a StatefulSet by name, or measures how long an old answer lives.
 */
import { type Ip, parseIp } from '../netfilter/address.js';
import type { EndpointSliceObject, IpFamily, PodObject, ServiceObject } from '../objects.js';

const DOMAIN = 'cluster.local';
const MOST_NAMES = 8;

export interface NameWorld {
  service(key: string): ServiceObject | undefined;
  /** Of the service with that `namespace/name`. */
  endpointSlices(service: string): readonly EndpointSliceObject[];
}

/** Where names end: at a service, outside the cluster, or nowhere. */
export type NameEnd =
  | { kind: 'service'; key: string; service: ServiceObject }
  | { kind: 'outside'; name: string }
  | { kind: 'nowhere'; why: string };

export function isHeadless({ spec }: ServiceObject): boolean {
  return spec.type !== 'ExternalName' && (spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None');
}

/**
 * `namespace/name` of the service that a host name could mean; null: none. A pod of `namespace` has the search path
 * `<namespace>.svc.cluster.local svc.cluster.local cluster.local`; without one only whole names mean something.
 */
export function serviceNamed(host: string, namespace: string | null): string | null {
  const isWhole = host.endsWith('.');
  const name = (isWhole ? host.slice(0, -1) : host).toLowerCase();
  const searches = !isWhole && namespace !== null;
  const suffix = [`.svc.${DOMAIN}`, ...(searches ? ['.svc', ''] : [])].find((end) => name.endsWith(end));
  if (suffix === undefined) return null;
  const labels = name.slice(0, name.length - suffix.length).split('.');
  if (labels.length === 1 && suffix === '' && labels[0] !== '') return `${namespace}/${labels[0]}`;
  const [service, own] = labels;
  return labels.length === 2 && service !== '' && own !== '' ? `${own}/${service}` : null;
}

/** Follows the CNAMEs of ExternalName services. They are whole names: no search path helps. */
export function behindNames(world: NameWorld, key: string): NameEnd {
  let at = key;
  for (let n = 0; n < MOST_NAMES; n++) {
    const service = world.service(at);
    if (service === undefined) return { kind: 'nowhere', why: `there is no service ${at}` };
    if (service.spec.type !== 'ExternalName') return { kind: 'service', key: at, service };
    const name = (service.spec.externalName ?? '').replace(/\.$/, '');
    const next = serviceNamed(name, null);
    if (next === null) return { kind: 'outside', name };
    at = next;
  }
  return { kind: 'nowhere', why: `the names behind ${key} lead in circles` };
}

/** An address that a headless service's name has, and the ports that its endpoint has, by the name of the service's port. */
export interface NamedEndpoint {
  ip: Ip;
  ports: ReadonlyMap<string, number>;
}

export function readyEndpoints(world: NameWorld, service: string): NamedEndpoint[] {
  const found = new Map<string, NamedEndpoint>();
  for (const { addressType, endpoints, ports = [] } of world.endpointSlices(service)) {
    if (addressType === 'FQDN') continue;
    const named = new Map(ports.map(({ name = '', port = 0 }) => [name, port]));
    for (const { addresses, conditions } of endpoints) {
      if (conditions?.ready === false) continue;
      for (const text of addresses) {
        const ip = parseIp(text);
        if (ip?.family !== addressType) continue;
        const known = found.get(ip.text);
        found.set(ip.text, { ip, ports: known === undefined ? named : new Map([...known.ports, ...named]) });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.ip.text < b.ip.text ? -1 : 1));
}

/** The first of the service's that somebody with addresses of these families can send to. */
export function preferredFamily(spec: ServiceObject['spec'], families: readonly IpFamily[]): IpFamily {
  const offered = spec.ipFamilies ?? ['IPv4'];
  return offered.find((family) => families.includes(family)) ?? offered[0] ?? 'IPv4';
}

/** Of a family: the one that is asked for, else the preferred one, else what there is. */
export function ofOneFamily<T extends { ip: Ip }>(
  all: readonly T[],
  { spec }: ServiceObject,
  asked: IpFamily | null,
  families: readonly IpFamily[],
): T[] {
  const preferred = asked ?? preferredFamily(spec, families);
  const found = all.filter(({ ip }) => ip.family === preferred);
  return found.length > 0 || asked !== null ? found : [...all];
}

/** What cluster DNS answers for the name of a service, of the records that somebody with these families uses; null: it has no address. */
export function lookedUp(
  world: NameWorld,
  key: string,
  families: readonly IpFamily[],
): { service: string; addresses: readonly Ip[] } | { outside: string } | null {
  const end = behindNames(world, key);
  if (end.kind === 'nowhere') return null;
  if (end.kind === 'outside') return { outside: end.name };
  const { clusterIP = '', clusterIPs = [clusterIP] } = end.service.spec;
  const own = clusterIPs.flatMap((text) => parseIp(text) ?? []).map((ip) => ({ ip }));
  const [first] = ofOneFamily(own, end.service, null, families);
  const addresses = isHeadless(end.service)
    ? ofOneFamily(readyEndpoints(world, end.key), end.service, null, families).map(({ ip }) => ip)
    : first === undefined
      ? []
      : [first.ip];
  return addresses.length === 0 ? null : { service: end.key, addresses };
}

/** Whether cluster DNS answers a pod: in the host network only where it asks for that. */
export function asksClusterDns({ spec = {} }: PodObject): boolean {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false } = spec;
  return dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
}
