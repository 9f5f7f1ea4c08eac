/** What a run lost, for its summary: failed requests by how they ended, why, where, and what was behind it. */
import { CAUSE_TEXTS } from './cause-texts.js';
import type { ChunkColumns } from './columns.js';
import type { ChunkWatcher } from './recorder.js';
import { type Cause, type Dictionaries, type LossPlace, OUTCOMES, type RunEvent, type RunLoss } from './result.js';

const OK = OUTCOMES.indexOf('ok');
const TIMEOUT = OUTCOMES.indexOf('timeout');
/** The greatest ones are told apart, the others are counted in one. */
export const MOST_LOSSES = 100;
/** Keys of `tallies`: entry node, below that outcome, below that reason. */
const OUTCOME_SPAN = 2 ** 4;
const NODE_SPAN = 2 ** 20;
/** Where the load balancer could know better than to send there. */
const LEFT_BY_BALANCER: ReadonlySet<Cause | null> = new Set<Cause>(['no-local-endpoint', 'no-endpoint', 'node-down']);

interface Tally {
  count: number;
  /** Of them those that a load balancer had sent. */
  balanced: number;
  /** Of a node that is down: those that it had taken before, or whose connection was open. */
  held: number;
  /** … and those that another node sent there. */
  passedOn: number;
  fromNs: number;
  toNs: number;
  first: number;
}

type Group = Tally & Pick<RunLoss, 'outcome' | 'cause' | 'place' | 'event'>;

export class LossTotals implements ChunkWatcher {
  private readonly tallies = new Map<number, Tally>();

  /** `dictionaries` may grow while the run goes on. */
  constructor(private readonly dictionaries: Dictionaries) {}

  sealing(columns: ChunkColumns, rows: number, first: number): void {
    const { outcome } = columns;
    for (let i = 0; i < rows; i++) if (outcome[i] !== OK) this.count(columns, i, first + i);
  }

  /** Of the chunks sealed until now: the greatest first, equal ones in the order of their first request. */
  losses(): RunLoss[] {
    const groups = [...this.groups().values()].sort((a, b) => b.count - a.count || a.first - b.first);
    const shown = groups.slice(0, MOST_LOSSES);
    const others = groups.slice(MOST_LOSSES);
    if (others.length > 0)
      shown.push(others.reduce<Group>(joined, { ...NOTHING, outcome: null, cause: null, place: null, event: null }));
    return shown.map(lossOf);
  }

  private count(columns: ChunkColumns, i: number, request: number): void {
    const { reason, outcome, entryNode, lb, atNs } = columns;
    const id = reason[i]!;
    const { causes, places, nodes } = this.dictionaries;
    const place = places[id] ?? null;
    // What the reason does not place is placed by where it came in.
    const node = place === null ? entryNode[i]! : 0;
    const key = (id * OUTCOME_SPAN + outcome[i]!) * NODE_SPAN + node;
    let tally = this.tallies.get(key);
    if (tally === undefined) {
      tally = { ...NOTHING };
      this.tallies.set(key, tally);
    }
    const at = atNs[i]!;
    tally.count++;
    const cameByOther = place?.kind === 'node' && nodes[entryNode[i]!] !== place.name;
    // Another node may have passed it on: that is not the load balancer's doing.
    if (lb[i]! > 0 && !cameByOther) tally.balanced++;
    if (causes[id] === 'node-down') {
      if (isHeld(columns, i)) tally.held++;
      else if (cameByOther && entryNode[i]! > 0) tally.passedOn++;
    }
    if (at < tally.fromNs) tally.fromNs = at;
    if (at > tally.toNs) tally.toNs = at;
    if (request < tally.first) tally.first = request;
  }

  private groups(): Map<string, Group> {
    const { causes, places, nodes, reasonEvents, events } = this.dictionaries;
    const groups = new Map<string, Group>();
    for (const [key, tally] of this.tallies) {
      const node = key % NODE_SPAN;
      const rest = (key - node) / NODE_SPAN;
      const reason = Math.floor(rest / OUTCOME_SPAN);
      const place = places[reason] ?? (node === 0 ? null : { kind: 'node' as const, name: nodes[node]! });
      const event = reasonEvents[reason]!;
      const outcome = OUTCOMES[rest % OUTCOME_SPAN]!;
      const cause = causes[reason] ?? null;
      const name = [outcome, cause, place?.kind, place?.name, event].join('\0');
      const group = groups.get(name) ?? {
        ...NOTHING,
        outcome,
        cause,
        place,
        event: event === 0 ? null : events[event]!,
      };
      groups.set(name, joined(group, tally));
    }
    return groups;
  }
}

/** A new connection to a machine without power comes about with nobody; on an open one nothing is sent to open it. */
function isHeld({ outcome, connectNs, source, firstPackets }: ChunkColumns, i: number): boolean {
  return outcome[i] === TIMEOUT && (connectNs[i]! >= 0 || source[i]! > 0 || firstPackets[i] === 0);
}

const NOTHING: Tally = {
  count: 0,
  balanced: 0,
  held: 0,
  passedOn: 0,
  fromNs: Infinity,
  toNs: -Infinity,
  first: Infinity,
};

function joined(group: Group, { count, balanced, held, passedOn, fromNs, toNs, first }: Tally): Group {
  return {
    ...group,
    count: group.count + count,
    balanced: group.balanced + balanced,
    held: group.held + held,
    passedOn: group.passedOn + passedOn,
    fromNs: Math.min(group.fromNs, fromNs),
    toNs: Math.max(group.toNs, toNs),
    first: Math.min(group.first, first),
  };
}

function lossOf(group: Group): RunLoss {
  const { outcome, cause, place, count, fromNs, toNs, first, event } = group;
  return { outcome, cause, place, count, fromMs: fromNs / 1e6, toMs: toNs / 1e6, first, event, text: lossText(group) };
}

/** "47 lost on node-b from 62.4 s to 78.1 s: no local endpoint, load balancer still sending; starts with … at 60 s" */
function lossText(group: Group): string {
  const { outcome, cause, place, count, fromNs, toNs, event } = group;
  const [from, to] = [secondsText(fromNs), secondsText(toNs)];
  const when = from === to ? `at ${from}` : `from ${from} to ${to}`;
  if (outcome === null) return `${count} more lost ${when}, in smaller groups`;
  const why = cause === null ? outcome : CAUSE_TEXTS[cause].brief;
  return `${count} lost${placeText(place)} ${when}: ${why}${whoSendsText(group)}${eventText(event)}`;
}

function whoSendsText({ cause, count, balanced, held, passedOn }: Group): string {
  if (passedOn > 0) {
    const which = passedOn < count ? `${passedOn} of them` : count === 1 ? 'it' : 'all of them';
    return `, and ${which} came in elsewhere, where rules still named its pods`;
  }
  return balanced === count && held < count && LEFT_BY_BALANCER.has(cause) ? ', load balancer still sending' : '';
}

function placeText(place: LossPlace | null): string {
  if (place === null) return '';
  switch (place.kind) {
    case 'node':
      return ` on ${place.name}`;
    case 'loadBalancer':
      return ` at the load balancer of ${place.name}`;
    case 'link':
      return ` on the link ${place.name}`;
    default:
      return ` at ${place.name}`;
  }
}

function eventText(event: RunEvent | null): string {
  return event === null ? '' : `; starts with ${event.text}`;
}

function secondsText(ns: number): string {
  return `${(ns / 1e9).toFixed(1)} s`;
}
