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
import type { OrderedMap } from './ordered-map.js';
import { isEqual } from './plain-equality.js';
import { Remembered } from './remembered.js';
import { hostPort, isHiddenFromProxy, type ReadingContext, servicePortKey, settingsText } from './service-map.js';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const HOSTNAME_LABEL = 'kubernetes.io/hostname';

export interface EndpointInfo {
  readonly ip: Ip;
  readonly port: number;
  /** `ip:port`, an IPv6 address in brackets. */
  readonly endpoint: string;
  /** Where it is; empty where nothing says. */
  readonly nodeName: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  /** What topologyKeys are compared with; empty unless gate ServiceTopology is on. */
  readonly topology: Labels;
}

/** By the `key` of the service port, each list ordered by the text of `endpoint`. */
export type EndpointMap = OrderedMap<readonly EndpointInfo[]>;

/** `namespace/name` of the Service that a slice belongs to; null where kube-proxy ignores the slice. */
export function serviceOfSlice(slice: EndpointSliceObject): string | null {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  if (name === undefined || name === '' || isHiddenFromProxy(slice.metadata.labels)) return null;
  return `${slice.metadata.namespace ?? 'default'}/${name}`;
}

/** The endpoints of one Service, by service port. */
type EndpointLists = ReadonlyMap<string, readonly EndpointInfo[]>;

/** Every node that has the same settings reads the same, unless the same address is there twice. */
interface Reading {
  readonly lists: EndpointLists;
  readonly hasDuplicates: boolean;
}

const readings = new Remembered<Reading>();

/**
 * Merges the slices of one Service, in the order of their names; kube-proxy runs on the node `nodeName`. What says the same
 * as in `before` is the same object.
 */
export function readEndpointSlices(
  service: string,
  slices: readonly EndpointSliceObject[],
  nodeName: string,
  context: ReadingContext,
  before: { get(key: string): readonly EndpointInfo[] | undefined } = new Map(),
): EndpointLists {
  const newest = slices.at(-1);
  if (newest === undefined) return new Map();
  const read = (where: string): Reading =>
    readings.get(newest, [settingsText(context), where, ...slices], () => {
      const reading = mergeSlices(service, slices, where, context);
      return {
        ...reading,
        lists: new Map([...reading.lists].map(([key, list]) => [key, asBefore(list, before.get(key))])),
      };
    });
  const anywhere = read('');
  const differs = anywhere.hasDuplicates && context.behaviour.duplicateEndpoints === 'preferLocal';
  return (differs ? read(nodeName) : anywhere).lists;
}

function mergeSlices(
  service: string,
  slices: readonly EndpointSliceObject[],
  nodeName: string,
  context: ReadingContext,
): Reading {
  const byPort = new Map<string, Map<string, EndpointInfo>>();
  let hasDuplicates = false;
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
        const endpoint = readEndpoint(object, port, context);
        if (endpoint === null) continue;
        const known = endpoints.get(endpoint.endpoint);
        if (known !== undefined) hasDuplicates = true;
        if (known === undefined || replaces(endpoint, known, nodeName, context)) {
          endpoints.set(endpoint.endpoint, endpoint);
        }
      }
    }
  }
  const lists = new Map<string, readonly EndpointInfo[]>();
  for (const [key, endpoints] of byPort) {
    if (endpoints.size > 0) lists.set(key, [...endpoints.values()].sort(byText));
  }
  return { lists, hasDuplicates };
}

/** The list with the endpoints of `before` that say the same; `before` itself where all do. */
function asBefore(list: readonly EndpointInfo[], before: readonly EndpointInfo[] | undefined): readonly EndpointInfo[] {
  if (before === undefined) return list;
  const known = new Map(before.map((endpoint) => [endpoint.endpoint, endpoint]));
  const same = list.map((endpoint) => {
    const other = known.get(endpoint.endpoint);
    return other !== undefined && isEqual(other, endpoint) ? other : endpoint;
  });
  const nothingChanged = same.length === before.length && same.every((endpoint, place) => endpoint === before[place]);
  return nothingChanged ? before : same;
}

function readEndpoint(
  object: EndpointObject,
  port: number,
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
    nodeName: object.nodeName ?? '',
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

function replaces(next: EndpointInfo, known: EndpointInfo, nodeName: string, { behaviour }: ReadingContext): boolean {
  if (behaviour.duplicateEndpoints === 'preferLocal') return isLocalTo(nodeName, next);
  return known.terminating && !next.terminating;
}

function byText(a: EndpointInfo, b: EndpointInfo): number {
  return a.endpoint < b.endpoint ? -1 : 1;
}

export function isLocalTo(nodeName: string, endpoint: EndpointInfo): boolean {
  return nodeName !== '' && endpoint.nodeName === nodeName;
}

/** How many addresses on the node have a ready endpoint of the Service (`namespace/name`): what its health check tells. */
export function localReadyEndpoints(nodeName: string, service: string, endpoints: EndpointMap): number {
  const addresses = new Set<string>();
  for (const list of endpoints.within(`${service}:`)) {
    for (const endpoint of list) {
      if (endpoint.ready && isLocalTo(nodeName, endpoint)) addresses.add(endpoint.ip.text);
    }
  }
  return addresses.size;
}
