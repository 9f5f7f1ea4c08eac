/**
 * What a run leaves behind, as plain data: summary, dictionaries, timelines, transcript. The request rows themselves
 * leave the run while it goes on, as sealed chunks (`recorder.ts`).
 */
import type { IpFamily, KubeObject, Protocol } from '../objects.js';
import type { Nanos, Step, TimelineAction } from '../scenario.js';

/**
 * How a request ended, as its client met it. The order is the code that is stored: append, never reorder.
 *
 * - `ok`: an answer came; with HTTP whatever its status below 500
 * - `dropped`: a rule dropped the packet; the client saw silence until its timeout
 * - `rejected`: a rule rejected the packet (ICMP port unreachable); the client saw "connection refused" at once, or silence with SCTP
 * - `refused`: nothing listens there (RST, ABORT or ICMP); the client saw "connection refused" at once
 * - `reset`: an open connection was reset
 * - `timeout`: nobody answered: no route, a pod or a node that is gone, or the answer took too long
 * - `unreachable`: a router or node said so (ICMP host unreachable)
 * - `lb-unavailable`: the load balancer has no target that it would use
 * - `http-error`: an HTTP answer with a status of 500 or more
 */
export const OUTCOMES = [
  'ok',
  'dropped',
  'rejected',
  'refused',
  'reset',
  'timeout',
  'unreachable',
  'lb-unavailable',
  'http-error',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whose address the pod saw. The order is the code that is stored: append, never reorder. */
export const SOURCE_KINDS = ['client', 'node', 'bridge', 'lb', 'pod'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/**
 * Why a request failed: a closed set, so that losses can be counted, compared and expected by their cause.
 *
 * A row's `reason` says it in words, with the place and the rule; its cause says which of these it is. The order is
 * stored with results: append, never reorder.
 */
export const CAUSES = [
  /** A rule refuses because the service has no endpoint that it may use. */
  'no-endpoint',
  /** Traffic policy Local, and the node has no endpoint of its own. */
  'no-local-endpoint',
  /** loadBalancerSourceRanges leave the source out. */
  'source-range',
  /** Another rule of the node. */
  'rule',
  /** The kernel takes no packet with such a source: the node's own address, or a loopback address. */
  'impossible-source',
  /** Nobody answers at the address, and no route leads to anybody. */
  'no-route',
  /** The name has no address. */
  'no-address',
  /** Nothing listens on the port. */
  'port-closed',
  /** The pod has its address, its process does not listen yet. */
  'pod-starting',
  /** The pod's process has stopped listening, and rules or targets still name it. */
  'pod-stopped',
  /** The pod is gone, and rules or targets still name its address. */
  'pod-gone',
  /** The pod's process ended while a connection or a request was open. */
  'pod-killed',
  /** The node's machine is off. */
  'node-down',
  /** A link is cut. */
  'link-cut',
  /** A link lost the packet. */
  'packet-lost',
  /** The answer takes another way than by the node that would have to undo the translation. */
  'answer-astray',
  /** Nodes or load balancers send the packet round. */
  'loop',
  /** conntrack holds the flow to where it went before the rules changed. */
  'stale-conntrack',
  /** conntrack takes the packet for invalid. */
  'invalid-packet',
  /** No source port was left for a masqueraded connection. */
  'no-source-port',
  /** The packet came back to where it had come from with its own source. */
  'hairpin',
  /** The load balancer has no target that it would use. */
  'lb-no-target',
  /** The load balancer forwards no such port. */
  'lb-no-port',
  /** The load balancer closed the connection when it took the target out. */
  'lb-closed',
  /** kube-proxy's userspace proxy accepted the connection and found no endpoint for it. */
  'proxy-closed',
  /** The endpoint expects a PROXY protocol header and got none. */
  'proxy-header-missing',
  /** The endpoint got a PROXY protocol header and expects none. */
  'proxy-header-unexpected',
  /** The endpoint has more to do than it takes on. */
  'overloaded',
  /** The endpoint answered with a status of 500 or more by itself. */
  'app-error',
  /** Everything went well, only later than the client would wait. */
  'too-late',
  /** The load balancer's zone that the connection met is lost. */
  'lb-zone-lost',
  /** The endpoint closed an open connection that had had no request for long, as this one was on its way. */
  'idle-closed',
  /** The kernel takes no packet from outside to a loopback address. */
  'impossible-destination',
  /** Two datagrams of one socket raced for an entry of conntrack, and this one lost. */
  'conntrack-race',
  /** kube-proxy's userspace proxy has so many connections to accept that its socket takes no more. */
  'backlog-full',
  /** The pod that should ask does not run. */
  'sender-gone',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What the timeline or a step did, or what came about of itself: a probe that failed. */
export interface RunEvent {
  /** JSON pointer into the document: `/timeline/0`, `/steps/3`; empty where nothing of it is behind the event. */
  path: string;
  /** `rolloutRestart default/web at 60 s`. */
  text: string;
}

/** Where a request was lost: the object that decided. `name` as the API shows it: `node-b`, `default/web-0`. */
export interface LossPlace {
  kind: 'node' | 'pod' | 'loadBalancer' | 'client' | 'link';
  name: string;
}

/** Entry 0 of every dictionary stands for "none" and is shown as null. */
export interface Dictionaries {
  clients: { name: string; ip: string }[];
  /** `service`: `namespace/name` or null for a bare address. `method`: `GET`, empty where no HTTP is spoken. `protocol`: where it is not TCP. */
  targets: { target: string; service: string | null; method: string; protocol?: Protocol }[];
  /** `clientAddress`: what it took for the client's address, where that was not the client's own. */
  loadBalancers: { name: string; forwards: string; clientAddress?: string }[];
  nodes: string[];
  pods: { name: string; node: string; ip: string }[];
  sources: { ip: string; kind: SourceKind }[];
  /** Where and by which rule a packet was dropped, or why nobody answered. */
  reasons: string[];
  /** Of each reason; absent from results that were stored before there were causes. */
  causes: (Cause | null)[];
  /** Of each reason; absent from results that were stored before they were noted. */
  places: (LossPlace | null)[];
  /** Of each reason: which of `events` is behind it, 0 for none. Absent like `places`. */
  reasonEvents: number[];
  /** What timeline and steps did that requests were lost by. */
  events: RunEvent[];
}

/** One request as the API shows it; `atMs` with ns precision, `connectUs` null where no connection came about, or one was open. */
export interface RequestRow {
  request: number;
  atMs: number;
  client: string;
  clientIp: string;
  /** Null where no HTTP is spoken. */
  method: string | null;
  target: string;
  service: string | null;
  lb: string | null;
  entryNode: string | null;
  node: string | null;
  pod: string | null;
  sourceIp: string | null;
  sourceKind: SourceKind | null;
  forwardedFor: string | null;
  outcome: Outcome;
  status: number | null;
  /** How often the client has tried; null in results of earlier models. */
  attempts: number | null;
  connectUs: number | null;
  latencyUs: number;
  reason: string | null;
  protocol: Protocol;
  /** Which kind of reason; null for what was answered, and in results of earlier models. */
  cause: Cause | null;
  /** What the timeline or a step did that made it fail; null where nothing did, or where that is not known. */
  event: string | null;
  /** Where that stands in the document: `/timeline/0`, `/steps/3`. */
  eventPath: string | null;
  /** SYNs, INITs or datagrams, of all tries together; 0 on a connection that was open. */
  firstPackets: number;
}

export interface HealthSegment {
  fromMs: number;
  toMs: number;
  status: number | null;
  localEndpoints: number | null;
  /** The answer's body as a client gets it; null where nothing listens. */
  body: string | null;
  headers: Record<string, string>;
}

export interface NodeHealthTimeline {
  node: string;
  /** `namespace/name` for a healthCheckNodePort; null for kube-proxy's own. */
  service: string | null;
  kind: 'healthCheckNodePort' | 'proxy-healthz' | 'proxy-livez';
  port: number;
  segments: HealthSegment[];
}

export interface LoadBalancerTimeline {
  service: string;
  node: string;
  /** Where its targets are pods. */
  pod?: string;
  segments: TargetSegment[];
  /** How many probes were sent to this node. */
  probes: number;
  /** What each prober made of it, and every probe; absent from results of earlier models. */
  probers?: ProberTimeline[];
}

export interface TargetSegment {
  fromMs: number;
  toMs: number;
  state: 'healthy' | 'unhealthy' | 'absent';
}

export interface ProberTimeline {
  /** Its zone, or its number. */
  prober: string;
  segments: TargetSegment[];
  runs: ProbeRunSegment[];
}

/** `count` probes with the same reply: the first reached its target at `fromMs`, each other one `everyMs` later. */
export interface ProbeRunSegment {
  fromMs: number;
  everyMs: number;
  count: number;
  result: 'pass' | 'fail' | 'silent';
  /** Of the HTTP answer; null: the probe only connects, or there was no answer. */
  status: number | null;
}

export interface HealthTimelines {
  nodes: NodeHealthTimeline[];
  loadBalancers: LoadBalancerTimeline[];
}

/** One request of a curl step, as its client met it. */
export interface HttpExchange {
  /** The forEach node, or null. */
  node: string | null;
  url: string;
  method: string;
  /** Number of the request row; null for what never leaves the machine (localhost health and proxyMode ports). */
  request: number | null;
  outcome: Outcome;
  status: number | null;
  headers: Record<string, string>;
  body: string;
  elapsedNs: Nanos;
}

export type StepOutput =
  /** What the command prints as it is: `service/nodeport exposed`, or an error of the API server. */
  | { kind: 'text'; text: string; failed: boolean }
  | { kind: 'http'; exchanges: HttpExchange[] }
  /** Snapshots of what `kubectl get` found, as they were. */
  | { kind: 'objects'; objects: KubeObject[]; nowNs: Nanos }
  | { kind: 'interfaces'; interfaces: { name: string; addresses: { family: IpFamily; cidr: string }[] }[] }
  | { kind: 'waited'; fulfilled: boolean; forNs: Nanos };

/** What the timeline does beside kubectl's verbs. */
export type Happening = Exclude<TimelineAction, { do: 'kubectl' }>;

/** A Kubernetes Event: a controller says what it does. Its message is the output. */
export interface ClusterEvent {
  do: 'event';
  /** `node/n1`, `service/default/web`. */
  about: string;
  reason: string;
}

export interface StepRecord {
  index: number;
  step: Step | Happening | ClusterEvent;
  fromNs: Nanos;
  toNs: Nanos;
  output: StepOutput;
  /** Present on what no step did, but the timeline or a controller: `index` is then that of the step that came next. */
  by?: 'timeline' | 'cluster';
}

export interface ExpectationResult {
  name: string;
  passed: boolean;
  matched: number;
  of: number;
  share: number | null;
  /** What the verdict rests on; absent from results of earlier models. */
  evidence?: ExpectationEvidence | undefined;
}

export interface ExpectationEvidence {
  /** In a sentence: what was found, and what was wanted. */
  text: string;
  /** Numbers of the first requests that speak against it; empty where it is met. */
  requests: number[];
  /** Of each quantile that was asked for: the figure in µs (off by at most `error` of itself; the verdict is exact), of how many. */
  latency?: { quantile: number; us: number | null; requests: number; error: number; passed: boolean }[] | undefined;
  /** Of a health answer: the stretch that meets it, or the first that meets a `never`; null: there is none. */
  segment?: { node: string; fromMs: number; toMs: number } | null | undefined;
}

/** Requests that failed alike: in the same way, for the same cause, at the same place, by the same event. */
export interface RunLoss {
  /** Null: several smaller groups together. */
  outcome: Outcome | null;
  cause: Cause | null;
  /** Null: nobody knows. */
  place: LossPlace | null;
  count: number;
  /** When the first and the last of them began. */
  fromMs: number;
  toMs: number;
  /** Number of the first of them. */
  first: number;
  event: RunEvent | null;
  /** All that in a sentence. */
  text: string;
}

export interface RefusedEntry {
  /** JSON pointer into the document: `/timeline/0`. */
  path: string;
  /** `scale default/web to 3 at 60 s: Error from server (NotFound): …`. */
  text: string;
}

export interface RunSummary {
  requests: number;
  /** Every outcome that occurred. */
  outcomes: Partial<Record<Outcome, number>>;
  sourceKinds: Partial<Record<SourceKind, number>>;
  /** In µs over requests with outcome `ok`; null without any. */
  latencyUs: { mean: number; min: number; max: number } | null;
  /** The greatest groups first, at most 100 and one for all others. Absent from results of earlier models. */
  losses?: RunLoss[] | undefined;
  /** Entries of the timeline that could not be carried out, the first 100; absent without any. */
  refused?: RefusedEntry[] | undefined;
  probes: number;
  ruleSyncs: number;
  endpointChanges: number;
  virtualMs: number;
  events: number;
}

export interface RunResult {
  modelVersion: string;
  /** 16 hexadecimal digits over everything the run decided; same scenario, seed and model version: same digits. */
  fingerprint: string;
  summary: RunSummary;
  dictionaries: Dictionaries;
  healthz: HealthTimelines;
  transcript: StepRecord[];
  expectations: ExpectationResult[];
}

/** A full chunk of rows on its way to the store; see `codec.ts` for the bytes. */
export interface SealedChunk {
  /** Number of its first request. */
  first: number;
  rows: number;
  data: Uint8Array;
}

export type { Protocol };
