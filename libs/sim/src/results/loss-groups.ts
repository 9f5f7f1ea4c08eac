/** Requests that failed, grouped by what they have in common: how they ended, why, and where. */
import type { NumberedChunk } from './reader.js';
import { type Cause, type Dictionaries, type LossPlace, OUTCOMES, type Outcome, type RunEvent } from './result.js';

const OK = OUTCOMES.indexOf('ok');
/** Groups that are told apart; what comes after that many is counted in one. */
const GROUPS_MAX = 500;

export interface LossGroup {
  outcome: Outcome | null;
  cause: Cause | null;
  /** In words, with the place and the rule; null: nothing is known of it, or it stands for many. */
  reason: string | null;
  entryNode: string | null;
  pod: string | null;
  /** The object that decided; null where that is not known. */
  place: LossPlace | null;
  /** What the timeline or a step did that they were lost by; null where nothing did, or where that is not known. */
  event: RunEvent | null;
  requests: number;
  /** When the first and the last of them were sent. */
  firstMs: number;
  lastMs: number;
  /** Number of the first of them. */
  first: number;
}

interface Group {
  outcome: number;
  reason: number;
  entryNode: number;
  pod: number;
  requests: number;
  firstNs: number;
  lastNs: number;
  first: number;
}

export class LossGroups {
  private readonly groups = new Map<number, Group>();
  private other: Group | null = null;

  constructor(private readonly dictionaries: Dictionaries) {}

  add({ first, chunk }: NumberedChunk, atNs: Float64Array, outcomes: Int32Array, reasons: Int32Array): void {
    let entries: Int32Array | null = null;
    let pods: Int32Array | null = null;
    for (let i = 0; i < outcomes.length; i++) {
      if (outcomes[i] === OK) continue;
      entries ??= chunk.codes('entryNode');
      pods ??= chunk.codes('pod');
      this.count(first + i, atNs[i]!, outcomes[i]!, reasons[i]!, entries[i]!, pods[i]!);
    }
  }

  /** The greatest first; those that were not told apart stand last, with neither outcome nor reason. */
  answer(): LossGroup[] {
    const groups = [...this.groups.values()].sort((a, b) => b.requests - a.requests || a.first - b.first);
    const { nodes, pods, reasons, causes, places } = this.dictionaries;
    const shown = groups.map(
      (group): LossGroup => ({
        ...spanOf(group),
        outcome: OUTCOMES[group.outcome]!,
        cause: causes?.[group.reason] ?? null,
        reason: group.reason === 0 ? null : (reasons[group.reason] ?? null),
        entryNode: group.entryNode === 0 ? null : (nodes[group.entryNode] ?? null),
        pod: group.pod === 0 ? null : (pods[group.pod]?.name ?? null),
        // Results that were stored before these were noted have none.
        place: places?.[group.reason] ?? null,
        event: this.eventOf(group.reason),
      }),
    );
    const unknown = { outcome: null, cause: null, reason: null, entryNode: null, pod: null, place: null, event: null };
    return this.other === null ? shown : [...shown, { ...spanOf(this.other), ...unknown }];
  }

  private eventOf(reason: number): RunEvent | null {
    const event = this.dictionaries.reasonEvents?.[reason] ?? 0;
    return event === 0 ? null : (this.dictionaries.events[event] ?? null);
  }

  private count(request: number, atNs: number, outcome: number, reason: number, entryNode: number, pod: number): void {
    const { reasons, nodes, pods } = this.dictionaries;
    const key = ((outcome * reasons.length + reason) * nodes.length + entryNode) * pods.length + pod;
    let group = this.groups.get(key) ?? null;
    if (group === null) {
      const made = { outcome, reason, entryNode, pod, requests: 0, firstNs: atNs, lastNs: atNs, first: request };
      if (this.groups.size < GROUPS_MAX) {
        group = made;
        this.groups.set(key, group);
      } else {
        this.other ??= made;
        group = this.other;
      }
    }
    group.requests++;
    group.first = Math.min(group.first, request);
    group.firstNs = Math.min(group.firstNs, atNs);
    group.lastNs = Math.max(group.lastNs, atNs);
  }
}

function spanOf({ requests, firstNs, lastNs, first }: Group) {
  return { requests, firstMs: firstNs / 1e6, lastMs: lastNs / 1e6, first };
}
