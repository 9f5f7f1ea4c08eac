import type { Host } from '../cluster/locations.js';
import type { RelaySocket, UdpClient } from '../kube-proxy/relay.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { AddressId } from '../netfilter/address-book.js';
import type { Connection as Tracked } from '../netfilter/conntrack.js';
import type { LoadBalancerProfile, Nanos } from '../scenario.js';
import { type Attempts, ONE_ATTEMPT } from './attempts.js';
import type { KeepAlive, KeptConnection } from './kept-connection.js';
import type { Retries } from './retries.js';
import { TRANSPORTS, type Transport } from './transport.js';
import type { Way } from './ways.js';

/** What the requests of one traffic source, or of one command, have in common. */
export interface Flow {
  /** Hash of its name: its place in the random numbers. */
  key: number;
  /** Why its requests cannot even be sent; null: they can. */
  problem: string | null;
  /** The problem: the pod that should send does not run. */
  isSenderGone: boolean;
  origin: 'client' | 'pod' | 'node';
  /** Index of the node on which the pod or process runs; -1 for clients. */
  node: number;
  /** The interface by which a pod's packets reach its node. */
  interface: string | null;
  /** Client's name as the rows show it. */
  client: string;
  transport: Transport;
  attempts: Attempts;
  connectTimeoutNs: Nanos;
  requestTimeoutNs: Nanos;
  /** Where a request goes, by its draw; one for most. */
  destinations: { address: AddressId; port: number; target: number }[];
  /** Its source addresses, one of them by draw. */
  sources: AddressId[];
  /** From which each of them sends its datagrams; 0: each request has a socket of its own. */
  socketPort: number;
  /** Dictionary ids of the clients that `sources` stand for. */
  clientIds: number[];
  /** Ports that each of its addresses takes by turns; 0: none comes twice. */
  ports: number;
  /** Of datagrams: its requests are pairs that race. */
  races: boolean;
  /** Share of answers with a segment outside the window. */
  outOfWindow: number;
  /** How it keeps connections open; null: each request has its own. */
  keepAlive: KeepAlive | null;
  /** How it tries again; null: it does not. */
  retries: Retries | null;
  /** Of the URL, without the query: kube-proxy's own sockets look at it. */
  path: string;
  /** For commands: called when the client knows how the request ended. */
  done: ((connection: Connection) => void) | null;
  /** No row: it never leaves the machine. */
  unrecorded: boolean;
}

/**
 * A time that is no small whole number. V8 lays objects out by what their fields have held: with the first time beyond two seconds, 2^31 ns,
 * it would lay out all connections anew, and compile anew whatever touches them.
 */
const NOT_YET = Number.NaN;

/** One connection under way. Objects are used again; nothing is allocated per request. */
export class Connection {
  flow: Flow = NO_FLOW;
  /** Number of its row. */
  request = 0;
  /** How many requests of its flow came before it. */
  ordinal = 0;
  /** Its place in the random numbers: another one for each try. */
  dice = 0;
  /** When the client was asked, how often it has tried before, and what it has sent for that. */
  beganNs = NOT_YET;
  tries = 0;
  attemptsBefore = 0;
  /** When this try began. */
  startNs = NOT_YET;
  /** When its last SYN, INIT or datagram left. */
  sentNs = NOT_YET;
  attempts = 0;
  /** What its hash at a load balancer hangs on: its number, or that of the socket that is kept. */
  hashed = 0;
  /** Dictionary ids. */
  client = 0;
  target = 0;
  lb = 0;
  entryNode = 0;
  pod = 0;
  reason = 0;
  /** What the client sent. */
  clientAddress: AddressId = 0;
  wanted: AddressId = 0;
  wantedPort = 0;
  /** What the packet says now. */
  source: AddressId = 0;
  /** Of a socket that is kept. */
  sourcePort = 0;
  sourceKind = 0;
  destination: AddressId = 0;
  port = 0;
  /** The node that it is at or on its way to. */
  node = 0;
  /** The load balancer that it has passed on its way. */
  balanced: Balancer | null = null;
  /** With it: the target that it took. */
  balancedTarget: Target | null = null;
  /** What a load balancer has taken for the client's address. */
  balancedFrom: AddressId = 0;
  /** … and how it tells that. */
  forwards: LoadBalancerProfile['forwards'] = 'nothing';
  /** A proxying load balancer holds the client's connection and opened this one. */
  proxied = false;
  /** A load balancer has put its own address in the place of the source. */
  hidden = false;
  /** When the first packet of this connection left: the client, or who holds its connection. */
  legNs = NOT_YET;
  /** From there back to the client. */
  backNs = 0;
  /** When the client's connection stood, after the start; -1: it is this one. */
  connectedNs = -1;
  /** The socket of a kube-proxy that holds the client's connection, as the last one, and opened this one. */
  relay: RelaySocket | null = null;
  /** With it: its node, who it takes for its client, where it got a datagram, how many endpoints it has tried. */
  relayNode = 0;
  /** How often that node's machine had been off by then. */
  relayOutages = 0;
  relayClient: AddressId = 0;
  relayAddress: AddressId = 0;
  dials = 0;
  /** Of a datagram: kube-proxy's socket for that client. */
  udpClient: UdpClient | null = null;
  /** And from where it answers in vain, or -1. */
  answersFrom: AddressId = -1;
  /** The connection that the client keeps: the request uses it again, or opens it. */
  kept: KeptConnection | null = null;
  reuses = false;
  /** Nodes that have sent it on to another one. */
  crossed = 0;
  /** A rule of some node has sent it to an endpoint. */
  translated = false;
  /** The answer will not come back by the node that translated the address. */
  astray = false;
  /** The endpoint it is on its way to. */
  way: Way | null = null;
  /** conntrack: on this node its packets keep to `keptWay`, as long as the machine has not been off since. */
  keptNode = -1;
  keptWay: Way | null = null;
  keptOutages = 0;
  /** The node that has to undo a translation on the answer's way, where the endpoint is on another one; -1: none has. */
  answerBy = -1;
  /** With it: its outages by then, when the packet was there, and how long it took from there to the endpoint. */
  answerOutages = 0;
  passedNs = 0;
  passNs = 0;
  /** Of a socket that is kept: the entries of the nodes that it has passed, and the node that held it to an earlier decision, or -1. */
  readonly entries: Tracked[] = [];
  heldBy = -1;
  /** A datagram has come to an endpoint. */
  arrived = false;
  /** How it ended; for commands. */
  outcome = 0;
  status = 0;
  endNs = NOT_YET;
  /** Node whose socket answered, or -1. */
  socketNode = -1;

  connectNs = 0;
  /** Dictionary id of the source that the endpoint saw. */
  seen = 0;
  /** The endpoint that works on the request; null: none does. */
  host: Host | null = null;
  /** Of an endpoint that works on so many at a time: its handshake is over, and in which of its lives. */
  isAccepted = false;
  life = 0;
  /** Which of the client's ports it comes from, where these are taken by turns. */
  portPlace = 0;
  /** Of an answer with a segment outside the window: how much later it is there, or that it is cut off. */
  extraNs = 0;
  /** Dictionary id of what lost segments that were sent again, or of what kube-proxy has waited for in vain; 0: nothing. */
  lateBy = 0;
  /** … and the slow link on its way, with what it adds to one way. */
  slowBy = 0;
  slowNs = 0;
  breaks = false;
  /** When the request is there, when it is done, and how long its answer takes from there to the client. */
  arrivedNs = NOT_YET;
  servedNs = NOT_YET;
  returnNs = NOT_YET;
  /** From then on nothing can change its end. */
  settledNs = 0;
  /** Nobody answers, because of that node, and the client waits; -1: it does not. And whether it still sends its request. */
  hangsOn = -1;
  sendsOn = false;
  /** In the list of its endpoint, see `open-requests.ts`: slots, or -1. */
  isListed = false;
  isCounted = false;
  before = -1;
  after = -1;
  /** `Finish` events that are on their way, for clients that do something when they know, and whether one of them has been the end. */
  finishes = 0;
  finished = false;

  constructor(readonly slot: number) {}
}

export const NO_FLOW: Flow = {
  problem: null,
  isSenderGone: false,
  key: 0,
  origin: 'client',
  node: -1,
  interface: null,
  client: '',
  transport: TRANSPORTS.TCP,
  attempts: ONE_ATTEMPT,
  connectTimeoutNs: 0,
  requestTimeoutNs: 0,
  destinations: [],
  sources: [],
  socketPort: 0,
  clientIds: [],
  ports: 0,
  races: false,
  outOfWindow: 0,
  keepAlive: null,
  retries: null,
  path: '/',
  done: null,
  unrecorded: true,
};
