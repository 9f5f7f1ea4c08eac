/** Two runs of nearly the same scenario, with the same dice: what differs, in sum and request by request. Plain JSON. */
import type {
  ExpectationResult,
  HealthSegment,
  Outcome,
  RequestRow,
  RunSummary,
  SourceKind,
} from '../results/result.js';

export interface ComparedRun {
  name: string;
  fingerprint: string;
  summary: RunSummary;
  expectations: ExpectationResult[];
}

/** `base`, then `variant`. */
export interface CountPair {
  base: number;
  variant: number;
}

export interface TimelineDifference {
  node: string;
  service: string | null;
  /** `loadBalancer`: what a load balancer took the node for. */
  kind: 'healthCheckNodePort' | 'proxy-healthz' | 'proxy-livez' | 'loadBalancer';
  /** What was answered, or the state, one after the other; null: there is no such timeline. */
  base: Stretch[] | null;
  variant: Stretch[] | null;
}

export interface Stretch extends Pick<HealthSegment, 'fromMs' | 'toMs'> {
  /** An HTTP status, `silent`, or a state of a target. */
  is: string;
}

export interface ChangedRequests {
  from: Outcome;
  to: Outcome;
  count: number;
}

export interface RequestDifferences {
  /** Requests of both runs that are the same one: of the same client, to the same target, begun at the same time. */
  compared: number;
  /** They end in another way, for another cause, or the pod saw another source. */
  different: number;
  onlyBase: number;
  onlyVariant: number;
  /** By outcome before and after, the most frequent first; the same outcome twice: cause or source differ. */
  changes: ChangedRequests[];
  /** The first of those that differ; null: not in that run. */
  first: { base: RequestRow | null; variant: RequestRow | null }[];
}

export interface RunDifference {
  /** Of what is not the same. */
  outcomes: Partial<Record<Outcome, CountPair>>;
  sourceKinds: Partial<Record<SourceKind, CountPair>>;
  latencyUs: { base: RunSummary['latencyUs']; variant: RunSummary['latencyUs'] } | null;
  losses: ({ cause: string | null; place: string | null; event: string | null } & CountPair)[];
  expectations: { name: string; base: boolean | null; variant: boolean | null }[];
  /** At most 50. */
  healthz: TimelineDifference[];
  requests: RequestDifferences;
}

export interface Comparison {
  modelVersion: string;
  seed: number;
  base: ComparedRun;
  variants: (ComparedRun & { differs: RunDifference })[];
}
