/** Who reaches what in a whole cluster, and how it looks there: sources by destinations, equal sources folded into rows. */
import type { IpFamily, Protocol, TrafficPolicy } from '../objects.js';
import type { SourceKind } from '../results/result.js';
import type { TraceOutcome } from '../trace-result.js';

export type MatrixVia = 'clusterIP' | 'externalIP' | 'loadBalancer' | 'nodePort';

export type MatrixFrom =
  | { kind: 'pods' | 'nodes' | 'clients' }
  | { kind: 'pod'; pod: string }
  | { kind: 'podsOn'; node: string }
  | { kind: 'podsIn'; namespace: string }
  | { kind: 'node'; node: string }
  | { kind: 'client'; client: string };

/** What is asked for; an empty list stands for everything. */
export interface MatrixQuestion {
  sources: MatrixFrom[];
  /** `namespace/name`. */
  services: string[];
  families: IpFamily[];
  via: MatrixVia[];
  /** Of several variants only what is not the same in all. */
  onlyDifferences: boolean;
}

export interface MatrixVariant {
  name: string;
  settings: Record<string, string | boolean>;
}

export interface MatrixSource {
  kind: 'pod' | 'node' | 'client';
  /** Of a pod: `namespace/name`. */
  name: string;
  /** Of a pod: where it is; null: on no node of the cluster, so that it sends nothing. */
  node: string | null;
  ips: string[];
  /** A pod that shares its node's addresses. */
  hostNetwork?: true;
}

export interface MatrixDestination {
  via: MatrixVia;
  ip: string;
  port: number;
  /** With nodePort: whose address. */
  node: string | null;
}

export interface MatrixEndpoint {
  ip: string;
  port: number;
  pod: string | null;
  node: string | null;
}

/** What an endpoint sees as source. */
export interface MatrixSeen {
  kind: SourceKind;
  /** Null: the sender's own address, of each sender in the row its own. */
  ip: string | null;
  /** The node whose address it is, or that of its bridge. */
  node: string | null;
}

/** One thing that can become of a packet; what differs in nothing but the endpoint is one. */
export interface MatrixOutcome {
  verdict: TraceOutcome['verdict'];
  /** 0..1; those of one answer sum to 1. */
  probability: number;
  /** Indices of the table's endpoints; each of them may get it. */
  endpoints: number[];
  /** Set where the sender is one of the endpoints: it reaches itself, or all of these but itself. */
  itself: 'only' | 'never' | null;
  /** Null where nothing was delivered or the source cannot be known. */
  seen: MatrixSeen | null;
  /** Whether the masquerade mark was set. */
  masquerade: boolean;
  /** With `passthrough`: a rule accepted the packet on the node. */
  accepted: boolean;
  /** The node whose rules decided. */
  node: string | null;
  reason: string | null;
}

/** Index of an answer of the table; null: the sender has no address of that family. */
export type MatrixCell = number | null;

export interface MatrixRow {
  /** Indices of the sources that all this holds for, of one kind and on one node. */
  sources: number[];
  /** By destination, then by variant; null where only differences are asked for and there is none. */
  cells: (MatrixCell[] | null)[];
}

/** One port of one service in one IP family. */
export interface MatrixTable {
  service: string;
  type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  /** As the service has them, whatever a variant makes of them. */
  externalTrafficPolicy: TrafficPolicy | null;
  internalTrafficPolicy: TrafficPolicy | null;
  port: number;
  portName: string | null;
  protocol: Protocol;
  ipFamily: IpFamily;
  destinations: MatrixDestination[];
  /** Those that somebody reaches. */
  endpoints: MatrixEndpoint[];
  /** Every different answer, once. */
  answers: MatrixOutcome[][];
  rows: MatrixRow[];
}

export interface MatrixResult {
  atMs: number;
  /** One without settings where nothing is varied. */
  variants: MatrixVariant[];
  sources: MatrixSource[];
  tables: MatrixTable[];
  /** Services without an address of their own (headless, ExternalName, or none of those asked for). */
  withoutAddress: string[];
  /** With `onlyDifferences`: services that are the same in all variants. */
  withoutDifference: string[];
}
