/** A connection that a client keeps open, and how it keeps them: data, see `kept-connections.ts`. */
import type { Host } from '../cluster/locations.js';
import type { Balancer, Target } from '../load-balancer/balancer.js';
import type { AddressId } from '../netfilter/address-book.js';
import type { Nanos } from '../scenario.js';

/** How a client keeps connections. */
export interface KeepAlive {
  /** For each of its addresses and each destination. */
  connections: number;
  /** A connection is closed after so many; Infinity: never for that. */
  requests: number;
  /** The client closes one that it has not used for so long. */
  idleNs: Nanos;
  /** Several requests at a time. */
  multiplexed: boolean;
}

export class KeptConnection {
  isOpen = false;
  /** Nobody else may take it until then: its opening or, one at a time, a request is under way. */
  busyUntilNs = 0;
  requests = 0;
  /** Where it leads: the endpoint, in which of its lives; the node that translates, after how many outages. */
  host: Host | null = null;
  life = 0;
  node = -1;
  outages = 0;
  balanced: Balancer | null = null;
  balancedTarget: Target | null = null;
  /** One way. */
  takesNs: Nanos = 0;
  /** Dictionary ids, and what the endpoint sees. */
  lb = 0;
  entryNode = 0;
  pod = 0;
  source: AddressId = 0;
  sourceKind = 0;
  destination: AddressId = 0;
  port = 0;
  hidden = false;
  translated = false;
  /** The node that has to undo a translation of answers, and how long they take to it, see `Connection`. */
  answerBy = -1;
  answerOutages = 0;
  passNs: Nanos = 0;
  /** Of what a load balancer or another kube-proxy holds for the client: the way back from there. */
  backNs: Nanos = 0;
  proxied = false;
  /** Several requests at a time, so that its end is announced beforehand (GOAWAY). */
  multiplexed = false;
  /** Since when client and endpoint have had no request on it. */
  unusedNs = 0;
  idleNs = 0;
  /** A load balancer has closed it: when the client hears of that. */
  closedNs = Infinity;
  /** Or without a word. */
  isSilent = false;
  /** The first request that nobody acknowledged. */
  unansweredNs = Infinity;
}
