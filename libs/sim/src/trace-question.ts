/** From a question to where its packets start: names looked up, addresses and sources chosen, nonsense refused. */
import type { Host } from './cluster/locations.js';
import { type Ip, parseIp } from './netfilter/address.js';
import type { Entry, NodeContext } from './netfilter/packet.js';
import type { IpFamily } from './objects.js';
import type { SourceKind } from './results/result.js';
import type { Client } from './scenario.js';
import type { PathHop, TraceFrom, TracePacket } from './trace-result.js';
import {
  chosenSource,
  type DestinationWorld,
  familiesOf,
  type Place,
  serviceAddresses,
} from './traffic/destinations.js';

/** Something the caller named does not exist, or makes no sense here. */
export class ModelError extends Error {
  constructor(
    readonly code: string,
    /** JSON pointer into the question. */
    readonly path: string,
    message: string,
    readonly hint: string,
    /** What else is wrong with the same question. */
    readonly others: readonly ModelError[] = [],
  ) {
    super(message);
  }
}

/** Throws ModelError where anything is wrong, with all of it. */
export function refuse([first, ...others]: readonly ModelError[]): void {
  if (first === undefined) return;
  throw new ModelError(first.code, first.path, first.message, first.hint, others);
}

export interface QuestionWorld extends DestinationWorld {
  readonly clients: readonly Client[];
  /** A node that has been there, with the addresses that its rules in force bring along. */
  context(node: number, ipFamily: IpFamily): NodeContext;
  /** Names of all. */
  services(): string[];
}

/** A packet as it sets out. */
export interface Departure {
  source: Ip;
  /** A pod in the host network has its node's address. */
  sourceKind: SourceKind;
  destination: Ip;
  port: number;
  /** Each of several destinations is as likely as the others. */
  probability: number;
  /** Who sends it, where that is a station of its own: not for a process of a node. */
  sender: Pick<PathHop, 'kind' | 'name'> | null;
  /** Index of the sender's node; -1: outside the cluster. */
  originNode: number;
  /** The node that it meets first, and how; null: it comes from outside to whoever has the destination. */
  at: { node: number; entry: Entry; inInterface: string | null } | null;
  /** What somebody should know who is surprised by what comes of it. */
  note: string | null;
}

/** Throws ModelError. */
export function departures(world: QuestionWorld, packet: TracePacket): Departure[] {
  const { from, to } = packet;
  const places = placesOf(world, packet);
  if ('outside' in places) return [];
  return places.map(({ ip: text, port, note = null }) => {
    const destination = address(text, to.kind === 'address' ? '/packet/to/ip' : '/packet/to');
    return { ...start(world, from, destination), destination, port, probability: 1 / places.length, note };
  });
}

/** Where a name leads out of the cluster: who sends, and the name and port that it asks for; null for all other packets. */
export function leavesCluster(
  world: QuestionWorld,
  packet: TracePacket,
): { sender: Departure['sender']; source: Ip; name: string; port: number | null } | null {
  const { from, to } = packet;
  const places = placesOf(world, packet);
  if (!('outside' in places) || to.kind === 'address') return null;
  // Of which family the answer will be nobody knows; most senders have this one.
  const { sender, source } = start(world, from, address('192.0.2.1', '/packet/to'));
  const port = typeof to.port === 'number' ? to.port : (world.service(to.service)?.spec.ports?.[0]?.port ?? null);
  return { sender, source, name: places.outside, port };
}

function sendingFamilies({ clients, locations }: QuestionWorld, from: TraceFrom): readonly IpFamily[] {
  const literal = from.kind === 'packet' || from.kind === 'node' ? parseIp(from.ip ?? '') : null;
  if (literal !== null) return [literal.family];
  if (from.kind === 'client') return familiesOf({ client: from.client }, clients, locations);
  if (from.kind === 'pod') return familiesOf({ pod: from.pod }, clients, locations);
  return from.kind === 'node' ? familiesOf({ node: from.node }, clients, locations) : [];
}

function placesOf(world: QuestionWorld, { from, to, protocol }: TracePacket): readonly Place[] | { outside: string } {
  if (to.kind === 'address') return [to];
  if (world.service(to.service) === undefined)
    refuse([...unknownSender(world, from), unknown('service', to.service, '/packet/to/service', world.services())]);
  const asker = { protocol, families: sendingFamilies(world, from), outside: from.kind === 'client' };
  const places = serviceAddresses(world, to.service, to, asker);
  if (typeof places !== 'string') return places;
  throw new ModelError(
    'no-such-address',
    '/packet/to',
    `service ${to.service}: ${places}`,
    'ask for another `via`, or for an address that the service has',
  );
}

/** The refusal of a sender whom nobody knows, whatever is asked for. */
function unknownSender(world: QuestionWorld, from: TraceFrom): ModelError[] {
  try {
    start(world, from, address('192.0.2.1', '/packet/to'));
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    if (error.code.startsWith('unknown-')) return [error];
  }
  return [];
}

type Start = Pick<Departure, 'source' | 'sourceKind' | 'sender' | 'originNode' | 'at'>;

function start(world: QuestionWorld, from: TraceFrom, destination: Ip): Start {
  const { locations } = world;
  switch (from.kind) {
    case 'client': {
      const client = clientNamed(world, from.client);
      const ips = client.ips.map((ip) => address(ip, '/packet/from/client'));
      const ip = ips.find(({ family }) => family === destination.family) ?? (ips[0] as Ip);
      const source = sameFamily(ip, destination, '/packet/from/client');
      return { source, sourceKind: 'client', sender: { kind: 'client', name: client.name }, originNode: -1, at: null };
    }
    case 'pod':
      return fromPod(world, hostOf(world, from.pod, destination), destination);
    case 'node': {
      const node = nodeNamed(world, from.node, '/packet/from/node');
      const source =
        from.ip === null ? sourceOf(world, node, destination) : ownSource(world, node, from.ip, destination);
      const at = { node, entry: 'local', inInterface: null } as const;
      return { source, sourceKind: 'node', sender: null, originNode: node, at };
    }
    case 'packet': {
      const node = nodeNamed(world, from.enters, '/packet/from/enters');
      const source = sameFamily(address(from.ip, '/packet/from/ip'), destination, '/packet/from/ip');
      const host = locations.hostAt(source.text);
      const originNode = world.context(node, source.family).isLocalAddress(source)
        ? node
        : (host?.node ?? locations.nodeAt(source.text));
      const sourceKind = host !== undefined ? 'pod' : originNode >= 0 ? 'node' : 'client';
      const at = { node, entry: 'arriving', inInterface: from.interface } as const;
      return { source, sourceKind, sender: { kind: 'client', name: source.text }, originNode, at };
    }
  }
}

/** A pod in the host network is as a process of its node. */
function fromPod({ locations, context }: QuestionWorld, host: Host, destination: Ip): Start {
  const { node } = host;
  const own = address(host.ip, '/packet/from/pod');
  const sender = { kind: 'pod', name: host.name } as const;
  if (!host.hostNetwork) {
    const at = { node, entry: 'arriving', inInterface: locations.podInterface(host) } as const;
    return { source: own, sourceKind: 'pod', sender, originNode: node, at };
  }
  const source = chosenSource(context(node, destination.family), destination) ?? own;
  return { source, sourceKind: 'node', sender, originNode: node, at: { node, entry: 'local', inInterface: null } };
}

function clientNamed({ clients }: QuestionWorld, name: string): Client {
  const client = clients.find((known) => known.name === name);
  if (client !== undefined) return client;
  const known = clients.map((each) => each.name);
  throw unknown('client', name, '/packet/from/client', known);
}

function nodeNamed({ locations }: QuestionWorld, name: string, path: string): number {
  const index = locations.nodeIndex(name);
  if (index >= 0) return index;
  const known = locations.nodes.filter(({ alive }) => alive).map((node) => node.name);
  throw unknown('node', name, path, known);
}

function hostOf({ locations }: QuestionWorld, pod: string, destination: Ip): Host {
  const hosts = locations.hostsNamed(pod);
  if (hosts.length === 0) {
    const pods = locations.hosts.filter(({ state, name, ip }) => state !== 'gone' && name !== ip);
    const known = pods.map(({ name }) => name);
    throw unknown('pod', pod, '/packet/from/pod', known);
  }
  const host = hosts.find(({ ip }) => parseIp(ip)?.family === destination.family);
  if (host === undefined)
    throw new ModelError(
      'no-source-address',
      '/packet/from/pod',
      `pod ${pod} has no ${destination.family} address`,
      'ask for an address of the other family',
    );
  if (!locations.nodes[host.node]?.alive)
    throw new ModelError(
      'pod-without-node',
      '/packet/from/pod',
      `pod ${pod} is on no node of the scenario`,
      'give spec.nodeName',
    );
  return host;
}

function sourceOf(world: QuestionWorld, node: number, destination: Ip): Ip {
  const context = world.context(node, destination.family);
  const source = chosenSource(context, destination);
  if (source !== null) return source;
  throw new ModelError(
    'no-source-address',
    '/packet/from/node',
    `node ${context.name} has no ${destination.family} address`,
    'give the node an InternalIP of that family, or `ip`',
  );
}

/** A process can only send from an address of its node. */
function ownSource(world: QuestionWorld, node: number, text: string, destination: Ip): Ip {
  const source = sameFamily(address(text, '/packet/from/ip'), destination, '/packet/from/ip');
  const context = world.context(node, source.family);
  if (context.isLocalAddress(source)) return source;
  throw new ModelError(
    'not-an-own-address',
    '/packet/from/ip',
    `${text} is no address of node ${context.name}`,
    'give one of its addresses, or leave `ip` out; `{"ip": …, "enters": …}` puts any packet on a node',
  );
}

function address(text: string, path: string): Ip {
  const ip = parseIp(text);
  if (ip !== null) return ip;
  throw new ModelError('bad-address', path, `"${text}" is no IP address`, 'write it like 10.0.0.1 or fd00::1');
}

function sameFamily(source: Ip, destination: Ip, path: string): Ip {
  if (source.family === destination.family) return source;
  throw new ModelError(
    'ip-family-mismatch',
    path,
    `${source.text} is ${source.family}, ${destination.text} is ${destination.family}`,
    'a packet has two addresses of one family: ask for the other `ipFamily`, or for another source',
  );
}

/** The refusal of a name; `kind` says what it should have been. */
export function unknown(kind: string, name: string, path: string, known: string[]): ModelError {
  const some = [...new Set(known)].slice(0, 5).join(', ');
  return new ModelError(
    `unknown-${kind}`,
    path,
    `there is no ${kind} "${name}" at that time`,
    some === '' ? 'name one of the scenario' : `there are: ${some}`,
  );
}
