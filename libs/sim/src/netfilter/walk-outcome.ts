/** What becomes of a first packet on one of its ways through a node. */
import type { Hook, TraceStep } from '../trace-result.js';
import type { Ip } from './address.js';
import { egressOf } from './effects.js';
import type { Egress } from './packet.js';
import { BY_RULE, type Refusal } from './refusal.js';
import { type AffinityQuestion, type DrawnBy, unchain, type Walk } from './walk.js';

/** `forward`: leaves by an interface. `local`: handed to the node's own sockets. */
export type Verdict = 'forward' | 'local' | 'drop' | 'reject';

export interface WalkOutcome {
  verdict: Verdict;
  /** Where it ended. */
  hook: Hook;
  /** 0..1; those of one evaluation sum to 1. */
  probability: number;
  /** As the packet leaves the node, is handed to its sockets, or is refused. */
  destinationIp: Ip;
  destinationPort: number;
  /** Null: masqueraded by an interface whose address is not known; `reason` says so. */
  sourceIp: Ip | null;
  /** A DNAT rule or IPVS took the packet. */
  dnat: boolean;
  /** What decides between outcomes that differ in the endpoint. */
  drawnBy: DrawnBy;
  /** A MASQUERADE rule took the packet. */
  snat: boolean;
  /** The masquerade mark was set at some time, whether it had an effect or not. */
  masqueradeMarked: boolean;
  /** Null where the packet went nowhere. */
  egress: Egress | null;
  /** A rule accepted the packet in INPUT: it is for a listening socket of the node. */
  acceptedOnInput: boolean;
  /**
   * Why it was refused, or why `sourceIp` is null: a rule as `-t TABLE -A CHAIN …` or `table … chain …: …`, or a sentence.
   * Otherwise null.
   */
  reason: string | null;
  /** What that means; null where it was not refused. */
  refusal: Refusal | null;
  /** Session affinity: the lists that this outcome stamps with the client's address. */
  affinitySet: readonly string[];
  /** Session affinity: the lists that were asked for the client's address, in order. */
  affinityChecked: readonly AffinityQuestion[];
  /** The rules that matched; empty where the caller did not want them. */
  steps: TraceStep[];
}

export function outcomeOf(
  walk: Walk,
  verdict: Verdict,
  reason: string | null,
  affinityChecked: readonly AffinityQuestion[],
  refusal: Refusal | null,
): WalkOutcome {
  const delivered = verdict === 'forward' || verdict === 'local';
  return {
    verdict,
    hook: walk.hook,
    probability: walk.probability,
    destinationIp: walk.destinationIp,
    destinationPort: walk.destinationPort,
    sourceIp: walk.sourceUnknown ? null : walk.sourceIp,
    dnat: walk.dnat,
    drawnBy: walk.drawnBy,
    snat: walk.snat,
    masqueradeMarked: walk.masqueradeMarked,
    egress: delivered ? walk.egress : null,
    acceptedOnInput: walk.acceptedOnInput,
    reason: reason ?? (walk.sourceUnknown ? `the address of ${egressOf(walk).interface} is not known` : null),
    refusal: delivered ? null : (refusal ?? BY_RULE),
    affinitySet: unchain(walk.affinitySet),
    affinityChecked,
    steps: unchain(walk.steps),
  };
}
