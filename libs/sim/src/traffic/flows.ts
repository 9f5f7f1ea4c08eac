/**
 * From who and where to a flow: addresses, source, timeouts.
 *
 * Models: how a client, a pod or a process of a node addresses a service or an address; which source it gets.
 * Source: routing picks the source of a node's own packets; `trace.ts` for the addresses of a service.
 * Simplified: names are resolved when the flow is built, without DNS caches.
 * Who could tell: someone who measures DNS.
 */
import { type Ip, ipFromValue, parseIp } from '../netfilter/address.js';
import type { AddressBook } from '../netfilter/address-book.js';
import type { ServiceObject } from '../objects.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { Client, Destination, Nanos, Origin, Scenario } from '../scenario.js';
import { type Flow, NO_FLOW } from './connection.js';
import {
  chosenSource,
  type DestinationWorld,
  type Place,
  type Places,
  serviceAddresses,
  serviceAt,
} from './destinations.js';
import { type SynSchedule, synSchedule } from './syn.js';

export interface FlowWorld extends DestinationWorld {
  scenario: Scenario;
  addresses: AddressBook;
  dictionaries: DictionaryBuilder;
  services(): readonly ServiceObject[];
}

const METHOD = 'GET';

export interface FlowTimeouts {
  connectTimeoutNs: Nanos | null;
  requestTimeoutNs: Nanos | null;
}

/** A name that has been looked up. */
export interface Resolved {
  /** Of the service that it means. */
  service: string;
  places: readonly Place[];
}

/** GET requests for a path. Where they cannot be sent, the flow says why; it has rows all the same. */
export function flowTo(
  world: FlowWorld,
  key: number,
  from: Origin,
  to: Destination | Resolved,
  path: string,
  timeouts: FlowTimeouts,
): Flow {
  const base: Flow = {
    ...NO_FLOW,
    key,
    origin: 'client' in from ? 'client' : 'pod' in from ? 'pod' : 'node',
    connectTimeoutNs: timeouts.connectTimeoutNs ?? Infinity,
    requestTimeoutNs: timeouts.requestTimeoutNs ?? Infinity,
    path,
    unrecorded: false,
  };
  const places = placesOf(world, from, to);
  const service = 'service' in to ? to.service : serviceAt(world.services(), to.ip, to.port, world.locations);
  const label = 'service' in to ? to.service : `${to.ip}:${to.port}`;
  const found = typeof places === 'string' || 'outside' in places ? [] : places;
  const destinations = found.map(({ ip, port }) => ({
    address: world.addresses.idOf(ip),
    port,
    target: world.dictionaries.target(`${ip.includes(':') ? `[${ip}]` : ip}:${port}`, service, METHOD),
  }));
  const origin = originOf(world, from, parseIp(found[0]?.ip ?? '0.0.0.0') as Ip);
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
          target: world.dictionaries.target(label, service, METHOD),
        },
      ],
      problem,
    };
  }
  return { ...base, ...origin, destinations };
}

type FlowOrigin = Pick<Flow, 'origin' | 'node' | 'interface' | 'client' | 'syn' | 'sources' | 'clientIds'>;

function originOf(world: FlowWorld, from: Origin, destination: Ip): FlowOrigin | string {
  if ('client' in from) {
    const client = world.scenario.clients.find(({ name }) => name === from.client);
    if (client === undefined) return `there is no client ${from.client}`;
    const ips = addressesOf(client);
    return origin(world, 'client', -1, null, client.name, synSchedule(client.kernel), ips);
  }
  if ('node' in from) {
    const place = world.locations.nodes[world.locations.nodeIndex(from.node)];
    if (place === undefined) return `there is no node ${from.node}`;
    const source = chosenSource(place.context, destination);
    if (source === null) return `node ${from.node} has no ${destination.family} address`;
    return origin(world, 'node', place.index, null, from.node, kernelOf(world, from.node), [source]);
  }
  const hosts = world.locations.hostsNamed(from.pod).filter(({ state }) => state === 'running');
  const host = hosts.find(({ ip }) => parseIp(ip)?.family === destination.family);
  if (host === undefined)
    return hosts.length === 0
      ? `pod ${from.pod} is not running`
      : `pod ${from.pod} has no ${destination.family} address`;
  const node = world.locations.nodes[host.node];
  if (!node?.alive) return `pod ${from.pod} is on no node`;
  const syn = kernelOf(world, node.name);
  const own = parseIp(host.ip) as Ip;
  if (!host.hostNetwork)
    return origin(world, 'pod', host.node, world.locations.podInterface(host), from.pod, syn, [own]);
  return origin(world, 'node', host.node, null, from.pod, syn, [chosenSource(node.context, destination) ?? own]);
}

function origin(
  world: FlowWorld,
  kind: Flow['origin'],
  node: number,
  inInterface: string | null,
  client: string,
  syn: SynSchedule,
  ips: Ip[],
): FlowOrigin {
  return {
    origin: kind,
    node,
    interface: inInterface,
    client,
    syn,
    sources: ips.map((ip) => world.addresses.idOfIp(ip)),
    clientIds: ips.map(({ text }) => world.dictionaries.client(client, text)),
  };
}

function placesOf(world: FlowWorld, from: Origin, to: Destination | Resolved): Places {
  if ('places' in to) return to.places;
  if (!('service' in to)) return [{ ip: (parseIp(to.ip) as Ip).text, port: to.port }];
  return serviceAddresses(world, to.service, to, 'client' in from);
}

/** Null where there is one. */
function noPlace(label: string, places: Places): string | null {
  if (typeof places === 'string') return `${label}: ${places}`;
  return 'outside' in places ? outsideTheModel(label, places.outside) : null;
}

export function outsideTheModel(name: string, outside: string): string {
  return `${name} stands for ${outside}, which is outside the cluster: the model does not know what is there`;
}

function addressesOf(client: Client): Ip[] {
  const first = parseIp(client.ip) as Ip;
  return Array.from({ length: client.count }, (_, n) => ipFromValue(first.family, first.value + BigInt(n)));
}

function kernelOf(world: FlowWorld, node: string): SynSchedule {
  return synSchedule(world.scenario.cluster.nodes[node]?.kernel ?? '');
}

function nameOf(from: Origin): string {
  return 'client' in from ? from.client : 'node' in from ? from.node : from.pod;
}
