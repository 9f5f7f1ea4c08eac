/**
 * Where a packet goes after a node's rules have spoken: the decision joined with who is where.
 *
 * Models: delivery over the bridge or to another node, the node's own sockets, load balancers met from inside, the
 *   default route.
 * Source: routing of bridge and routed CNIs; `cluster/locations.ts`.
 * Simplified: what leaves by the default route is never answered, unless it is a load balancer's address.
 * Who could tell: someone whose pods talk to the world.
 */
import type { Host, Locations } from '../cluster/locations.js';
import type { Ip } from '../netfilter/address.js';
import type { AddressId } from '../netfilter/address-book.js';
import { type Choice, SOURCE_KEPT } from '../netfilter/decision.js';
import type { NodeContext } from '../netfilter/packet.js';
import type { Protocol } from '../objects.js';
import { SOURCE_KINDS } from '../results/result.js';
import type { PortEndpoint, PortTuple } from './port-tuples.js';

export const WayKind = { Drop: 0, Reject: 1, Host: 2, Node: 3, Socket: 4, Balancer: 5, Outside: 6 } as const;
export type WayKindCode = (typeof WayKind)[keyof typeof WayKind];

export interface Way {
  kind: WayKindCode;
  choice: Choice;
  /** With Host. */
  host: Host | null;
  /** With Host and Node: where it is; with Socket: here. -1: not known. */
  node: number;
  /** With Host and Node: it has to cross from node to node. */
  crosses: boolean;
  destination: AddressId;
  port: number;
  /** SOURCE_KEPT, SOURCE_UNKNOWN or what the packet's source is from here on. */
  source: AddressId;
  /** Index in SOURCE_KINDS of a changed source. */
  sourceKind: number;
  /** Dictionary id of `choice.reason`; filled in at first use. */
  reason: number;
  /** Of a masquerade, where ports are counted; filled in at first use. */
  portEndpoint: PortEndpoint | null;
  portTuple: PortTuple | null;
}

export interface Crossroads {
  locations: Locations;
  bridgeName: string | null;
  isBalancer(ip: string): boolean;
}

export function wayOf(choice: Choice, node: number, world: Crossroads): Way {
  const way: Way = {
    kind: WayKind.Outside,
    choice,
    host: null,
    node: -1,
    crosses: false,
    destination: choice.address,
    port: choice.port,
    source: choice.source,
    sourceKind: SOURCE_KINDS.indexOf(
      choice.outInterface !== null && choice.outInterface === world.bridgeName ? 'bridge' : 'node',
    ),
    reason: 0,
    portEndpoint: null,
    portTuple: null,
  };
  if (choice.verdict === 'drop') return { ...way, kind: WayKind.Drop };
  if (choice.verdict === 'reject') return { ...way, kind: WayKind.Reject };
  if (choice.verdict === 'local') return { ...way, kind: WayKind.Socket, node };
  const host = world.locations.hostAt(choice.ip);
  if (host !== undefined) return { ...way, kind: WayKind.Host, host, node: host.node, crosses: host.node !== node };
  const other = world.locations.nodeAt(choice.ip);
  if (other >= 0) return { ...way, kind: WayKind.Node, node: other, crosses: true };
  if (world.isBalancer(choice.ip)) return { ...way, kind: WayKind.Balancer };
  return way;
}

/**
 * Whether an endpoint's answer misses the node that translated the destination: it went to another node with its source
 * kept, and the source (on `sourceNode`, -1: outside) is not behind that node either. The client then gets an answer from
 * an address that it never wrote to.
 */
export function answersPast(node: number, way: Pick<Way, 'source' | 'node'>, sourceNode: number): boolean {
  return way.node >= 0 && way.node !== node && way.source === SOURCE_KEPT && sourceNode !== node;
}

/** A load balancer keeps a connection on its node: what that node sends back comes to it again until its TTL is used up. */
export function inCircles(node: string): string {
  return `the load balancer sends it to ${node} again: it goes in circles`;
}

/** More nodes than any way has: a packet that comes so far goes in circles until its TTL is used up. */
export const MOST_NODES = 8;
export const GOES_ROUND = 'nodes send it to one another: it goes in circles';

/**
 * The kernel takes an IPv4 packet from outside that has one of the node's own addresses as source for a martian
 * (fib_validate_source), whatever rp_filter says. IPv6 has no such check.
 */
export function refusesOwnAddress(context: Pick<NodeContext, 'isLocalAddress'>, source: Ip): boolean {
  return source.family === 'IPv4' && context.isLocalAddress(source);
}

export function ownAddress(node: string): string {
  return `${node} takes no packet from outside that comes from its own address`;
}

/** The kernel takes a packet from the loopback's network that comes by another interface for a martian. */
export function loopbackSource(pod: string): string {
  return `${pod} takes no packet from a loopback address`;
}

/** The endpoint answers, but not by the node that would have to put the client's destination back as the source. */
export function answerIsLost(endpoint: string): string {
  return `${endpoint} answers, but past the node that has to undo the translation`;
}

/** The endpoint answers, or would, and the machine is off that has to undo the translation. */
export function wayBackIsOff(endpoint: string, node: string, isThere: boolean): string {
  return `the answer of ${endpoint} comes back by ${node}, which is ${isThere ? 'off' : 'gone'}`;
}

/** The same, where the rules have moved on and conntrack has not. */
export function podIsHeld(pod: string, node: string): string {
  return `${pod} is gone, but conntrack of ${node} holds the client's socket to it`;
}

/** Its object may still be there. */
export function nodeIsOff(node: string): string {
  return `${node} is off`;
}

/** What no rule took when the socket's first datagram came is passed on like it. */
export function leavesAsBefore(node: string): string {
  return `conntrack of ${node} holds the client's socket to the default route, and nobody answered there`;
}

/** Rules still name the address: whoever is to send it there asks for it in vain. */
export function podIsGone(pod: string): string {
  return `${pod} is gone, but rules still name its address`;
}

export function nothingListens(protocol: Protocol, port: number, node: string): string {
  return `nothing listens on ${portText(protocol, port)} of ${node}`;
}

/** As Kubernetes writes ports, without the protocol that nearly all have. */
export function portText(protocol: Protocol, port: number): string {
  return protocol === 'TCP' ? `port ${port}` : `port ${port}/${protocol}`;
}

/** Why a pod that is there refuses a connection; null: it takes it. */
export function refusalBy({ name, state }: Host): string | null {
  if (state === 'starting') return `${name} is starting: nothing listens yet`;
  if (state === 'closing') return `${name} shuts down: it takes no new connection`;
  return state === 'stopped' ? `${name} has stopped: nothing listens any more` : null;
}

/**
 * Mode userspace: from where kube-proxy's socket answers a datagram, if that is not where the datagram came to; else null. A
 * socket on all addresses lets the kernel choose, and conntrack knows no such answer.
 */
export function answersFrom(context: NodeContext, client: Ip, destination: Ip): Ip | null {
  const source = context.isLocalAddress(client) ? client : context.egress(client).address;
  return source === null || source.text === destination.text ? null : source;
}

export function otherAnswer(node: string, source: string, destination: string): string {
  return `the answer goes past the translation: kube-proxy of ${node} answers from ${source}, not from ${destination}`;
}

/** Mode userspace: what its clients meet who are accepted and then not served. */
export function proxyCloses(node: string, service: string, why: string | null): string {
  return `kube-proxy of ${node} accepts the connection and closes it: ${why === null ? `${service} has no ready endpoint` : `no endpoint of ${service} takes it (${why})`}`;
}

export function proxyEnded(node: string): string {
  return `kube-proxy of ${node} ended while it held the connection`;
}

export function proxyDiscards(node: string, service: string, why: string | null): string {
  return `kube-proxy of ${node} takes the datagram and nobody answers: ${why ?? `${service} has no ready endpoint`}`;
}

export function answersWithError(pod: string): string {
  return `${pod} answers with an error of its own`;
}

export function noPortLeft(node: string, address: string, port: number): string {
  return `${node} has no source port left for another masqueraded connection to ${address} port ${port}`;
}

export function portIsRemembered(node: string): string {
  return `IPVS of ${node} remembers another connection from this port, and drops the SYN as it forgets it (conn_reuse_mode=1)`;
}

export function losesRace(node: string): string {
  return `conntrack of ${node} has an entry for the other one of two datagrams that left one socket at once, and drops this one`;
}

export function passesUntranslated(node: string, pod: string): string {
  return `a segment of the answer of ${pod} is invalid for conntrack of ${node}, and passes it untranslated: its receiver resets`;
}

export function hasTooMuchToDo(pod: string): string {
  return `${pod} has more to do than it takes on: its queue is full`;
}

export function endedAtWork(pod: string): string {
  return `${pod} ended before it had answered`;
}

export function endedWhileOpen(pod: string): string {
  return `${pod} ended while the client’s connection to it was open`;
}

/** The client had not heard of it when it sent its request. */
export function closedAsIdle(pod: string): string {
  return `${pod} closed the connection, which had had no request for long, as this one was on its way`;
}

/** The same, where the program had nothing to do on it when it began to shut down. */
export function closedAtShutdown(pod: string): string {
  return `${pod} shut down and closed the connection, as this request was on its way`;
}

/** After a machine has been off nobody on it knows the connection. */
export function isForgotten(pod: string): string {
  return `the connection to ${pod} went by a machine that has been off since`;
}

export function closedByBalancer(service: string, node: string): string {
  return `load balancer of ${service}: it closed what it had open to ${node}`;
}
