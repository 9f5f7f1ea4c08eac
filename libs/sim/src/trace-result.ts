/** The answer to one trace: everything that can become of one packet, each with its probability and its steps. */
import type { IpFamily, Protocol } from './objects.js';
import type { SourceKind } from './results/result.js';
import type { WayIn } from './scenario.js';

/** Where a traced packet starts. */
export type TraceFrom =
  | { kind: 'pod'; pod: string }
  /** A process on the node (OUTPUT); `ip`: the source that it binds, default: what routing picks. */
  | { kind: 'node'; node: string; ip: string | null }
  | { kind: 'client'; client: string }
  /** Literal: put on that node's PREROUTING with this source, whatever it is. */
  | { kind: 'packet'; ip: string; enters: string; interface: string | null };

export type TraceTo =
  | { kind: 'address'; ip: string; port: number }
  | {
      kind: 'service';
      /** `namespace/name`. */
      service: string;
      port: number | string | null;
      via: WayIn | null;
      /** With nodePort: whose address; null: every node, each an outcome of its own. */
      node: string | null;
      ipFamily: IpFamily | null;
      ip: string | null;
    };

export interface TracePacket {
  from: TraceFrom;
  to: TraceTo;
  protocol: Protocol;
}

export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** A rule that matched, in the order of the walk. */
export interface TraceStep {
  node: string;
  hook: Hook;
  table: string;
  chain: string;
  /** The rule as `iptables-save` would print it, without `-A CHAIN`. */
  rule: string;
  /** What it did: `jump KUBE-SVC-…`, `mark 0x4000`, `DNAT to 10.180.1.136:8080`, `MASQUERADE as 10.240.0.5`, `DROP`, … */
  action: string;
}

/** One station of the way there, in order. */
export interface PathHop {
  /** `proxy`: kube-proxy itself, which accepts the connection and opens its own (mode userspace). */
  kind: 'client' | 'pod' | 'node' | 'loadBalancer' | 'proxy' | 'endpoint' | 'outside';
  name: string;
  /** Source and destination of the packet as it leaves this hop, `ip:port` (source port unknown: `ip`). */
  source: string;
  destination: string;
  /** Set where this hop rewrote the packet. */
  rewrites: ('DNAT' | 'SNAT')[];
}

export interface TraceOutcome {
  verdict: 'delivered' | 'dropped' | 'rejected' | 'passthrough';
  /** 0..1; the outcomes of one trace sum to 1. */
  probability: number;
  endpoint: { ip: string; port: number; pod?: string; node?: string } | null;
  /** What the endpoint sees; null where nothing was delivered or the egress interface cannot be known. */
  sourceIp: string | null;
  /** Whose address that is. */
  sourceKind: SourceKind | null;
  /** The client's address as a load balancer on the way tells it, in a header or by the PROXY protocol. */
  forwardedFor?: string;
  /** Whether the masquerade mark was set on this outcome. */
  masquerade: boolean;
  /** With `passthrough`: a rule accepted the packet on the node (a health-check node port). */
  accepted?: true;
  /** Why: which rule refused it, or what becomes of a packet that no rule took. */
  reason?: string;
  /** The node whose rules decided. */
  node: string | null;
  path: PathHop[];
  steps: TraceStep[];
  /** The answer's way back: who undoes which rewrite. Empty where nothing was delivered. */
  returnPath: PathHop[];
}

/** A node as a load balancer on the way saw it at that time. */
export interface TraceHealthCheck {
  /** The name of its hop in `path`. */
  loadBalancer: string;
  node: string;
  /** Where the load balancer's targets are pods. */
  pod?: string;
  state: 'healthy' | 'unhealthy' | 'absent';
  /** Of the last probe's answer; null where nothing answered or the probe is no HTTP. */
  status: number | null;
}

export interface TraceResult {
  atMs: number;
  outcomes: TraceOutcome[];
  /** Only with a load balancer that checks its nodes on the way. */
  healthChecks?: TraceHealthCheck[];
}
