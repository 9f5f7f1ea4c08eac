/**
 * EndpointSlices as kube-proxy reads them: for each service port of a family its endpoints, in order.
 *
 * Models: which endpoints and ports count, nil conditions, duplicates over slices, the order that rules follow.
 * Source: pkg/proxy/endpointslicecache.go, endpoint.go (endpoints.go before 1.29).
 * Simplified: an address of the wrong family is skipped without kube-proxy's event.
 * Who could tell: someone who looks for the event.
 */
import { type Ip, parseIpLenient } from '../netfilter/address.js';
import type { EndpointObject, EndpointSliceObject, Labels } from '../objects.js';
import { hostPort, isHiddenFromProxy, type ReadingContext, servicePortKey } from './service-map.js';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const HOSTNAME_LABEL = 'kubernetes.io/hostname';

export interface EndpointInfo {
  readonly ip: Ip;
  readonly port: number;
  /** `ip:port`, an IPv6 address in brackets. */
  readonly endpoint: string;
  readonly isLocal: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  /** What topologyKeys are compared with; empty unless gate ServiceTopology is on. */
  readonly topology: Labels;
}

/** By the `key` of the service port, each list ordered by the text of `endpoint`. */
export type EndpointMap = ReadonlyMap<string, readonly EndpointInfo[]>;

/** `namespace/name` of the Service that a slice belongs to; null where kube-proxy ignores the slice. */
export function serviceOfSlice(slice: EndpointSliceObject): string | null {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  if (name === undefined || name === '' || isHiddenFromProxy(slice.metadata.labels)) return null;
  return `${slice.metadata.namespace ?? 'default'}/${name}`;
}

/** Merges the slices of one Service; kube-proxy runs on the node `nodeName`. */
export function readEndpointSlices(
  service: string,
  slices: readonly EndpointSliceObject[],
  nodeName: string,
  context: ReadingContext,
): Map<string, readonly EndpointInfo[]> {
  const byPort = new Map<string, Map<string, EndpointInfo>>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    for (const { name = '', protocol = 'TCP', port } of slice.ports ?? []) {
      if (name === null || port === undefined || port === null || port === 0) continue;
      const key = servicePortKey(service, name, protocol);
      let endpoints = byPort.get(key);
      if (endpoints === undefined) {
        endpoints = new Map();
        byPort.set(key, endpoints);
      }
      for (const object of slice.endpoints) {
        const endpoint = readEndpoint(object, port, nodeName, context);
        if (endpoint === null) continue;
        const known = endpoints.get(endpoint.endpoint);
        if (known === undefined || replaces(endpoint, known, context)) endpoints.set(endpoint.endpoint, endpoint);
      }
    }
  }
  const ordered = new Map<string, readonly EndpointInfo[]>();
  for (const [key, endpoints] of byPort) {
    if (endpoints.size > 0) ordered.set(key, [...endpoints.values()].sort(byText));
  }
  return ordered;
}

function readEndpoint(
  object: EndpointObject,
  port: number,
  nodeName: string,
  { ipFamily, behaviour, gates }: ReadingContext,
): EndpointInfo | null {
  const ip = parseIpLenient(object.addresses[0] ?? '');
  if (ip === null || ip.family !== ipFamily) return null;
  const { ready, serving, terminating } = object.conditions ?? {};
  const usesNodeHints = behaviour.nodeHints && gates.PreferSameTrafficDistribution;
  return {
    ip,
    port,
    endpoint: hostPort(ip, port),
    isLocal: object.nodeName !== undefined && object.nodeName === nodeName,
    ready: ready ?? true,
    serving: serving ?? true,
    terminating: terminating ?? false,
    zoneHints: (object.hints?.forZones ?? []).map((hint) => hint.name),
    nodeHints: usesNodeHints ? (object.hints?.forNodes ?? []).map((hint) => hint.name) : [],
    topology: gates.ServiceTopology ? topologyOf(object) : NO_TOPOLOGY,
  };
}

const NO_TOPOLOGY: Labels = {};

function topologyOf({ deprecatedTopology, nodeName, zone }: EndpointObject): Labels {
  return {
    ...deprecatedTopology,
    ...(nodeName === undefined ? {} : { [HOSTNAME_LABEL]: nodeName }),
    ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
  };
}

function replaces(next: EndpointInfo, known: EndpointInfo, { behaviour }: ReadingContext): boolean {
  if (behaviour.duplicateEndpoints === 'preferLocal') return next.isLocal;
  return known.terminating && !next.terminating;
}

function byText(a: EndpointInfo, b: EndpointInfo): number {
  return a.endpoint < b.endpoint ? -1 : 1;
}

/** Distinct local ready endpoint addresses by `namespace/name`; Services without any are left out. */
export function localReadyEndpoints(endpoints: EndpointMap): Map<string, number> {
  const addresses = new Map<string, Set<string>>();
  for (const [key, list] of endpoints) {
    const service = key.slice(0, key.indexOf(':'));
    for (const { isLocal, ready, ip } of list) {
      if (!isLocal || !ready) continue;
      let known = addresses.get(service);
      if (known === undefined) {
        known = new Set();
        addresses.set(service, known);
      }
      known.add(ip.text);
    }
  }
  return new Map([...addresses].map(([service, known]) => [service, known.size]));
}
