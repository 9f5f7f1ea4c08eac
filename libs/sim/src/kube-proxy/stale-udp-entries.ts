/**
 * What a sync deletes from its node's conntrack table once its rules are in force: UDP flows that they would not start.
 *
 * Models: to 1.31 what happened since the last sync decides: endpoints that went, services that got their first one, cluster
 *   IPs that went. Since 1.32 the table is held against the endpoints that serve, at every sync.
 * Source: pkg/proxy/endpoints.go (detectStaleConnections, 1.21 to 1.28), endpointschangetracker.go (1.29 to 1.31),
 *   iptables/proxier.go (deleteEndpointConnections), conntrack/cleanup.go (1.28 and later); pull requests in `versions.ts`.
 * Simplified: 1.32.0 to 1.32.2, which looked at no port, delete as 1.32.3 does.
 * Who could tell: someone with two UDP ports on one service and that patch release.
 *
 * TCP and SCTP are left alone in every version. A Service that is deleted leaves its flows to their timeouts since 1.32.
 */
import { formatHostPort, type Ip, sameIp } from '../netfilter/address.js';
import type { Connection, ConnectionTable } from '../netfilter/conntrack.js';
import type { IpFamily } from '../objects.js';
import { type EndpointInfo, isLocalTo } from './endpoint-map.js';
import type { ProxyNode, ProxyView } from './proxy-node.js';
import type { ServicePortInfo } from './service-map.js';
import type { ProxyBehaviour } from './versions.js';

/** `before`: what the rules before were made from; null: there were none. */
export function deleteStaleUdpEntries(table: ConnectionTable, before: ProxyView | null, after: ProxyView): void {
  const { behaviour, ipFamily } = after.node;
  const services = [...after.services.values()].filter(isUdp);
  const isStale =
    behaviour.staleUdpEntries === 'notServing'
      ? leadsNowhere(services, after, behaviour)
      : byEvents(services, before, after);
  table.removeWhere((entry) => isOfFamily(entry, ipFamily) && isStale(entry));
}

/** Mode userspace, where rules lead to sockets: only what a UDP service port has left at its cluster IP. */
export function deleteEntriesOfClosedServices(
  table: ConnectionTable,
  before: ProxyView | null,
  after: ProxyView,
): void {
  for (const info of before?.services.values() ?? []) {
    if (!isUdp(info) || after.services.has(info.key)) continue;
    const isStale = to(info.clusterIP);
    table.removeWhere((entry) => isOfFamily(entry, after.node.ipFamily) && isStale(entry));
  }
}

type Judgement = (entry: Connection) => boolean;

const isUdp = ({ protocol }: ServicePortInfo): boolean => protocol === 'UDP';

function isOfFamily({ original }: Connection, family: IpFamily): boolean {
  return original.protocol === 'UDP' && original.destination.family === family;
}

/** Since 1.32: entries to a service that do not lead to one of its serving endpoints, translated or not. */
function leadsNowhere(
  services: readonly ServicePortInfo[],
  { endpoints }: ProxyView,
  behaviour: ProxyBehaviour,
): Judgement {
  const { comparesEndpointPorts: byPort, cleansWithoutEndpoints } = behaviour;
  const place = (ip: Ip, port: number): string => (byPort ? formatHostPort(ip.text, port) : ip.text);
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<number, ReadonlySet<string>>();
  for (const info of services) {
    const serving = (endpoints.get(info.key) ?? []).filter((endpoint) => endpoint.serving);
    if (serving.length === 0 && !cleansWithoutEndpoints) continue;
    const places = new Set(serving.map(({ ip, port }) => place(ip, port)));
    for (const ip of addressesOf(info)) byAddress.set(formatHostPort(ip.text, info.port), places);
    // Anything that goes to this port of whatever machine would be meant.
    if (info.nodePort !== 0 && serving.length > 0) byNodePort.set(info.nodePort, places);
  }
  return ({ original, reply }) => {
    const to = place(reply.source, reply.sourcePort);
    const asked = byAddress.get(formatHostPort(original.destination.text, original.destinationPort));
    if (asked !== undefined && !asked.has(to)) return true;
    return byNodePort.get(original.destinationPort)?.has(to) === false;
  };
}

/** To 1.31. */
function byEvents(services: readonly ServicePortInfo[], before: ProxyView | null, after: ProxyView): Judgement {
  const { behaviour } = after.node;
  const judgements: Judgement[] = [];
  for (const info of before?.services.values() ?? [])
    if (isUdp(info) && !after.services.has(info.key)) judgements.push(to(info.clusterIP));
  for (const info of services) {
    const [was, is] = [before?.endpoints.get(info.key) ?? [], after.endpoints.get(info.key) ?? []];
    if (was === is) continue;
    for (const { ip } of was.filter((endpoint) => hasGone(endpoint, is, after.node))) {
      for (const address of addressesOf(info)) judgements.push(to(address, ip));
      if (info.nodePort !== 0) judgements.push(toPort(info.nodePort, ip));
    }
    const counts = countedIn(behaviour);
    if (was.some(counts) || !is.some(counts)) continue;
    const { clusterIP, externalIPs, loadBalancerVIPs } = info;
    const vips = behaviour.cleansLoadBalancerEntries ? loadBalancerVIPs : [];
    for (const address of [clusterIP, ...externalIPs, ...vips]) judgements.push(to(address));
    if (info.nodePort !== 0) judgements.push(toPort(info.nodePort));
  }
  return (entry) => judgements.some((isStale) => isStale(entry));
}

function addressesOf({ clusterIP, externalIPs, loadBalancerVIPs }: ServicePortInfo): Ip[] {
  return [clusterIP, ...externalIPs, ...loadBalancerVIPs];
}

/** Whether flows to the endpoint count as stale. */
function hasGone(endpoint: EndpointInfo, now: readonly EndpointInfo[], { name, behaviour }: ProxyNode): boolean {
  const same = now.find(({ endpoint: text }) => text === endpoint.endpoint);
  const stays = same !== undefined && isLocalTo(name, same) === isLocalTo(name, endpoint);
  switch (behaviour.staleUdpEntries) {
    case 'gone':
      return !stays;
    case 'unready':
      return endpoint.ready && !(stays && same.ready);
    default:
      return endpoint.serving && same === undefined;
  }
}

/** Endpoints that make a service one that has some. */
function countedIn({ staleUdpEntries }: ProxyBehaviour): (endpoint: EndpointInfo) => boolean {
  if (staleUdpEntries === 'gone') return () => true;
  return staleUdpEntries === 'unready' ? ({ ready }) => ready : ({ serving }) => serving;
}

/** At whatever port; `endpoint`: of those, what was translated to it. */
function to(address: Ip, endpoint?: Ip): Judgement {
  return ({ original, reply }) =>
    sameIp(original.destination, address) && (endpoint === undefined || sameIp(reply.source, endpoint));
}

/** At whatever address. */
function toPort(port: number, endpoint?: Ip): Judgement {
  return ({ original, reply }) =>
    original.destinationPort === port && (endpoint === undefined || sameIp(reply.source, endpoint));
}
