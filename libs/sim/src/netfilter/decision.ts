/** What the rules of a node do to a first packet, in a form that a simulation can draw from without walking again. */
import type { AddressBook, AddressId } from './address-book.js';
import type { Refusal } from './refusal.js';
import type { DrawnBy } from './walk.js';
import type { Verdict, WalkOutcome } from './walk-outcome.js';

/** `Choice.source` where the packet keeps the source that it came with. */
export const SOURCE_KEPT = -1;
/** `Choice.source` where it was masqueraded with an address that is not known. */
export const SOURCE_UNKNOWN = -2;

/** One thing that chance allows; the same as one outcome of the evaluator. */
export interface Choice {
  readonly verdict: Verdict;
  readonly probability: number;
  /** Destination as the packet leaves the node, is handed to its sockets, or is refused. */
  readonly ip: string;
  readonly address: AddressId;
  readonly port: number;
  /** A DNAT rule took the packet: `ip` and `port` are an endpoint's. */
  readonly dnat: boolean;
  /** What the receiver sees: an address, SOURCE_KEPT or SOURCE_UNKNOWN. */
  readonly source: AddressId;
  readonly masqueradeMarked: boolean;
  /** Null where the packet went nowhere. */
  readonly outInterface: string | null;
  readonly acceptedOnInput: boolean;
  /** Refused in OUTPUT, in the sender's own call. */
  readonly refusedOnOutput: boolean;
  /** Why it was refused, or why the source is not known. */
  readonly reason: string | null;
  /** What its refusal means; null where it was not refused. */
  readonly refusal: Refusal | null;
  /** The list to stamp with the client's address when this choice is taken; null without session affinity. */
  readonly affinityName: string | null;
}

export interface AffinityCheck {
  readonly name: string;
  readonly seconds: number;
  /** The choice that is taken, without a draw, where the client's stamp under this name is not older. */
  readonly choice: number;
}

export interface Decision {
  readonly choices: readonly Choice[];
  /** Up to and including each choice; the last is 1. */
  readonly cumulative: Float64Array;
  /** What the draw hangs on. */
  readonly drawnBy: DrawnBy;
  /** To be asked in this order before drawing; empty without session affinity. */
  readonly affinity: readonly AffinityCheck[];
}

/** Number of the choice for a uniform draw 0 <= u < 1. */
export function pick(decision: Decision, u: number): number {
  const { cumulative } = decision;
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (u < (cumulative[middle] ?? 1)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function decisionOf(outcomes: readonly WalkOutcome[], addresses: AddressBook): Decision {
  const cumulative = new Float64Array(outcomes.length);
  let sum = 0;
  for (const [index, outcome] of outcomes.entries()) {
    sum += outcome.probability;
    cumulative[index] = sum;
  }
  // Sums of thirds miss 1 by a hair, and a draw must not fall beyond the end.
  cumulative[outcomes.length - 1] = 1;
  const affinity = affinityOf(outcomes);
  const asked = new Set(affinity.map(({ name }) => name));
  const choices = outcomes.map((outcome) => choiceOf(outcome, addresses, asked));
  return { choices, cumulative, drawnBy: drawnByOf(outcomes), affinity };
}

/** Ways that do not draw have no say; that all of them share one virtual server is kube-proxy's way with addresses. */
function drawnByOf(outcomes: readonly WalkOutcome[]): DrawnBy {
  return outcomes.find(({ drawnBy }) => drawnBy !== 'packet')?.drawnBy ?? 'packet';
}

/** `asked`: lists that nobody asks for are not kept. */
function choiceOf(outcome: WalkOutcome, addresses: AddressBook, asked: ReadonlySet<string>): Choice {
  return {
    verdict: outcome.verdict,
    probability: outcome.probability,
    ip: outcome.destinationIp.text,
    address: addresses.idOfIp(outcome.destinationIp),
    port: outcome.destinationPort,
    dnat: outcome.dnat,
    source: sourceOf(outcome, addresses),
    masqueradeMarked: outcome.masqueradeMarked,
    outInterface: outcome.egress?.interface ?? null,
    acceptedOnInput: outcome.acceptedOnInput,
    refusedOnOutput: (outcome.verdict === 'drop' || outcome.verdict === 'reject') && outcome.hook === 'OUTPUT',
    reason: outcome.reason,
    refusal: outcome.refusal,
    affinityName: outcome.affinitySet.find((name) => asked.has(name)) ?? null,
  };
}

function sourceOf(outcome: WalkOutcome, addresses: AddressBook): AddressId {
  if (!outcome.snat) return SOURCE_KEPT;
  return outcome.sourceIp === null ? SOURCE_UNKNOWN : addresses.idOfIp(outcome.sourceIp);
}

/** Checks whose list no outcome stamps are left out: such a stamp cannot arise. */
function affinityOf(outcomes: readonly WalkOutcome[]): AffinityCheck[] {
  const choiceByName = new Map<string, number>();
  for (const [index, outcome] of outcomes.entries()) {
    for (const name of outcome.affinitySet) if (!choiceByName.has(name)) choiceByName.set(name, index);
  }
  const checks = new Map<string, AffinityCheck>();
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.affinityChecked === outcomes[index - 1]?.affinityChecked) continue;
    for (const { name, seconds } of outcome.affinityChecked) {
      const choice = choiceByName.get(name);
      if (choice !== undefined && !checks.has(name)) checks.set(name, { name, seconds, choice });
    }
  }
  return [...checks.values()];
}
