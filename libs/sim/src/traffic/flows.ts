/**
 * From who and where to a flow: addresses, source, timeouts.
 *
 * Models: how a client, a pod or a process of a node addresses a service or an address; which source it gets.
 * Source: routing picks the source of a node's own packets; `trace.ts` for the addresses of a service.
 * Simplified: names are resolved when the flow is built, without DNS caches.
 * Who could tell: someone who measures DNS.
 */
import { formatHostPort, type Ip, ipFromValue, parseIp } from '../netfilter/address.js';
import type { AddressBook } from '../netfilter/address-book.js';
import type { IpFamily, Protocol, ServiceObject } from '../objects.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { Client, Destination, Nanos, Origin, Scenario, Traffic } from '../scenario.js';
import type { Attempts } from './attempts.js';
import { type Flow, NO_FLOW } from './connection.js';
import {
  chosenSource,
  type DestinationWorld,
  familiesOf,
  type Place,
  type Places,
  serviceAddresses,
  serviceAt,
} from './destinations.js';
import { retriesOf } from './retries.js';
import { TRANSPORTS, type Transport } from './transport.js';

export interface FlowWorld extends DestinationWorld {
  scenario: Scenario;
  addresses: AddressBook;
  dictionaries: DictionaryBuilder;
  services(): readonly ServiceObject[];
}

/** What is asked, and how patiently. */
export interface FlowRequest {
  protocol: Protocol;
  path: string;
  connectTimeoutNs: Nanos | null;
  requestTimeoutNs: Nanos | null;
  /** All requests of a source address leave by one socket. */
  reuseSocket: boolean;
  ports?: number | null;
  atOnce?: Traffic['atOnce'];
  outOfWindow?: number;
  keepAlive?: Traffic['keepAlive'];
  retries?: Traffic['retries'];
}

/** `net.ipv4.ip_local_port_range`. */
export const EPHEMERAL_PORTS = { from: 32_768, count: 28_232 };

/** A name that has been looked up. */
export interface Resolved {
  /** Of the service that it means. */
  service: string;
  places: readonly Place[];
}

/** Requests of one kind. Where they cannot be sent, the flow says why; it has rows all the same. */
export function flowTo(
  world: FlowWorld,
  key: number,
  from: Origin,
  to: Destination | Resolved,
  request: FlowRequest,
): Flow {
  const { protocol, connectTimeoutNs, requestTimeoutNs } = request;
  const transport = TRANSPORTS[protocol];
  const method = transport.hasStatus ? 'GET' : '';
  const base: Flow = {
    ...NO_FLOW,
    key,
    transport,
    origin: 'client' in from ? 'client' : 'pod' in from ? 'pod' : 'node',
    connectTimeoutNs: transport.handshakes === 0 ? Infinity : (connectTimeoutNs ?? Infinity),
    requestTimeoutNs: requestTimeoutNs ?? transport.answerTimeoutNs,
    path: request.path,
    socketPort: request.reuseSocket ? EPHEMERAL_PORTS.from + ((key >>> 0) % EPHEMERAL_PORTS.count) : 0,
    ports: request.ports ?? 0,
    races: request.atOnce === 2,
    outOfWindow: request.outOfWindow ?? 0,
    keepAlive: request.keepAlive ? { ...request.keepAlive, requests: request.keepAlive.requests ?? Infinity } : null,
    retries: request.retries ? retriesOf(request.retries) : null,
    unrecorded: false,
  };
  const places = placesOf(world, from, to, protocol);
  const service = 'service' in to ? to.service : serviceAt(world.services(), to.ip, to.port, protocol, world.locations);
  const label = 'service' in to ? to.service : formatHostPort(to.ip, to.port);
  const found = typeof places === 'string' || 'outside' in places ? [] : places;
  const destinations = found.map(({ ip, port }) => ({
    address: world.addresses.idOf(ip),
    port,
    target: world.dictionaries.target(formatHostPort(ip, port), service, method, protocol),
  }));
  const origin = originOf(world, from, parseIp(found[0]?.ip ?? '0.0.0.0') as Ip, transport);
  const problem = typeof origin === 'string' ? origin : noPlace(label, places);
  if (typeof origin === 'string' || problem !== null) {
    const name = nameOf(from);
    return {
      ...base,
      ...(typeof origin === 'string'
        ? { client: name, sources: [world.addresses.idOf('0.0.0.0')], clientIds: [world.dictionaries.client(name, '')] }
        : origin),
      destinations: [
        {
          address: world.addresses.idOf('0.0.0.0'),
          port: 0,
          target: world.dictionaries.target(label, service, method, protocol),
        },
      ],
      problem,
      isSenderGone: 'pod' in from && !runs(world, from.pod),
    };
  }
  return { ...base, ...origin, destinations };
}

function runs({ locations }: FlowWorld, pod: string): boolean {
  return locations.hostsNamed(pod).some(({ state, node }) => state === 'running' && locations.nodes[node]?.alive);
}

type FlowOrigin = Pick<Flow, 'origin' | 'node' | 'interface' | 'client' | 'attempts' | 'sources' | 'clientIds'>;

function originOf(world: FlowWorld, from: Origin, destination: Ip, transport: Transport): FlowOrigin | string {
  if ('client' in from) {
    const client = world.scenario.clients.find(({ name }) => name === from.client);
    if (client === undefined) return `there is no client ${from.client}`;
    const ips = addressesOf(client, destination.family);
    if (ips.length === 0) return `client ${client.name} has no ${destination.family} address`;
    return origin(world, 'client', -1, null, client.name, transport.attempts(client.kernel), ips);
  }
  if ('node' in from) {
    const place = world.locations.nodes[world.locations.nodeIndex(from.node)];
    if (place === undefined) return `there is no node ${from.node}`;
    const source = chosenSource(place.context, destination);
    if (source === null) return `node ${from.node} has no ${destination.family} address`;
    return origin(world, 'node', place.index, null, from.node, attemptsOn(world, from.node, transport), [source]);
  }
  const hosts = world.locations.hostsNamed(from.pod).filter(({ state }) => state === 'running');
  const host = hosts.find(({ ip }) => parseIp(ip)?.family === destination.family);
  if (host === undefined)
    return hosts.length === 0
      ? `pod ${from.pod} is not running`
      : `pod ${from.pod} has no ${destination.family} address`;
  const node = world.locations.nodes[host.node];
  if (!node?.alive) return `pod ${from.pod} is on no node`;
  const attempts = attemptsOn(world, node.name, transport);
  const own = parseIp(host.ip) as Ip;
  if (!host.hostNetwork)
    return origin(world, 'pod', host.node, world.locations.podInterface(host), from.pod, attempts, [own]);
  return origin(world, 'node', host.node, null, from.pod, attempts, [chosenSource(node.context, destination) ?? own]);
}

function origin(
  world: FlowWorld,
  kind: Flow['origin'],
  node: number,
  inInterface: string | null,
  client: string,
  attempts: Attempts,
  ips: Ip[],
): FlowOrigin {
  return {
    origin: kind,
    node,
    interface: inInterface,
    client,
    attempts,
    sources: ips.map((ip) => world.addresses.idOfIp(ip)),
    clientIds: ips.map(({ text }) => world.dictionaries.client(client, text)),
  };
}

function placesOf(world: FlowWorld, from: Origin, to: Destination | Resolved, protocol: Protocol): Places {
  if ('places' in to) return to.places;
  if (!('service' in to)) return [{ ip: (parseIp(to.ip) as Ip).text, port: to.port }];
  const families = familiesOf(from, world.scenario.clients, world.locations);
  return serviceAddresses(world, to.service, to, { protocol, families, outside: 'client' in from });
}

/** Null where there is one. */
function noPlace(label: string, places: Places): string | null {
  if (typeof places === 'string') return `${label}: ${places}`;
  return 'outside' in places ? outsideTheModel(label, places.outside) : null;
}

export function outsideTheModel(name: string, outside: string): string {
  return `${name} stands for ${outside}, which is outside the cluster: the model does not know what is there`;
}

function addressesOf(client: Client, family: IpFamily): Ip[] {
  const first = client.ips.map(parseIp).find((ip) => ip?.family === family);
  if (!first) return [];
  return Array.from({ length: client.count }, (_, n) => ipFromValue(family, first.value + BigInt(n)));
}

function attemptsOn(world: FlowWorld, node: string, transport: Transport): Attempts {
  return transport.attempts(world.scenario.cluster.nodes[node]?.kernel ?? '');
}

function nameOf(from: Origin): string {
  return 'client' in from ? from.client : 'node' in from ? from.node : from.pod;
}
